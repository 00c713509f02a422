"""Counts, wastage, returns, expiry and storage: each change a cause, nothing moved by a refusal."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select

from app.rules import (
    clock,
    doses,
    expiry,
    ledger_check,
    stock,
    stock_changes,
    stock_counts,
    storage,
    storage_moves,
    transfer_moves,
    transfers,
    wastage,
)
from app.rules.doses import NewDose
from models.base import RuleBroken, db, utcnow
from models.scope import Reach, acting
from models.stock import PLACEHOLDER_EXPIRY, InventoryItem, StockMovement
from models.stock_causes import DoseCount, ExpiryCorrection, Wastage
from models.transfers import Transfer
from tests import factories as make
from tests.dose_administration.conftest import checked_in, clinic, nurse  # noqa: F401
from tests.dose_administration.looking import counted, on_hand
from tests.ledger import the_ledger_holds  # noqa: F401
from tests.screen_world import open_world

DAY = dt.timedelta(days=1)


TODAY = clock.today


def moved():
    """How many movements there are, and that the ledger holds."""
    assert ledger_check.check_ledger()["broken"] == []
    return db.session.scalar(select(func.count()).select_from(StockMovement))


def refused(field, act, *said, **more):
    """The act is refused at the field, and nothing has moved."""
    before = moved()
    with pytest.raises(RuleBroken) as broken:
        act(*said, **more)
    db.session.rollback()
    assert broken.value.field == field and moved() == before


@pytest.fixture
def item(app):
    with app.app_context(), acting(make.SEED):
        stocked = make.stock(doses=100)
        db.session.commit()
        yield stocked


def test_each_cause_moves_what_it_says_and_the_totals_tell_it(item):
    stock_counts.raise_doses(item, make.SEED, doses=20, note="Sixth doses")
    wastage.waste(item, make.SEED, doses=6, vials=1, reason="open_vial", disposal="medical_waste", is_open_vial=True)
    wastage.send_back(item, make.SEED, doses=50, reason="not_ordered", to="state")
    stock_counts.recount(item, make.SEED, doses=62, reason="recount", note="Two are missing")
    db.session.commit()
    assert (item.doses, item.received, item.counted, item.wasted, item.returned) == (62, 100, 18, 6, 50)
    assert moved() == 5
    counts = db.session.scalars(select(DoseCount).order_by(DoseCount.id)).all()
    assert [(count.before, count.doses, count.reason) for count in counts] == [(100, 20, "extra"), (64, -2, "recount")]


@pytest.mark.parametrize(
    "field, act, said",
    [
        ("doses", wastage.waste, {"doses": 101, "reason": "broken", "disposal": "medical_waste"}),
        ("doses", wastage.waste, {"doses": 0, "reason": "broken", "disposal": "medical_waste"}),
        ("doses", wastage.waste, {"doses": -5, "reason": "broken", "disposal": "medical_waste"}),
        ("note", wastage.waste, {"doses": 1, "reason": "other", "disposal": "medical_waste"}),
        ("vials", wastage.waste, {"doses": 1, "vials": 2, "reason": "broken", "disposal": "medical_waste"}),
        ("reason", wastage.waste, {"doses": 1, "reason": "no such", "disposal": "medical_waste"}),
        ("doses", wastage.send_back, {"doses": 101, "reason": "recall", "to": "state"}),
        ("doses", stock_counts.raise_doses, {"doses": 0}),
        ("doses", stock_counts.raise_doses, {"doses": 10**9}),
        ("doses", stock_counts.recount, {"doses": 100, "reason": "recount", "note": "."}),
        ("doses", stock_counts.recount, {"doses": -1, "reason": "recount", "note": "."}),
        (None, wastage.waste_expired, {"disposal": "medical_waste"}),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_moves(item, field, act, said):
    refused(field, act, item, make.SEED, **said)


def test_reserved_doses_are_neither_wasted_nor_counted_away(item):
    make.transfer(item=item, doses=90)
    db.session.commit()
    refused("doses", wastage.waste, item, make.SEED, doses=11, reason="broken", disposal="medical_waste")
    refused("doses", stock_counts.recount, item, make.SEED, doses=89, reason="recount", note="Missing")
    refused("lot", stock.reserve, item.id, 11)
    refused("lot", stock.reserve, item.id, -91)
    assert (item.doses, item.reserved, item.available) == (100, 90, 10)


def test_expired_stock_is_wasted_in_one_act_and_corrected_stock_shows_again(item):
    other = make.stock(item.location, doses=30)
    for one in (item, other):
        one.lot.expires_on = TODAY() - DAY
    db.session.commit()
    place = item.location_id
    assert stock.offered(place, TODAY()) == []
    wastage.waste_expired(other, make.SEED, disposal="medical_waste")
    correction = expiry.correct_expiry(item, make.SEED, expires_on=TODAY() + 9 * DAY, reason="Printed on the vial")
    db.session.commit()
    assert [one.id for one in stock.offered(place, TODAY())] == [item.id]
    assert db.session.scalar(select(Wastage.reason)) == "expired" and other.doses == 0
    assert item.lot.expires_on == TODAY() - DAY, "the lot's own date is the state's to change"
    assert (correction.before, correction.status) == (TODAY() - DAY, "reported")
    refused("expires_on", expiry.correct_expiry, item, make.SEED, expires_on=TODAY() + 9 * DAY, reason="Again")


@pytest.mark.parametrize("decide, date", [("confirm", 9), ("refuse", -1), ("set_right", 20)])
def test_the_state_confirms_refuses_or_sets_right_for_all(item, decide, date):
    elsewhere = make.stock(lot=item.lot)
    item.lot.expires_on = TODAY() - DAY
    correction = expiry.correct_expiry(item, make.SEED, expires_on=TODAY() + 9 * DAY, reason="Printed on the vial")
    db.session.commit()
    if decide == "set_right":
        item.lot.expires_on = TODAY() + 20 * DAY
        expiry.set_right(item.lot, make.SEED)
    else:
        getattr(expiry, f"{decide}_expiry")(correction, make.SEED)
    db.session.commit()
    assert {item.expiry, item.use_by} == {TODAY() + date * DAY}
    assert elsewhere.use_by == (TODAY() - DAY if decide == "refuse" else TODAY() + date * DAY)
    assert db.session.scalar(select(ExpiryCorrection.status)) != "reported"
    if decide != "set_right":
        refused(None, expiry.confirm_expiry, correction, make.SEED)


def test_the_beyond_use_date_follows_the_storage_state_and_is_never_put_off(item):
    for state, days in (("frozen", None), ("refrigerated", 30)):
        make.storage_time(vaccine=item.lot.vaccine, state=state, days=days)
    storage.set_storage(item, make.SEED, state="frozen", since=TODAY() - 50 * DAY)
    assert item.beyond_use_on is None and item.use_by == item.lot.expires_on
    storage.set_storage(item, make.SEED, state="refrigerated", since=TODAY() - 31 * DAY)
    db.session.commit()
    assert item.beyond_use_on == item.use_by == TODAY() - DAY
    assert stock.offered(item.location_id, TODAY()) == []
    refused("state", storage.set_storage, item, make.SEED, state="frozen", since=TODAY())
    refused("since", storage.set_storage, item, make.SEED, state="room", since=TODAY() + DAY)
    storage.set_storage(item, make.SEED, state="refrigerated", since=TODAY())
    assert item.use_by == TODAY() - DAY
    wastage.waste_expired(item, make.SEED, disposal="medical_waste")
    assert db.session.scalar(select(Wastage.reason)) == "beyond_use"


def test_part_of_a_lot_thaws_with_a_date_of_its_own_and_is_given_first(item):
    """Frozen until the expiry, a month in the refrigerator: one lot, two lines, one ledger."""
    for state, days in (("frozen", None), ("refrigerated", 30)):
        make.storage_time(vaccine=item.lot.vaccine, state=state, days=days)
    storage.set_storage(item, make.SEED, state="frozen", since=TODAY() - 9 * DAY)
    make.transfer(item=item, doses=30)
    db.session.commit()
    refused("doses", storage_moves.move_some, item, make.SEED, doses=71, state="refrigerated", since=TODAY())
    refused("doses", storage_moves.move_some, item, make.SEED, doses=-1, state="refrigerated", since=TODAY())
    refused("state", storage_moves.move_some, item, make.SEED, doses=1, state="frozen", since=TODAY())
    refused("since", storage_moves.move_some, item, make.SEED, doses=1, state="room", since=TODAY() + DAY)
    thawed = storage_moves.move_some(item, make.SEED, doses=20, state="refrigerated", since=TODAY()).to_item
    older = storage_moves.move_some(item, make.SEED, doses=10, state="refrigerated", since=TODAY() - DAY).to_item
    storage_moves.move_some(item, make.SEED, doses=5, state="refrigerated", since=TODAY())
    db.session.commit()
    lines = [(one.doses, one.storage_state, one.use_by) for one in stock.parts(item.location_id, item.lot_id)]
    month = 30 * DAY
    assert lines == [
        (10, "refrigerated", TODAY() - DAY + month), (25, "refrigerated", TODAY() + month),
        (65, "frozen", item.lot.expires_on),
    ]  # fmt: skip
    refused("state", storage_moves.move_some, thawed, make.SEED, doses=1, state="frozen", since=TODAY())
    assert (item.moved_out, thawed.moved_in, older.moved_in) == (35, 25, 10)
    wastage.waste(thawed, make.SEED, doses=25, reason="broken", disposal="medical_waste")
    db.session.commit()
    refused("doses", wastage.waste, thawed, make.SEED, doses=1, reason="broken", disposal="medical_waste")
    expiry.correct_expiry(item, make.SEED, expires_on=TODAY() + 5 * DAY, reason="Printed on the vial")
    assert {one.use_by for one in stock.parts(item.location_id, item.lot_id)} == {TODAY() + 5 * DAY}
    assert moved() > 0


def test_a_dose_comes_from_the_part_that_must_be_used_first_and_goes_back_there(item):
    thawed = storage_moves.move_some(item, make.SEED, doses=1, state="refrigerated", since=TODAY()).to_item
    thawed.beyond_use_on = TODAY() + DAY
    db.session.commit()
    place, here = item.location, Reach("location", profile="Healthcare Provider", location_id=item.location_id)
    given = []
    for _time in range(2):
        new = NewDose(
            str(uuid.uuid4()), make.visit(location=place).id, item.lot_id, "1", "LD", "C28161", utcnow(),
            fact_sheet_given=True,
        )  # fmt: skip
        with acting(here):
            given.append(doses.administer(new, here))
            db.session.commit()
    assert (thawed.doses, thawed.given, item.doses, item.given) == (0, 1, 98, 1)
    doses.void(given[0], make.SEED, "A mistake", "return")
    assert (thawed.doses, thawed.given, item.doses, item.given) == (1, 0, 98, 1)
    doses.void(given[1], make.SEED, "A mistake", "waste")
    assert (thawed.doses, item.doses, item.given, item.wasted) == (1, 98, 0, 1)
    assert moved() > 0


def test_what_arrives_joins_vials_only_where_it_keeps_the_same_date(item):
    make.storage_time(vaccine=item.lot.vaccine, state="refrigerated", days=30)
    freezer, fridge = (make.storage_unit(item.location, unit_kind=kind) for kind in ("freezer", "refrigerator"))
    storage.set_storage(item, make.SEED, state="frozen", since=TODAY())
    for unit, doses_ in ((freezer, 40), (fridge, 7), (fridge, 3)):
        shipment = make.shipment(item.location, item.lot, doses_)
        stock_changes.receive(shipment, make.SEED, doses_received=doses_, storage_unit=unit)
    there = make.location()
    for state in ("frozen", "refrigerated"):
        sent = make.transfer(item=item, doses=5, to=there, storage_state=state)
        transfers.approve_transfer(sent, Reach("state", profile="State Immunization Staff"))
        transfer_moves.dispatch_transfer(sent, make.SEED, "Van", "Box", "4")
        transfer_moves.receive_transfer(sent, make.SEED, 5, "4", "good")
    db.session.commit()
    refusal = {"to_location": there, "lot": item.lot, "doses": 1, "reason": "More", "storage_state": "room"}
    refused("storage_state", transfers.request, Transfer(**refusal), make.SEED.at(item.location_id))

    def lines(place):
        return [(one.doses, one.storage_state, one.beyond_use_on) for one in stock.parts(place, item.lot_id)]

    month = TODAY() + 30 * DAY
    assert lines(item.location_id) == [(5, "refrigerated", month), (135, "frozen", None)]
    assert lines(there.id) == [(5, "refrigerated", month), (5, "frozen", None)]
    assert moved() > 0


def test_stock_on_hold_is_not_offered_until_it_is_let_go(item):
    storage.put_on_hold(item, make.SEED, reason="Logger alarm")
    assert stock.offered(item.location_id, TODAY()) == []
    storage.take_off_hold(item, make.SEED)
    assert stock.offered(item.location_id, TODAY()) == [item]


def test_a_lot_without_a_final_expiry_is_warned_of_and_looked_up_once_a_day(app, nurse, clinic, checked_in):  # noqa: F811
    with app.app_context(), acting(make.SEED):
        item = db.session.get_one(InventoryItem, clinic.item)
        item.lot.expires_on = PLACEHOLDER_EXPIRY
        db.session.commit()
    page = nurse.open(clinic.page)
    assert "is not final" in page.text
    refusal = nurse.post(clinic.record, page.form(clinic.record))
    assert refusal.code == 422 and "Please look it up with the manufacturer" in refusal.text
    assert on_hand(app, clinic) == 10
    assert "Dose recorded" in nurse.post(clinic.record, {**page.form(clinic.record), "expiry_checked": "y"}).text
    assert on_hand(app, clinic) == 9
    from models.stock_causes import ExpiryCheck

    assert counted(app, ExpiryCheck) == 1
    with app.app_context(), acting(make.SEED):
        item = db.session.get_one(InventoryItem, clinic.item)
        assert not expiry.needs_look_up(item, TODAY()) and expiry.needs_look_up(item, TODAY() + DAY)


def test_the_location_manager_works_through_the_inventory_and_others_may_less():
    with open_world() as world:
        key = world.make("stock", world.ids.here, doses=60)
        manager, nurse_ = world.browser("Healthcare Location Manager"), world.browser("Healthcare Provider")

        def act(browser, name, **said):
            return browser.send(f"/inventory-item/action/{name}/{key}", {"_answered": "1", **said})

        assert act(manager, "raise_doses", doses="10").status_code == 303
        for wrong in ("1.5", "-3", "abc", ""):
            answer = act(manager, "waste", doses=wrong, reason="broken", disposal="medical_waste")
            assert answer.status_code == 422 and 'id="doses' in answer.text
        too_many = act(manager, "waste", doses="71", reason="broken", disposal="medical_waste", discovered_by="Ann Lee")
        assert (
            too_many.status_code == 422 and "Only 70 doses are on hand" in too_many.text and "Ann Lee" in too_many.text
        )
        assert act(manager, "waste", doses="4", reason="drawn", disposal="medical_waste").status_code == 303
        assert act(nurse_, "waste", doses="1", reason="broken", disposal="medical_waste").status_code == 403
        assert act(world.browser("Inventory Manager"), "raise_doses", doses="1").status_code == 403
        assert act(world.browser("elsewhere"), "waste", doses="1").status_code == 404
        assert world.read(InventoryItem, key, "doses") == 66
        shown = manager.get(f"/inventory-item/show/{key}").text
        assert "Dose counts" in shown and "Waste what expired" not in shown
