"""State staff keep every entity: search, sort, export, add, edit, and never overwrite each other unseen."""

import csv
import io

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walks import app, button, export, open_search, stands

__all__ = ["app"]
# who, list, label of a search input, what is typed, words of every row found, column to sort by, whether it is exported
GRIDS = [
    ("state.demo", "organization", "Name", "Health", "Health", "Name", True),
    ("state.demo", "location", "Name", "Pharmacy", "Pharmacy", "Number", True),
    ("state.demo", "lot", "Lot number", "ND", "ND", "Lot number", True),
    ("state.demo", "storage-unit", "Name", "Ultra", "Ultra-cold", "Name", True),
    ("immunization.demo", "vaccine", "Manufacturer", "Novavax", "Novavax", "Short name", True),
    ("immunization.demo", "history", "Username", "immunization", "immunization.demo", "At", True),
    ("immunization.demo", "portal-user", "Username", "manager", "manager.demo", "Username", False),
]


def rows(page: Page):
    return page.locator("table[data-rows] tbody tr")


@pytest.mark.parametrize(
    ("who", "path", "label", "typed", "found", "sort", "exported"), GRIDS, ids=[grid[1] for grid in GRIDS]
)
def test_a_grid_is_searched_sorted_and_exported(
    desktop, signed_in, tmp_path, who, path, label, typed, found, sort, exported
):
    signed_in(desktop, who)
    desktop.goto(f"/{path}/list/")
    open_search(desktop)
    stands(desktop)
    field = desktop.locator(".c-filters").get_by_label(label, exact=True)
    field.fill(typed)
    field.locator("xpath=ancestor::form").get_by_role("button").first.click()  # posted where it is about a person
    expect(desktop.locator(".c-filters summary .c-tag")).to_have_text("in use")
    texts = rows(desktop).all_inner_texts()
    assert texts and all(found in text for text in texts)
    for direction in ("ascending", "descending"):
        heading = desktop.get_by_role("columnheader", name=sort, exact=False).first
        heading.get_by_role("link").click()
        expect(desktop.locator(f"th[aria-sort={direction}]")).to_be_visible()
        shown = [text.lower() for text in desktop.locator(f"tbody [data-label='{sort}']").all_inner_texts()]
        if path != "history":  # its days are words
            assert shown == sorted(shown, reverse=direction == "descending")
    assert len(rows(desktop).all()) >= len(texts)
    if exported:
        text = export(desktop, "CSV", tmp_path).read_text("utf-8-sig")
        assert all(found in ",".join(row) for row in list(csv.reader(io.StringIO(text)))[1:])


def test_a_bad_value_is_said_at_its_field_and_what_was_typed_stays(desktop, signed_in):
    signed_in(desktop, "state.demo")
    desktop.goto("/organization/list/")
    button(desktop, "Add").click()
    expect(desktop.locator("h1")).to_have_text("Add: Organization")
    desktop.locator("#number").fill("ORG-7001")
    desktop.locator("#name").fill("Yadkin Valley Clinics")
    desktop.locator("#kind").select_option("provider")
    desktop.locator("#zip_code").fill("270")
    desktop.locator("#email").fill("no address")
    button(desktop, "Save").click()
    expect(desktop.locator("#zip_code-error")).to_be_visible()
    expect(desktop.locator("#email-error")).to_be_visible()
    expect(desktop.locator(".c-errors")).to_be_focused()
    expect(desktop.locator("#name")).to_have_value("Yadkin Valley Clinics")
    expect(desktop.locator("#zip_code")).to_have_value("270")
    stands(desktop)
    desktop.locator("#zip_code").fill("27018")
    desktop.locator("#email").fill("desk@yadkin.example")
    button(desktop, "Save").click()
    expect(desktop.get_by_text("Saved.")).to_be_visible()
    expect(desktop.locator("h1")).to_contain_text("Yadkin Valley Clinics")
    stands(desktop)
    button(desktop, "Edit").click()
    desktop.locator("#city").fill("East Bend")
    button(desktop, "Save").click()
    expect(desktop.locator("main dl").first).to_contain_text("East Bend")


def test_two_tabs_at_one_record_do_not_overwrite_each_other_unseen(desktop, signed_in):
    signed_in(desktop, "immunization.demo")
    desktop.goto("/location/list/")
    rows(desktop).filter(has_text="Watauga County").get_by_role("link", name="Edit").click()
    expect(desktop.locator("h1")).to_have_text("Edit: Location")
    other = desktop.context.new_page()
    other.goto(desktop.url)
    other.locator("#street").fill("1 Howard Street")
    button(other, "Save").click()
    expect(other.get_by_text("Saved.")).to_be_visible()

    desktop.locator("#street").fill("2 King Street")
    button(desktop, "Save").click()
    expect(desktop.get_by_text("changed by someone else meanwhile")).to_be_visible()
    expect(desktop.locator("#street-error")).to_contain_text("1 Howard Street")
    expect(desktop.locator("#street")).to_have_value("2 King Street")
    stands(desktop)
    button(desktop, "Save").click()
    expect(desktop.get_by_text("Saved.")).to_be_visible()
    expect(desktop.locator("main dl").first).to_contain_text("2 King Street")
