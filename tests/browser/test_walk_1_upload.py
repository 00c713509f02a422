"""The manager's file of people: template, wrong cells named, good rows entered, the rest corrected and sent again."""

import csv
import datetime as dt
import io
import re

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from models.recipients import Recipient, RecipientLink
from tests.browser.checks import no_sideways_scroll, shot
from tests.browser.walks import FIRST, Trail, app, button, database, stands

__all__ = ["app"]
FAMILY = "Featherstonhaugh"
GOOD = {
    "First Name": "Ottoline", "Last Name": FAMILY, "Date of Birth": dt.date(1974, 3, 2), "Gender": "Female",
    "Race": "White", "Ethnicity": "Not Hispanic or Latino", "Street": "9 Mebane Street", "City": "Burlington",
    "State": "NC", "ZIP": "27215", "County": "Alamance", "Phone": "(336) 555-0171", "Email": "otto@mail.example",
    "Industry": "Education & child care", "Lives in NC": "Y", "Works in NC": "Y", "Priority Group": "5",
    "Preferred Language": "English", "External ID": "F-1",
}  # fmt: skip


def someone(first, n, **changes):
    own = {"First Name": first, "Phone": f"33655501{n}", "Email": f"f{n}@mail.example", "External ID": f"F-{n}"}
    return GOOD | own | {name.replace("_", " "): value for name, value in changes.items()}


PEOPLE = [
    GOOD,
    someone("Peregrine", 72, Date_of_Birth="1969-11-30"),
    someone("Hyacinth", 73, Date_of_Birth="07/04/1990"),
    someone("Lucasta", 74, Date_of_Birth="13/45/1980", ZIP="2721"),
    someone("Evander", 75, Gender="Galactic", County="Alamanse"),
    someone("Isolde", 76, Phone="12", Email="isolde at mail"),
    someone("Hyacinth", 73, Date_of_Birth="1990-07-04"),
]
# spreadsheet row, column, what was typed
WRONG = [
    (6, "Date of Birth", "13/45/1980"), (6, "ZIP", "2721"), (7, "Gender", "Galactic"), (7, "County", "Alamanse"),
    (8, "Phone", "12"), (8, "Email", "isolde at mail"),
]  # fmt: skip
RIGHT = {
    "Lucasta": {"Date of Birth": "12/15/1980", "ZIP": "27215"},
    "Evander": {"Gender": "Male", "County": "Alamance"},
    "Isolde": {"Phone": "3365550176", "Email": "f76@mail.example"},
}


def heading(cell):
    return str(cell.value or "").rstrip("* ").strip()


def download(page: Page, words: str, to):
    with page.expect_download() as started:
        button(page, words).click()
    path = to / started.value.suggested_filename
    started.value.save_as(path)
    return path


def send(page: Page, path) -> None:
    page.goto("/upload/")
    page.locator("#file").set_input_files(path)
    button(page, "Check the file").click()
    page.wait_for_url(re.compile(r"/upload/\d+$"))


def count(page: Page, label: str) -> int:
    figure = page.locator(".c-figure").filter(has=page.locator("dt", has_text=label)).first
    return int(figure.locator(".c-figure-value").inner_text().replace(",", ""))


def fill_in(path):
    """The template as somebody fills it: under its headings and instructions."""
    book = load_workbook(path)
    columns = {heading(cell): cell.column for cell in book.active[1]}
    for row, person in enumerate(PEOPLE, start=3):
        for name, value in person.items():
            book.active.cell(row, columns[name], value)
    book.save(path)
    return path


def correct(path):
    """What the fix-file asks for: each wrong cell is coloured and explained."""
    book = load_workbook(path)
    sheet = book.active
    columns = {heading(cell): cell.column for cell in sheet[1]}
    rows = list(sheet.iter_rows(min_row=2, max_row=sheet.max_row))
    assert [row[columns["First Name"] - 1].value for row in rows] == list(RIGHT)
    for row in rows:
        changes = RIGHT[row[columns["First Name"] - 1].value]
        explained = {heading(sheet.cell(1, cell.column)) for cell in row if cell.comment}
        assert explained == set(changes)
        for name, value in changes.items():
            row[columns[name] - 1].value = value
    book.save(path)
    return path


def people_of(app):
    with database(app) as session:
        linked = RecipientLink.location.has(name=FIRST)
        query = select(func.count()).select_from(RecipientLink).join(RecipientLink.recipient)
        return session.scalar(query.where(Recipient.last_name == FAMILY, linked))


@pytest.fixture
def manager(desktop, signed_in):
    return signed_in(desktop, "manager.demo")


def test_a_file_is_reviewed_entered_corrected_and_sent_again(app, manager, tmp_path):
    trail = Trail(manager)
    manager.goto("/upload/")
    stands(manager)
    template = download(manager, "Download template (Excel)", tmp_path)
    assert template.suffix == ".xlsx"
    send(manager, fill_in(template))
    assert people_of(app) == 0  # nothing is entered before it is reviewed
    assert (count(manager, "New"), count(manager, "Refused"), count(manager, "Doubled")) == (3, 3, 1)
    for row, column, typed in WRONG:
        line = manager.locator("table.c-cells tr").filter(has=manager.get_by_role("rowheader", name=str(row)))
        line = line.filter(has=manager.get_by_role("cell", name=column, exact=True))
        expect(line).to_contain_text(typed)
        assert line.locator("td").nth(2).inner_text().strip(), "it does not say what is wrong"
    stands(manager)
    shot(manager, "bulk-review", full_page=True)

    button(manager, "Enter the good rows (3)").click()
    expect(manager.get_by_text("3 new people were entered.")).to_be_visible()
    assert people_of(app) == 3
    stands(manager)
    fixed = correct(download(manager, "Download the rows to fix", tmp_path))
    send(manager, fixed)
    assert (count(manager, "New"), count(manager, "Refused")) == (3, 0)
    button(manager, "Enter the good rows (3)").click()
    expect(manager.get_by_text("3 new people were entered.")).to_be_visible()
    assert people_of(app) == 6

    send(manager, fixed)
    assert (count(manager, "Same"), count(manager, "New"), count(manager, "Changed")) == (3, 0, 0)
    expect(manager.get_by_text("Nothing would change.")).to_be_visible()
    expect(button(manager, "Enter the good rows")).to_have_count(0)
    assert people_of(app) == 6
    see_who_has_registered(manager)
    trail.names_nobody(FAMILY, "Ottoline", "1974-03-02", "03/02/1974")


def see_who_has_registered(page: Page) -> None:
    """The recipients grid, searched by name; the search stands in no address."""
    page.goto("/recipient/list/")
    page.get_by_text("Search and filter").click()
    page.get_by_label("Last name", exact=False).first.fill(FAMILY)
    page.get_by_role("button", name="Search").first.click()
    expect(page.locator("table[data-rows] tbody tr")).to_have_count(6)
    expect(page.locator("table[data-rows]")).to_contain_text("Ottoline")
    assert set(page.locator("[data-label='Registration']").all_inner_texts()) == {"Invited, not yet registered"}
    stands(page)


def test_the_csv_template_is_taken_too(app, manager, tmp_path):
    manager.goto("/upload/")
    path = download(manager, "Download template (CSV)", tmp_path)
    headings = next(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    person = someone("Zéphyrine", 79, Last_Name="Wójcik-Ångström", Date_of_Birth="2/29/1972")
    out = io.StringIO(newline="")
    csv.writer(out).writerows([headings, [person.get(name.rstrip("* "), "") for name in headings]])
    path.write_text(out.getvalue(), "utf-8")
    send(manager, path)
    assert (count(manager, "New"), count(manager, "Refused")) == (1, 0)
    button(manager, "Enter the good rows (1)").click()
    expect(manager.get_by_text("1 new person was entered.")).to_be_visible()


def test_a_file_of_another_kind_is_refused_in_words(manager, tmp_path):
    wrong = tmp_path / "people.xlsx"
    wrong.write_bytes(b"not a workbook at all")
    manager.goto("/upload/")
    manager.locator("#file").set_input_files(wrong)
    button(manager, "Check the file").click()
    expect(manager.locator("#file-error")).to_be_visible()
    stands(manager)


def test_the_pages_of_uploads_fit_a_tablet(tablet, signed_in, tmp_path):
    signed_in(tablet, "manager.demo")
    tablet.goto("/upload/")
    stands(tablet)
    path = download(tablet, "Download template (Excel)", tmp_path)
    send(tablet, fill_in(path))
    stands(tablet)
    tablet.goto("/upload/list/")
    no_sideways_scroll(tablet)
