"""What a location may do once it is suspended, withdrawn or closed: each door tried, and the 90 days for records."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from app.rules import locations
from app.rules.clock import today_at
from models.base import RuleBroken, db
from models.doses import Visit
from models.enrollment import Location, pin_of
from models.notices import Notice
from models.recipients import Recipient
from models.reviews import LocationEvent
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem
from models.transfers import Transfer
from tests import factories as make
from tests.clinic import Browser, open_clinic
from tests.signing_in import send, sign_in

REVIEWER = Reach("state", username="reviewer", profile="State Immunization Staff")
REASON = "Cold chain broken twice; see our letter."


@pytest.fixture
def clinic(app):
    found = open_clinic(app)
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, found.here)
        make.membership("Vaccine Coordinator", make.user("coord", language="es"), location=place)
        make.membership("Organization Administrator", make.user("orgadmin"), organization=place.organization)
        person = make.recipient(at=place)
        found.person, found.public_id = person.id, person.public_id
        found.shipment = make.shipment(place).id
        found.location_number = place.number
        db.session.commit()
    return found


def becomes(app, clinic, step, days_ago=0):
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, clinic.here)
        step(place, make.SEED, **({} if step is locations.reinstate else {"reason": REASON}))
        if days_ago:
            place.records_until -= dt.timedelta(days=days_ago)
        db.session.commit()


def status_of(app, key, entity):
    with app.app_context(), acting(make.SEED):
        return db.session.get(entity, key).status


def column(app, one, *where):
    with app.app_context(), acting(make.SEED):
        return list(db.session.scalars(select(one).where(*where)))


@pytest.mark.parametrize(
    ("step", "receives"), [(locations.suspend, True), (locations.withdraw, False), (locations.close, False)]
)
def test_no_door_gives_receives_or_orders_vaccine(app, clinic, step, receives):
    nurse, manager, state = (sign_in(app.test_client(), who) for who in ("nurse", "manager", "state"))
    key = str(uuid.uuid4())
    assert send(nurse, f"/dose/person/{clinic.public_id}/check-in", key=key).status_code == 303
    with app.app_context(), acting(make.SEED):
        visit = db.session.scalars(select(Visit.id)).one()
        lot_number = db.session.get_one(Shipment, clinic.shipment).lot.number
    becomes(app, clinic, step)
    again = send(nurse, f"/dose/person/{clinic.public_id}/check-in", key=str(uuid.uuid4()))
    dose = {
        "key": str(uuid.uuid4()), "visit": str(visit), "lot": str(clinic.lot), "body_site": "LD", "dose_number": "1",
        "given_at": "2021-03-01T10:00", "route": "C28161", "fact_sheet_given": "y",
    }  # fmt: skip
    given = send(nurse, f"/dose/person/{clinic.public_id}/record", **dose)
    for answer in (again, given):
        assert answer.status_code in (303, 422)
    assert "does not give vaccine at present" in given.text
    with app.app_context(), acting(make.SEED):
        assert db.session.get(Visit, visit).status == "checked_in"
    box = {"doses_received": "100", "lot_number": lot_number, "temperature": "in_range", "condition": "good"}
    send(manager, f"/shipment/action/receive/{clinic.shipment}", _answered="1", **box)
    assert status_of(app, clinic.shipment, Shipment) == ("received" if receives else "expected")
    ordered = {"number": "SH-NEW", "location": clinic.here, "lot": clinic.lot, "doses": "10", "expected_on": ""}
    refused = send(state, "/shipment/add", **ordered)
    assert refused.status_code == 422 and "No vaccine is sent to this location" in refused.text
    place = refused.text.split('name="_place"')[1].split('value="')[1].split('"')[0]
    token = refused.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    ordered.pop("expected_on")
    over_the_api = state.post("/api/v1/shipment/", json=ordered, headers={"X-Place": place, "X-CSRFToken": token})
    assert over_the_api.status_code == 422 and over_the_api.json["errors"].keys() == {"location"}
    with app.app_context(), acting(make.SEED):
        assert db.session.scalars(select(Shipment).where(Shipment.number == "SH-NEW")).all() == []


def test_records_are_changed_for_ninety_days_and_read_afterwards(app, clinic):
    becomes(app, clinic, locations.close)
    page = f"/recipient/edit/{clinic.person}"
    desk, state = Browser(app, "desk"), Browser(app, "state")
    assert desk.send(page, page, city="Boone").code == 200
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, clinic.here)
        assert db.session.get(Recipient, clinic.person).city == "Boone"
        assert place.records_until == today_at(place) + dt.timedelta(days=90)
        place.records_until = today_at(place)
        db.session.commit()
    assert "Saved." in desk.send(page, page, city="Todd").html  # the last day counts
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, clinic.here)
        place.records_until = today_at(place) - dt.timedelta(days=1)
        db.session.commit()
    late = desk.send(page, page, city="Sparta")
    assert late.code == 422 and "is over; its records could be changed until" in late.html and "Sparta" in late.html
    assert desk.open(f"/recipient/show/{clinic.person}").code == 200
    edit = f"/location/edit/{clinic.here}"
    assert Browser(app, "orgadmin").send(edit, edit, city="Todd").code == 422
    assert Browser(app, "manager").send(edit, edit, city="Todd").code == 422
    assert "Saved." in state.send(page, page, city="Valle").html  # the state may still put it right
    with app.app_context(), acting(make.SEED):
        assert db.session.get(Recipient, clinic.person).city == "Valle"


def test_what_is_left_in_stock_leaves_within_the_ninety_days_and_not_afterwards(app, clinic):
    becomes(app, clinic, locations.close)
    manager, state = Browser(app, "manager"), Browser(app, "state")
    wasted = f"/inventory-item/action/waste/{clinic.item}"
    two = {"_answered": "1", "doses": "2", "reason": "broken", "disposal": "medical_waste"}
    there = {
        "kind": "transfer",
        "to_location": str(clinic.there),
        "lot": str(clinic.lot),
        "doses": "5",
        "reason": "Closed",
    }

    def left():
        return column(app, InventoryItem.doses, InventoryItem.id == clinic.item)

    def moves():
        return column(app, Transfer.status)

    manager.post(wasted, {**manager.marks(), **two})
    assert left() == [8]
    manager.post("/transfer/add", {**manager.marks(), **there})
    ((key,), requested) = column(app, Transfer.id), moves()
    assert requested == ["requested"]
    state.post(f"/transfer/action/approve_transfer/{key}", state.marks())
    packed = {"_answered": "1", "transporter": "Courier", "equipment": "Cooler", "temperature_packed": "4.5"}
    manager.post(f"/transfer/action/dispatch_transfer/{key}", {**manager.marks(), **packed})
    assert (moves(), left()) == (["in_transit"], [3])
    manager.post("/transfer/add", {**manager.marks(), **there, "doses": "1"})
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, clinic.here)
        place.records_until = today_at(place) - dt.timedelta(days=1)
        db.session.commit()
    late = manager.post(wasted, {**manager.marks(), **two})
    assert late.code == 422 and "is over; its records could be changed until" in late.html
    sent = manager.post("/transfer/add", {**manager.marks(), **there, "doses": "1"})
    assert sent.code == 422 and "This location takes part no longer." in sent.html
    (second,) = column(app, Transfer.id, Transfer.status == "requested")
    said = state.post(f"/transfer/action/approve_transfer/{second}", state.marks())
    assert "This location takes part no longer." in said.html
    assert (sorted(moves()), left()) == (["in_transit", "requested"], [3])
    refused = {**state.marks(), "_answered": "1", "reason": "Too late."}
    state.post(f"/transfer/action/refuse_transfer/{second}", refused)
    assert sorted(moves()) == ["in_transit", "refused"]  # the state ends what waits


def test_each_step_is_told_to_those_who_answer_and_kept_with_who_and_when(app, clinic, office):
    state = Browser(app, "state")
    ask = f"/location/action/suspend/{clinic.here}"
    asked = state.post(ask, state.marks())
    for nothing in ("", "   "):
        empty = state.post(ask, {**asked.form(ask), "_answered": "1", "reason": nothing})
        assert empty.code == 422 and "c-field-wrong" in empty.html
    done = state.post(ask, {**asked.form(ask), "reason": REASON})
    assert "Suspended" in done.text and REASON in done.text and "Robin Tester" in done.text
    again = state.post(f"/location/action/reinstate/{clinic.here}", state.marks())
    assert "Approved" in again.text
    with app.app_context(), acting(make.SEED):
        told = db.session.scalars(select(Notice).order_by(Notice.id)).all()
        assert [(one.context["status"], one.user.username) for one in told] == [
            (status, who) for status in ("suspended", "approved") for who in ("manager", "coord", "orgadmin")
        ]
        kept = db.session.scalars(select(LocationEvent).order_by(LocationEvent.id)).all()
        assert [(one.status, one.reason, one.by.username) for one in kept] == [
            ("suspended", REASON, "state"), ("approved", None, "state"),
        ]  # fmt: skip
        place = db.session.get(Location, clinic.here)
        assert (place.status_reason, place.records_until) == (None, None)
    from app.delivery import deliver_due

    with app.app_context():
        assert deliver_due(Reach.system("worker"))["sent"] == 6
    subjects = {mail["Subject"] for mail in office.taken}
    assert "Harbor Clinic is suspended" in subjects and "Harbor Clinic está suspendido" in subjects


def test_a_provider_withdraws_its_own_location_only(app, clinic):
    admin = sign_in(app.test_client(), "orgadmin")
    mine = send(admin, f"/location/action/withdraw/{clinic.here}", _answered="1", reason="We move.")
    theirs = send(admin, f"/location/action/withdraw/{clinic.there}", _answered="1", reason="We move.")
    closing = send(admin, f"/location/action/close/{clinic.here}", _answered="1", reason="We move.")
    assert (mine.status_code, theirs.status_code, closing.status_code) == (303, 404, 403)
    assert (status_of(app, clinic.here, Location), status_of(app, clinic.there, Location)) == ("withdrawn", "approved")


def test_what_is_over_stays_so(app, clinic):
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, clinic.here)
        locations.close(place, REVIEWER, "Sold.")
        for step in (locations.suspend, locations.withdraw, locations.close):
            with pytest.raises(RuleBroken):
                step(place, REVIEWER, "again")
        with pytest.raises(RuleBroken):
            locations.reinstate(place, REVIEWER)
        never = make.location(status="applying")
        never.status = "withdrawn"  # as an application that is rejected leaves it
        with pytest.raises(RuleBroken):
            locations.reinstate(never, REVIEWER)
        gone = locations.withdraw(db.session.get(Location, clinic.there), REVIEWER, "Pause.")
        assert locations.reinstate(gone, REVIEWER).status == "approved" and gone.records_until is None


@pytest.mark.parametrize("typed", ["NCA650001", "650001", " nca 650001", "650-001"])
def test_a_pin_is_taken_with_letters_or_without(typed):
    assert pin_of(typed) == "NCA650001"


def test_a_pin_is_of_one_location_and_is_never_invented(app, clinic):
    state = sign_in(app.test_client(), "state")
    enter = f"/location/action/enter_pin/{clinic.here}"
    assert send(state, enter, _answered="1", provider_pin="650123").status_code == 303
    taken = send(state, f"/location/action/enter_pin/{clinic.there}", _answered="1", provider_pin="NCA650123")
    wrong = send(state, f"/location/action/enter_pin/{clinic.there}", _answered="1", provider_pin="12345")
    assert taken.status_code == 422 and "Harbor Clinic works under this PIN already." in taken.text
    assert wrong.status_code == 422 and "NCA and six digits" in wrong.text
    with app.app_context(), acting(make.SEED):
        pins = db.session.execute(select(Location.name, Location.provider_pin).order_by(Location.id)).all()
        assert [tuple(row) for row in pins] == [("Harbor Clinic", "NCA650123"), ("Mountain Clinic", None)]
