"""The manager's grid of everyone vaccinated here: narrowed by product, date, lot and vaccinator, and exported."""

import csv
import datetime as dt
import io

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.rules.clock import today_at
from tests.browser.checks import no_sideways_scroll, shot
from tests.browser.walks import Trail, app, choose, database, export, given_dose, known_person, open_search, stands

__all__ = ["app"]
HARMFUL = '=HYPERLINK("http://x")'


@pytest.fixture(scope="module")
def today(served):
    """Two doses of this walk: Spikevax today, and Comirnaty four days ago to somebody of a harmful name."""
    app = served[0]
    with database(app):
        today = today_at(None)
    one = known_person(app, first_name="Ambrose", last_name="Yarborough", birth_date=dt.date(1970, 1, 2))
    given_dose(app, one, "8091234", on=today)
    other = known_person(app, first_name=HARMFUL, last_name="Yarborough", birth_date=dt.date(1971, 1, 2))
    given_dose(app, other, "ND8842", on=today - dt.timedelta(days=4))
    return today


@pytest.fixture
def manager(desktop, signed_in, today):
    return signed_in(desktop, "manager.demo")


def cells(page: Page, label: str) -> list[str]:
    return page.locator(f"table[data-rows] tbody [data-label='{label}']").all_inner_texts()


def narrow(page: Page, product: str = "", since: dt.date | None = None, **more: str) -> None:
    page.goto("/dose/list/")
    open_search(page)
    if product:
        choose(page, "Vaccine", product)
    for label, typed in more.items():
        choose(page, label, typed)
    if since:
        page.get_by_label("Given on, from").fill(since.isoformat())
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator(".c-filters summary .c-tag")).to_have_text("in use")


def test_the_grid_is_narrowed_by_product_and_date(manager, today):
    trail = Trail(manager)
    since = today - dt.timedelta(days=20)
    narrow(manager, "Spikevax 12+ syringe", since)
    expect(manager.locator("table[data-rows]")).to_contain_text("Ambrose Yarborough")
    assert set(cells(manager, "Vaccine")) == {"Spikevax 12+ syringe"}
    days = [dt.datetime.strptime(words, "%b %d, %Y").date() for words in cells(manager, "Given on")]
    assert today in days and min(days) >= since
    expect(manager.locator("table[data-rows]")).not_to_contain_text("HYPERLINK")
    stands(manager)
    trail.names_nobody("Yarborough", "Ambrose", "1970-01-02")


def test_the_grid_is_narrowed_by_lot_and_vaccinator(manager, today):
    narrow(manager, Lot="8091234", Vaccinator="Haith")
    lots, people = set(cells(manager, "Lot")), set(cells(manager, "Vaccinator"))
    assert lots == {"8091234"} and len(people) == 1 and "Haith" in people.pop()
    shot(manager, "doses-grid", full_page=True)


def test_what_is_narrowed_is_exported_and_no_cell_does_harm(manager, today, tmp_path):
    narrow(manager, "Comirnaty 12+ syringe", today - dt.timedelta(days=5))
    shown = cells(manager, "Recipient")
    assert any("HYPERLINK" in name for name in shown)
    text = export(manager, "CSV", tmp_path).read_text("utf-8-sig")
    headings, *rows = csv.reader(io.StringIO(text))
    assert len(rows) == len(shown)
    assert {row[headings.index("Vaccine")] for row in rows} == {"Comirnaty 12+ syringe"}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert any(cell.startswith(f"'{HARMFUL}") for row in rows for cell in row)
    sheet = load_workbook(export(manager, "XLSX", tmp_path)).active
    values = list(sheet.iter_rows(min_row=2))
    assert len(values) == len(rows)
    assert not [cell for row in values for cell in row if cell.data_type == "f"]
    assert any(str(cell.value).startswith(HARMFUL) for row in values for cell in row)


def test_the_grid_fits_a_tablet(tablet, signed_in, today):
    signed_in(tablet, "manager.demo")
    tablet.goto("/dose/list/")
    stands(tablet)
    open_search(tablet)
    stands(tablet)
    no_sideways_scroll(tablet)
