"""State staff review an application: take it, remark on a field, send it back; and approve with the Provider PIN."""

import pytest
from playwright.sync_api import Page, expect

from models.applications import Application
from models.enrollment import Location
from tests.browser.checks import shot
from tests.browser.walks import app, button, database, stands

__all__ = ["app"]


@pytest.fixture
def waiting(app):
    """The key of the demo's application, back where it waits for review."""
    with database(app) as session:
        return session.query(Application.id).filter_by(number="ENR-CATAWBA1").scalar()


def remark_on(page: Page, field: str, words: str) -> None:
    """Opens the remark of a field and types into it."""
    row = page.locator("tr", has=page.locator("th", has_text=field)).first
    row.locator("summary").click()
    row.locator("textarea").fill(words)


def test_an_application_is_reviewed(app, browse, signed_in, waiting):
    desktop, tablet = browse("desktop"), browse("tablet")
    signed_in(desktop, "immunization.demo")
    desktop.goto("/review-queue/")
    stands(desktop)
    shot(desktop, "review-queue")
    button(desktop, "Take the next").click()
    expect(desktop.locator("h1")).to_contain_text("Catawba Valley Pediatrics")
    stands(desktop)
    remark_on(desktop, "Legal name", "Please give the name as registered.")
    stands(desktop)
    shot(desktop, "review-desktop")
    button(desktop, "Keep remarks").click()
    expect(desktop.get_by_text("nobody was told yet")).to_be_visible()
    expect(desktop.locator("textarea").first).to_have_value("Please give the name as registered.")
    signed_in(tablet, "state.demo")
    tablet.goto(f"/review/{waiting}")
    expect(tablet.locator("h1")).to_contain_text("Catawba Valley Pediatrics")
    stands(tablet)
    tablet.goto("/review-queue/")
    expect(tablet.locator("tbody")).to_contain_text("Marcus Tillery")
    stands(tablet)
    button(tablet, "Give back").first.tap()
    button(tablet, "Take the next").tap()
    expect(tablet.locator("h1")).to_contain_text("Catawba Valley Pediatrics")
    stands(tablet)
    shot(tablet, "review-tablet")
    tablet.get_by_role("link", name="Approve").tap()
    expect(tablet.locator("h1")).to_have_text("Approve")
    stands(tablet)
    fields = tablet.locator("form input[type=text]")
    fields.nth(0).fill("12345")
    button(tablet, "Approve").tap()
    expect(tablet.locator(".c-errors")).to_be_focused()
    expect(tablet.locator("form input[type=text]").nth(0)).to_have_value("12345")
    stands(tablet)
    tablet.locator("form input[type=text]").nth(0).fill("650009")
    button(tablet, "Approve").tap()
    expect(tablet.locator(".c-stages")).to_contain_text("Approved")
    stands(tablet)
    shot(tablet, "review-approved")
    with database(app) as session:
        places = session.query(Location).filter(Location.number.in_(("LOC-0009", "LOC-0010"))).order_by(Location.number)
        assert [(one.status, one.provider_pin) for one in places] == [("approved", "NCA650009"), ("approved", None)]
