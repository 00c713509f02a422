"""A file of five thousand: checked and entered by the worker, its wrong rows mended and sent again, then taken back."""

import datetime as dt

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app.jobs import uploads
from models.recipients import Recipient
from tests.browser.test_walk_1_upload import count, download, heading, send
from tests.browser.walks import Trail, app, button, database, known_person, stands
from tests.uploads_kit import csv_of, person

__all__ = ["app"]
ROWS, WRONG, ALIKE, DOUBLED = 5_000, 40, 12, 7
NEW = ROWS - WRONG - ALIKE - DOUBLED
DAY = dt.date(1974, 3, 2)
FAULTS = [
    ("Phone", "12", "3365550199"), ("ZIP", "2721", "27215"), ("Gender", "Galactic", "Female"),
    ("Date of Birth", "13/45/1980", "12/15/1980"),
]  # fmt: skip


def family(number):
    return "Quill" + "".join("abcdefghij"[int(digit)] * 2 for digit in f"{number:04d}")


def one(number, **changes):
    facts = {"First_Name": "Ottilie", "Last_Name": family(number), "Date_of_Birth": "03/02/1974", "External_ID": ""}
    facts |= {"City": "Burlington", "ZIP": "27215", "County": "Alamance"}
    return person(**facts | {"Email": f"q{number}@mail.example", "Phone": ""} | changes)


def wrong(number):
    column, bad, _good = FAULTS[number % len(FAULTS)]
    return one(number, **{column.replace(" ", "_"): bad})


def the_file():
    """Each wrong row, each look-alike and each double among good ones."""
    people = [wrong(number) for number in range(WRONG)]
    people += [one(number, First_Name="Ottilia") for number in range(WRONG, WRONG + ALIKE)]
    people += [one(number) for number in range(WRONG + ALIKE, ROWS - DOUBLED)]
    people += [one(number) for number in range(100, 100 + DOUBLED)]
    people.sort(key=lambda row: row["Email"])  # as they come, not kind by kind
    return csv_of(*people)


def mended(path):
    """All wrong cells corrected, and the look-alikes named as they are known here."""
    book = load_workbook(path)
    sheet = book.active
    columns = {heading(cell): cell.column - 1 for cell in sheet[1]}
    rows = list(sheet.iter_rows(min_row=2, max_row=sheet.max_row))
    assert len(rows) == WRONG + ALIKE
    for row in rows:
        assert row[columns["What to fix"]].value, "it does not say what is wrong"
        for column, bad, good in FAULTS:
            if row[columns[column]].value == bad:
                assert row[columns[column]].comment
                row[columns[column]].value = good
        row[columns["First Name"]].value = "Ottilie"
    book.save(path)
    return path


def working(app, page: Page, ends: str) -> None:
    """Under way, until the worker has done it; the page goes on by itself."""
    expect(page.locator("progress")).to_be_visible()
    with app.app_context():
        uploads.work_off(lambda: False)
    expect(page.locator("h1")).to_have_text(ends, timeout=60_000)


def people(app):
    with database(app) as session:
        query = select(func.count()).select_from(Recipient).where(Recipient.last_name.startswith("Quill"))
        return session.scalar(query)


@pytest.fixture
def manager(desktop, signed_in):
    return signed_in(desktop, "manager.demo")


def test_five_thousand_people_come_in_are_mended_and_are_taken_back(app, manager, tmp_path):
    for number in range(WRONG, WRONG + ALIKE):
        known_person(
            app, first_name="Ottilie", last_name=family(number), birth_date=DAY, email=f"q{number}@mail.example"
        )
    trail = Trail(manager)
    path = tmp_path / "people.csv"
    path.write_bytes(the_file())
    send(manager, path)
    stands(manager)
    working(app, manager, "Review before entering")
    counted = [count(manager, label) for label in ("New", "Refused", "Looks like", "Doubled")]
    assert counted == [NEW, WRONG, ALIKE, DOUBLED]
    assert people(app) == ALIKE
    stands(manager)

    button(manager, f"Enter the good rows ({NEW:,})").click()
    working(app, manager, "Entered")
    assert people(app) == ALIKE + NEW
    where = manager.url
    fixed = mended(download(manager, "Download the rows to fix", tmp_path))
    send(manager, fixed)
    assert [count(manager, label) for label in ("New", "Refused", "Looks like")] == [WRONG, 0, 0]
    button(manager, "Enter the good rows").click()
    expect(manager.locator("h1")).to_have_text("Entered")
    assert people(app) == ALIKE + NEW + WRONG

    manager.goto(where)
    button(manager, "Take this upload back").click()
    manager.locator("#c-confirm [data-answer=yes]").click()
    working(app, manager, "Taken back")
    assert people(app) == ALIKE + WRONG
    stands(manager)
    trail.names_nobody("Quillaa", "Ottilie", "1974-03-02")
