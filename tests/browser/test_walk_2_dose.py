"""The vaccinator's day on a tablet: nobody found, a walk-in, check-in, one dose however often it is sent, and void."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from models.base import utcnow
from models.doses import Dose
from models.notices import Notice
from models.recipients import Recipient
from models.stock import InventoryItem, Vaccine
from tests.browser.checks import shot
from tests.browser.walks import (
    FIRST,
    Trail,
    app,
    button,
    check_in,
    database,
    find_person,
    known_person,
    of,
    stands,
    tab_to,
)

__all__ = ["app"]


def on_hand(app, lot):
    with database(app) as session:
        item = select(InventoryItem.doses).where(InventoryItem.lot_id == lot, InventoryItem.location.has(name=FIRST))
        return session.scalars(item).one()


def on_hand_by_inventory(page: Page, number: str) -> int:
    """The doses of a lot as the inventory grid of the place in force shows them."""
    page.goto("/inventory-item/list/")
    row = page.locator("tbody tr", has_text=number)
    return int(row.locator("[data-label='Doses on hand']").inner_text().replace(",", ""))


def doses_of(app, last_name):
    with database(app) as session:
        where = Dose.recipient.has(Recipient.last_name == last_name)
        return session.scalars(select(Dose.status).where(where).order_by(Dose.id)).all()


def mails_about(app, last_name, kind):
    with database(app) as session:
        where = (Notice.recipient.has(Recipient.last_name == last_name), Notice.kind == kind)
        return session.scalar(select(func.count()).select_from(Notice).where(*where))


def register_walk_in(page: Page) -> None:
    """From the search that found nobody, with the employer looked up."""
    find_person(page, "Quackenbush", "1961-03-09")
    expect(page.get_by_text("Nobody is found.")).to_be_visible()
    stands(page)
    button(page, "Register a walk-in").tap()
    expect(page.locator("#last_name")).to_have_value("Quackenbush")
    expect(page.locator("#birth_date")).to_have_value("1961-03-09")
    page.locator("#first_name").fill("Wilhelmina")
    page.locator("#email").fill("wilhelmina@mail.example")
    page.locator("input#employer").tap()  # once the script has made it of the list that stands there without it
    page.locator("#employer").press_sequentially("poultry")
    page.get_by_role("option", name="Chatham Poultry Cooperative").tap()
    expect(page.locator("#employer")).to_have_value("Chatham Poultry Cooperative, Siler City")
    stands(page)
    button(page, "Save and check in").tap()
    expect(page.get_by_text("Registered.")).to_be_visible()


def test_a_walk_in_is_registered_and_gets_exactly_one_dose(app, tablet, browse, signed_in):
    manager = signed_in(browse("desktop"), "manager.demo")
    signed_in(tablet, "vaccinator.demo")
    trail = Trail(tablet)
    register_walk_in(tablet)
    expect(tablet.locator("h1")).to_have_text("Wilhelmina Quackenbush")
    expect(tablet.get_by_text("Checked in at")).to_be_visible()
    expect(tablet.get_by_text("No dose is recorded for this person yet.")).to_be_visible()
    stands(tablet)
    shot(tablet, "record-dose-tablet")

    lot = int(tablet.locator("input[name=lot]:checked").get_attribute("value"))
    number = tablet.locator(".c-lot:has(input:checked) .c-lot-facts").inner_text().split()[1]
    before, before_in_grid = on_hand(app, lot), on_hand_by_inventory(manager, number)
    sent = []
    tablet.on("request", lambda request: sent.append(request) if request.url.endswith("/record") else None)
    save = button(tablet, "Record dose")
    save.dblclick(no_wait_after=True)
    expect(tablet.locator("h1")).to_have_text("Dose recorded")
    expect(tablet.get_by_text("Observe until")).to_be_visible()
    stands(tablet)
    given = tablet.url

    resend = sent[0]
    again = tablet.context.request.post(
        resend.url, data=resend.post_data, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert again.url == given  # what was sent before is answered with the dose it made
    tablet.go_back()
    expect(tablet.locator("h1")).to_have_text("Wilhelmina Quackenbush")
    if button(tablet, "Record dose").count():  # a page that the browser kept may be sent once more
        button(tablet, "Record dose").tap()
        expect(tablet.locator("h1")).to_have_text("Dose recorded")
    assert doses_of(app, "Quackenbush") == ["given"]
    assert on_hand(app, lot) == before - 1
    assert on_hand_by_inventory(manager, number) == before_in_grid - 1
    assert mails_about(app, "Quackenbush", "dose_given") == 1

    void_back_to_stock(tablet, given)
    assert on_hand(app, lot) == before
    tablet.locator("h2 a", has_text="Wilhelmina Quackenbush").tap()
    button(tablet, "Record dose").tap()
    expect(tablet.locator("h1")).to_have_text("Dose recorded")
    assert doses_of(app, "Quackenbush") == ["voided", "given"]
    assert on_hand(app, lot) == before - 1
    trail.names_nobody("Quackenbush", "Wilhelmina", "1961-03-09", "03/09/1961")


def void_back_to_stock(page: Page, given: str) -> None:
    """First without a reason, which is asked for; then with one."""
    page.goto(given)
    button(page, "Void").tap()
    expect(page.locator("h1")).to_have_text("Void a dose")
    stands(page)
    button(page, "Void this dose").tap()
    expect(page.locator("#void_reason-error")).to_contain_text("Please say why the dose is voided.")
    stands(page)
    page.locator("#void_reason").fill("Entered for the wrong person")
    page.get_by_text("Back to stock").tap()
    button(page, "Void this dose").tap()
    expect(page.locator("h1")).to_have_text("Dose taken back")
    expect(page.get_by_text("Entered for the wrong person")).to_be_visible()
    stands(page)


@pytest.fixture
def early_bird(app):
    """Somebody who had a dose of what the place has on hand, ten days ago and elsewhere."""
    number = known_person(app, first_name="Barnaby", last_name="Thistlewood", birth_date=dt.date(1958, 4, 2))
    with database(app) as session:
        vaccine = session.scalars(select(Vaccine).where(Vaccine.short_name == "Comirnaty 12+ syringe")).one()
        day = utcnow() - dt.timedelta(days=10)
        session.add(
            Dose(
                key=f"early-{number}", recipient=of(session, number), vaccine=vaccine, dose_number="1",
                given_at=day, given_on=day.date(), is_historical=True,
            )
        )  # fmt: skip
        session.commit()
    return number


def test_a_dose_too_early_asks_for_a_reason_and_takes_it(app, tablet, signed_in, early_bird):
    signed_in(tablet, "vaccinator.demo")
    check_in(tablet, early_bird)
    expect(tablet.get_by_role("table", name="Doses so far")).to_contain_text("Elsewhere")
    expect(tablet.get_by_text("Too early").first).to_be_visible()
    stands(tablet)
    button(tablet, "Record dose").tap()
    wrong = tablet.locator("#override_reason-error")
    expect(wrong).to_contain_text("Too early")
    expect(tablet.locator("[role=alert] a[href='#override_reason']")).to_be_visible()
    stands(tablet)
    assert doses_of(app, "Thistlewood") == ["given"]  # the one from elsewhere
    tablet.locator("#override_reason").fill("Travels abroad tomorrow; the physician agrees")
    button(tablet, "Record dose").tap()
    expect(tablet.locator("h1")).to_have_text("Dose recorded")
    expect(tablet.get_by_text("Travels abroad tomorrow")).to_be_visible()
    assert doses_of(app, "Thistlewood") == ["given", "given"]


def test_finding_and_recording_need_no_more_than_a_keyboard(app, desktop, signed_in):
    known_person(app, first_name="Keziah", last_name="Oglethorpe", birth_date=dt.date(1949, 12, 31))
    signed_in(desktop, "vaccinator.demo")
    desktop.goto("/find/")
    tab_to(desktop, "#last_name")
    desktop.keyboard.type("Oglethorpe")
    tab_to(desktop, "#birth_date")
    desktop.keyboard.type("12311949")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#found")).to_be_focused()
    tab_to(desktop, "#found a[href^='/dose/person/']")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("h1")).to_have_text("Keziah Oglethorpe")
    tab_to(desktop, "form[action$='/check-in'] button")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text("Checked in at")).to_be_visible()
    tab_to(desktop, "input[name=body_site]")
    other = "Left deltoid" if desktop.get_by_label("Right deltoid").is_checked() else "Right deltoid"
    desktop.keyboard.press("ArrowRight")
    expect(desktop.get_by_label(other)).to_be_checked()
    tab_to(desktop, ".c-record-end button")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("h1")).to_have_text("Dose recorded")
    expect(desktop.locator("main")).to_contain_text(other)
    assert doses_of(app, "Oglethorpe") == ["given"]
