"""A dose recorded late, of a lot whose rest left the stock meanwhile: recorded, and every dose accounted for."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from app.rules import doses, stock_counts, storage, storage_moves, transfer_moves, transfers, wastage
from app.rules.clock import local, today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Dose
from models.enrollment import Location
from models.scope import Reach, acting
from models.stock import InventoryItem, Lot
from models.stock_causes import DoseCount
from tests import factories as make
from tests.dose_administration.conftest import checked_in, clinic, nurse  # noqa: F401
from tests.ledger import the_ledger_holds  # noqa: F401

YESTERDAY = dt.timedelta(days=1)


def waste_all(item):
    wastage.waste(item, make.SEED, doses=item.available, reason="expired", disposal="medical_waste")


def count_off(item):
    stock_counts.recount(item, make.SEED, doses=0, reason="recount", note="Counted")


def send_all_back(item):
    wastage.send_back(item, make.SEED, doses=item.available, reason="recall", to="state")


def move_all_out(item):
    one = make.transfer(item=item, doses=item.available)
    transfers.approve_transfer(one, Reach("state", username="state", profile="State Immunization Staff"))
    transfer_moves.dispatch_transfer(one, make.SEED, "Van", "Box", "4")


def give(item, given_at):
    """A dose given then to somebody, recorded now by the place."""
    visit = make.visit(make.recipient(at=item.location), item.location)
    here = Reach("location", profile="Healthcare Provider", location_id=item.location_id)
    said = {"fact_sheet_given": True, "override_reason": "A test"}
    return doses.administer(
        doses.NewDose(str(uuid.uuid4()), visit.id, item.lot_id, "1", "LD", "C28161", given_at, **said), here
    )


@pytest.mark.parametrize("leave", [waste_all, count_off, send_all_back, move_all_out])
def test_as_many_late_doses_are_recorded_as_left_after_they_were_given(app, leave):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=2)
        leave(item)
        with pytest.raises(RuleBroken) as refused:
            give(item, utcnow())
        assert refused.value.field == "lot", "it was given after the rest had left: there is none that it could be"
        for _n in range(2):
            late = give(item, utcnow() - YESTERDAY)
        with pytest.raises(RuleBroken) as refused:
            give(item, utcnow() - YESTERDAY)
        assert refused.value.field == "lot" and "used up" in str(refused.value.message)
        counts = select(DoseCount.doses, DoseCount.reason).where(DoseCount.reason == "late_dose")
        assert db.session.execute(counts).all() == [(1, "late_dose")] * 2
        assert (item.doses, item.given) == (0, 2)
        doses.void(late, make.SEED, "Another person", "return")
        assert (item.doses, item.given) == (0, 1), "what was taken back for that record is gone again"
        doses.void(give(item, utcnow() - YESTERDAY), make.SEED, "It fell down", "waste")
        with pytest.raises(RuleBroken):
            give(item, utcnow() - YESTERDAY)
        assert (item.doses, item.given) == (0, 1)


def test_a_dose_given_before_its_vials_went_on_hold_is_recorded(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=3)
        storage.put_on_hold(item, make.SEED, reason="Logger alarm")
        db.session.flush()
        offered = doses.proposal(make.recipient(at=item.location), item.location, make.SEED, [])
        assert (offered["items"], offered["before"]) == ([], [item])
        with pytest.raises(RuleBroken) as refused:
            give(item, utcnow())
        assert refused.value.field == "lot" and "on hold" in str(refused.value.message)
        assert give(item, utcnow() - YESTERDAY).lot_id == item.lot_id
        thawed = storage_moves.move_some(item, make.SEED, doses=1, state="refrigerated", since=today_at(None)).to_item
        assert thawed.held_since == item.held_since, "what is moved is on hold as long as what it was taken from"
        storage.take_off_hold(item, make.SEED)
        db.session.flush()
        assert item.held_since is None and give(item, utcnow()).lot_id == item.lot_id


def test_no_two_late_records_claim_the_same_dose(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=3)
        thawed = storage_moves.move_some(item, make.SEED, doses=1, state="refrigerated", since=today_at(None)).to_item
        moved = utcnow()
        for part in (item, thawed):
            waste_all(part)
        for _n in range(3):
            give(item, utcnow() - YESTERDAY)
        for given_at in (utcnow() - 2 * YESTERDAY, moved):
            with pytest.raises(RuleBroken):  # a move to another storage state leaves nothing behind
                give(item, given_at)
        stock_counts.raise_doses(item, make.SEED, doses=1)
        between = utcnow()
        waste_all(item)
        assert give(item, between).status == "given"
        with pytest.raises(RuleBroken):
            give(item, utcnow() - YESTERDAY)


def test_a_nurse_records_what_was_given_before_the_rest_of_the_lot_was_wasted(app, nurse, clinic, checked_in):  # noqa: F811
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, clinic.here)
        waste_all(db.session.get(InventoryItem, clinic.item))
        old = make.stock(place, doses=5)
        db.session.get(Lot, old.lot_id).expires_on = today_at(place) - dt.timedelta(days=3)
        storage.put_on_hold(make.stock(place), make.SEED, reason="Fridge alarm")
        make.stock(place)
        db.session.commit()
        minutes = (-24 * 60, 2)  # the form knows no seconds: what was wasted just now left before then
        before, now = (local(utcnow() + dt.timedelta(minutes=n), place).strftime("%Y-%m-%dT%H:%M") for n in minutes)
        expired, number = old.lot_id, old.lot.number
    page = nurse.open(clinic.page)
    assert "3 lots only for a dose given before" in page.text and "None left here: the rest was wasted" in page.text
    assert number in page.text and "To be used by" in page.text and "On hold since" in page.text
    form = page.form(clinic.record)
    said = {**form, "lot": str(clinic.lot)}
    refused = nurse.post(clinic.record, {**said, "given_at": now, "note": "Left arm"})
    assert refused.code == 422 and "used up" in refused.text and "Left arm" in refused.text
    refused = nurse.post(clinic.record, {**said, "lot": str(expired), "given_at": before})
    assert refused.code == 422 and "This lot has expired" in refused.text
    assert "Dose recorded" in nurse.post(clinic.record, {**said, "given_at": before}).text
    with app.app_context(), acting(make.SEED):
        given = db.session.scalars(select(Dose)).one()
        assert (given.lot_id, given.given_by.username) == (clinic.lot, "nurse")
        assert db.session.scalars(select(DoseCount.by_id)).all() == [given.given_by_id]
