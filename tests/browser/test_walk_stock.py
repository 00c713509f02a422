"""Every dose accounted for: shipment file, receipt, sixth dose, waste, a move with a discrepancy, another, a recall."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.rules import ledger_check, stock
from app.rules.clock import today_at
from models.enrollment import Location
from models.stock import Lot, Vaccine
from models.transfers import Transfer
from tests import factories as make
from tests.browser.enrolling import confirm
from tests.browser.test_walk_6_many_places import switch_to
from tests.browser.walks import FIRST, SECOND, app, button, choose, database, fits, stands

__all__ = ["app"]

LOT, NUMBER = "WK70931", "SHP-WALK-1"
SUBMIT = "form.c-form button[type=submit]:not([name=_look_up])"
PRODUCT = "Nuvaxovid 12+ syringe"


@pytest.fixture
def lot(app):
    """A lot of the walk's own, and an agreement by which the second place may get it."""
    with database(app) as session:
        vaccine = session.scalars(select(Vaccine).where(Vaccine.short_name == PRODUCT)).one()
        second = session.scalars(select(Location).where(Location.name == SECOND)).one()
        make.redistribution_agreement(second.organization, second)
        made = make.lot(number=LOT, vaccine=vaccine, expires_on=today_at(None) + dt.timedelta(days=90))
        session.commit()
        return made.id


def on_hand(app, lot, place):
    """Doses of the lot at a place, as the ledger has them."""
    with database(app) as session:
        key = session.scalars(select(Location.id).where(Location.name == place)).one()
        return sum(item.doses for item in stock.parts(key, lot))


def number_of(app, kind):
    with database(app) as session:
        return session.scalars(select(Transfer.id).where(Transfer.kind == kind).order_by(Transfer.id.desc())).first()


def send(page: Page, *lines: str) -> None:
    """Sends a file of shipments and waits for its review."""
    text = "\n".join(("Shipment Number,Location PIN or Number,Lot Number,Doses,Expected On", *lines))
    page.goto("/upload-shipments/")
    page.locator("#file").set_input_files({"name": "week.csv", "mimeType": "text/csv", "buffer": text.encode()})
    button(page, "Check the file").click()
    expect(page.locator("h1")).to_have_text("Review before entering")


def act(page: Page, words: str, done: str, **said: str) -> None:
    """Presses an act of the record, answers what it asks, and sees that it is done."""
    button(page, words).click()
    for name, value in said.items():
        field = page.locator(f"#{name}")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    fits(page)
    page.locator(SUBMIT).click()
    expect(page.get_by_text(done)).to_be_visible()


def test_every_dose_from_the_file_to_the_recall(app, browse, signed_in, lot):
    state, manager = signed_in(browse("desktop"), "immunization.demo"), signed_in(browse("tablet"), "manager.demo")
    send(state, f"{NUMBER},NCA650001,{LOT},100,", f"SHP-WALK-2,NCA650009,{LOT},many,")
    expect(state.locator("#refused ~ *").first).to_be_visible()
    for cell in ("NCA650009", "many"):
        expect(state.locator("td.c-typed", has_text=cell)).to_be_visible()
    stands(state)
    button(state, "Enter the good rows").click()
    expect(state.get_by_text("1 shipment was announced.")).to_be_visible()
    send(state, f"{NUMBER},NCA650001,{LOT},100,")
    expect(state.get_by_text("Nothing would change.")).to_be_visible()

    manager.goto("/shipment/list/")
    manager.locator("tbody tr", has_text=NUMBER).get_by_role("link", name=NUMBER, exact=True).click()
    act(manager, "Receive", "Received into stock.", doses_received="98", temperature="in_range", condition="good")
    expect(manager.locator("main dl").first).to_contain_text("Received with an issue")
    assert on_hand(app, lot, FIRST) == 98
    manager.goto("/inventory-item/list/")
    manager.locator("tbody tr", has_text=LOT).get_by_role("link").first.click()
    item = manager.url
    act(manager, "More doses in the vials", "The quantity is raised.", doses="2", note="A sixth dose in two vials")
    button(manager, "Log wastage").click()
    manager.locator("#doses").fill("101")
    manager.locator("#reason").select_option("broken")
    manager.locator("#disposal").select_option("medical_waste")
    manager.locator("#note").fill("Dropped")
    manager.locator(SUBMIT).click()
    expect(manager.locator("#doses-error")).to_contain_text("Only 100 doses are on hand")
    expect(manager.locator("#note")).to_have_value("Dropped")
    stands(manager)
    manager.locator("#doses").fill("4")
    manager.locator(SUBMIT).click()
    expect(manager.get_by_text("Wastage is logged.")).to_be_visible()
    assert on_hand(app, lot, FIRST) == 96

    moved(app, manager, state, "transfer", came="18")
    assert (on_hand(app, lot, FIRST), on_hand(app, lot, SECOND)) == (76, 18)
    moved(app, manager, state, "redistribution", came="20")
    assert (on_hand(app, lot, FIRST), on_hand(app, lot, SECOND)) == (56, 38)

    state.goto(f"/lot/show/{lot}")
    act(state, "Recall", "it is not in force yet", reason="Particles were found in vials.")
    state.goto("/recall/list/")
    state.locator("tbody tr", has_text=LOT).get_by_role("link").first.click()
    for words in ("Dry run: nothing has happened", FIRST, SECOND):
        expect(state.locator("main")).to_contain_text(words)
    button(state, "Put in force").click()
    confirm(state)
    expect(state.get_by_text("The lot is recalled; the locations are being told.")).to_be_visible()
    stands(state)
    manager.goto(item)
    expect(manager.locator("main dl").first).to_contain_text("Recalled")
    with database(app) as session:
        assert session.get(Lot, lot).status == "recalled"
        assert ledger_check.check_ledger()["broken"] == []


def moved(app, manager: Page, state: Page, kind: str, came: str) -> None:
    """Twenty doses to the second place: asked for, approved, sent, and received as they came."""
    manager.goto("/transfer/add")
    manager.locator("#kind").select_option(kind)
    choose(manager, "To (required)", SECOND)
    choose(manager, "Lot (required)", LOT)
    manager.locator("#doses").fill("20")
    manager.locator("#reason").fill("They have none left.")
    button(manager, "Save").click()
    expect(manager.locator("main")).to_contain_text("Waits for approval")
    record = f"/transfer/show/{number_of(app, kind)}"
    state.goto(record)
    button(state, "Approve").click()
    confirm(state)
    expect(state.get_by_text("Approved; both ends are told.")).to_be_visible()
    manager.goto(record)
    sent = {"transporter": "Own courier", "equipment": "Validated box", "temperature_packed": "4.5"}
    act(manager, "Dispatch", "Dispatched; the receiving location is told.", **sent)
    switch_to(manager, SECOND)
    manager.goto(record)
    said = {"doses_received": came, "temperature_received": "5", "condition": "good"}
    if came != "20":
        said["discrepancy_reason"] = "Two syringes broke on the way."
    act(manager, "Confirm receipt", "Received into stock.", **said)
    stands(manager)
    switch_to(manager, FIRST)
