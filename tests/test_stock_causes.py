"""Counts, wastage, returns, expiry and storage: each change a cause, nothing moved by a refusal."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from app.rules import expiry, ledger_check, stock, stock_counts, storage, wastage
from app.rules.clock import today_at
from models.base import RuleBroken, db
from models.scope import acting
from models.stock import PLACEHOLDER_EXPIRY, InventoryItem, StockMovement
from models.stock_causes import DoseCount, ExpiryCorrection, Wastage
from tests import factories as make
from tests.dose_administration.conftest import checked_in, clinic, nurse  # noqa: F401
from tests.dose_administration.looking import counted, on_hand
from tests.screen_world import open_world

DAY = dt.timedelta(days=1)


def TODAY():
    return today_at(None)


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
