"""Every kind of page, on the device of those who use it: accessible, within the screen, large to the finger."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.enrollment import StorageUnit
from models.history import History
from models.people import Membership, PortalUser
from models.shipments import Shipment
from models.stock import Lot
from tests.browser.checks import axe, big_targets, no_sideways_scroll, shot
from tests.browser.walks import Trail, app, button, database, find_person, fits, known_person, of, open_search, stands

__all__ = ["app"]
DIALOG = "dialog#c-confirm"


def visit(page: Page, path: str, code: int = 200) -> None:
    """Opens a page, which must answer so and stand."""
    answer = page.goto(path)
    assert answer.status == code, f"{path} answered {answer.status}"
    expect(page.locator("h1")).to_have_count(1)
    stands(page)


def also_fit(page: Page, *paths: str) -> None:
    """More pages of the same kinds, as wide as their own words make them."""
    for path in paths:
        assert page.goto(path).status == 200
        expect(page.locator("h1")).to_have_count(1)
        fits(page)


def key_of(app, entity, *where):
    with database(app) as session:
        return session.scalars(select(entity.id).where(*where).order_by(entity.id)).first()


@pytest.fixture
def person(app):
    """Somebody of this walk, known at the first place: key and number."""
    number = known_person(
        app, first_name="Cornelia", last_name="Abernethy", birth_date=dt.date(1966, 2, 3), email="c@mail.example"
    )
    with database(app) as session:
        return of(session, number).id, number


def test_pages_of_the_vaccinator(tablet, signed_in, person):
    signed_in(tablet, "vaccinator.demo")
    key, number = person
    for path in (
        "/start/", "/find/", "/walk-in/", "/recipient/list/", f"/recipient/show/{key}", f"/recipient/edit/{key}",
        f"/dose/person/{number}",
    ):  # fmt: skip
        visit(tablet, path)
    also_fit(tablet, "/visit/list/", "/dose/list/", "/lot/list/")
    find_person(tablet, "Abern", "1966-02-03")
    expect(tablet.locator("#found")).to_contain_text("Cornelia Abernethy")
    stands(tablet)
    shot(tablet, "find-tablet")
    visit(tablet, "/upload/", 403)
    visit(tablet, "/recipient/show/999999", 404)


def test_the_queue_and_its_question(tablet, signed_in):
    signed_in(tablet, "frontdesk.demo")
    visit(tablet, "/queue/")
    tablet.locator("button[data-confirm]").first.tap()
    expect(tablet.locator(DIALOG)).to_be_visible()
    stands(tablet)
    tablet.locator(f"{DIALOG} [data-answer=no]").tap()
    expect(tablet.locator(DIALOG)).to_be_hidden()


def test_pages_of_the_manager(app, tablet, signed_in):
    signed_in(tablet, "manager.demo")
    visit(tablet, "/shipment/list/")
    visit(tablet, "/membership/add")
    visit(tablet, f"/storage-unit/show/{key_of(app, StorageUnit)}")
    also_fit(
        tablet, "/inventory-item/list/", "/membership/list/", "/storage-unit/add", "/notice/list/", "/proof/list/",
        "/recipient-link/list/", "/upload/list/",
    )  # fmt: skip
    expected = key_of(app, Shipment, Shipment.status == "expected", Shipment.location.has(number="LOC-0001"))
    visit(tablet, f"/shipment/show/{expected}")
    button(tablet, "Receive").tap()
    expect(tablet.locator("h1")).to_contain_text("Receive")
    stands(tablet)


def test_a_start_page_for_the_pictures(desktop, signed_in):
    signed_in(desktop, "manager.demo")
    stands(desktop)
    shot(desktop, "manager-start")


def test_pages_of_state_staff(app, tablet, signed_in):
    signed_in(tablet, "immunization.demo")
    for path in (
        "/organization/list/", "/organization/show/2", "/location/edit/1", "/shipment/add", "/upload/",
        f"/history/show/{key_of(app, History)}",
    ):  # fmt: skip
        visit(tablet, path)
    also_fit(
        tablet, "/organization/add", "/vaccine/show/1", "/vaccine/add", f"/lot/edit/{key_of(app, Lot)}",
        "/stock-movement/list/", "/priority-group/list/", "/history/list/", "/recipient/list/", "/location/list/",
    )  # fmt: skip
    tablet.goto("/shipment/list/")
    open_search(tablet)
    stands(tablet)


def test_pages_of_the_state_administrator(app, tablet, signed_in):
    signed_in(tablet, "state.demo")
    user = key_of(app, PortalUser, PortalUser.username == "inventory.demo")
    visit(tablet, f"/portal-user/show/{user}")
    also_fit(
        tablet, "/portal-user/list/", f"/portal-user/edit/{user}", "/portal-user/add",
        f"/membership/show/{key_of(app, Membership)}",
    )  # fmt: skip


def test_pages_for_strangers_on_a_phone(phone):
    visit(phone, "/help-desk")
    visit(phone, "/login/")
    also_fit(phone, "/enrollment", "/provider", "/recipient", "/organization")
    visit(phone, "/there-is-no-such-page", 404)


def test_pages_in_spanish(browse, signed_in):
    phone = browse("phone", locale="es-MX")
    for path in ("/", "/login/", "/verify/ABCDEFGHJKMN", "/recipient"):
        visit(phone, path)
        expect(phone.locator("html")).to_have_attribute("lang", "es")
    tablet = browse("tablet", locale="es-MX")
    signed_in(tablet, "frontdesk.demo")
    for path in ("/start/", "/walk-in/", "/recipient/list/"):
        visit(tablet, path)
        expect(tablet.locator("html")).to_have_attribute("lang", "es")
    also_fit(tablet, "/find/", "/queue/", "/visit/list/", "/vaccine/list/")


def test_a_language_is_chosen_by_its_name(tablet):
    visit(tablet, "/")
    tablet.get_by_role("link", name="Español").tap()
    expect(tablet.locator("html")).to_have_attribute("lang", "es")
    tablet.get_by_role("link", name="English").tap()
    expect(tablet.locator("html")).to_have_attribute("lang", "en")


WRONG = """<!doctype html><html lang="en"><title>Wrong</title><main><h1>Wrong</h1><input name="unnamed">
<button>x</button><div>wide</div></main></html>"""
SIZES = """for (const [name, width, height] of [["button", "20px", "20px"], ["div", "3000px", "auto"]])
  Object.assign(document.querySelector(name).style, {width, height, padding: 0})"""  # styles of a page are its sheets'


def test_what_is_wrong_is_found(tablet):
    trail = Trail(tablet)
    tablet.goto("/?name=Wilhelmina%20Quackenbush")
    with pytest.raises(AssertionError, match="quackenbush"):
        trail.names_nobody("wilhelmina quackenbush")
    tablet.set_content(WRONG)
    tablet.evaluate(SIZES)
    with pytest.raises(AssertionError, match="label"):
        axe(tablet)
    with pytest.raises(AssertionError, match="is 20 x 20"):
        big_targets(tablet)
    with pytest.raises(AssertionError, match="px wide"):
        no_sideways_scroll(tablet)
