"""The recall of a lot: counted first, then in force everywhere at once."""

import contextlib
import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, insert, select

from app.rules import doses, ledger_check, recall_reach, recalls, stock, stock_days, transfer_moves, transfers
from app.rules.clock import local, today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Dose
from models.enrollment import Location
from models.notices import Notice
from models.recalls import Recall, RecallPlace
from models.recipients import Recipient
from models.scope import Reach, acting
from models.stock import InventoryItem, Lot, StockMovement
from tests import factories as make
from tests.clinic import Browser
from tests.dose_administration.conftest import checked_in, clinic, nurse  # noqa: F401
from tests.dose_administration.looking import counted, on_hand
from tests.ledger import the_ledger_holds  # noqa: F401
from tests.screen_world import open_world


@pytest.fixture
def reached(app):
    """A lot at three places: on hand and given, reserved for a transfer, and on its way."""
    with app.app_context(), acting(make.SEED):
        item = make.stock(make.location(name="Here"), doses=100)
        other = make.stock(make.location(name="There"), item.lot, doses=50)
        make.membership("Healthcare Location Manager", make.user(email="tell@example.org"), location=item.location)
        person = make.recipient(at=item.location)
        make.proof(person)
        for number in ("1", "2"):
            dose = make.saved(
                Dose(
                    key=str(uuid.uuid4()), recipient=person, location=item.location, vaccine=item.lot.vaccine,
                    lot=item.lot, dose_number=number, given_at=utcnow(), given_on=today_at(None),
                )
            )  # fmt: skip
            stock.post(dose, make.SEED)
        reserved = make.transfer(item=item, doses=20)
        sent = make.transfer(item=other, doses=10, to=make.location(name="Elsewhere"))
        transfers.approve_transfer(sent, Reach("state", profile="State Immunization Staff"))
        transfer_moves.dispatch_transfer(sent, make.SEED, "Van", "Box", "4")
        make.shipment(make.location(name="Soon"), item.lot, doses=30)
        db.session.commit()
        yield item, reserved, sent


def test_the_dry_run_counts_and_changes_nothing_then_the_recall_stops_all(reached):
    item, reserved, sent = reached
    lot = item.lot
    counted = recalls.recall(lot, make.SEED, reason="Particles in vials")
    db.session.commit()
    assert (counted.locations, counted.on_hand, counted.transfers, counted.in_transit) == (4, 138, 2, 10)
    assert (counted.doses, counted.people, counted.proofs) == (2, 1, 1)
    places = db.session.execute(
        select(RecallPlace.on_hand, RecallPlace.on_the_way, RecallPlace.doses).order_by(RecallPlace.on_hand)
    ).all()
    assert sorted(map(tuple, places)) == [(0, 10, 0), (0, 30, 0), (40, 0, 0), (98, 0, 2)]
    assert lot.status == "available" and reserved.status == "requested"
    recalls.put_in_force(counted, make.SEED)
    db.session.commit()
    assert (lot.status, counted.status, reserved.status, sent.status) == (
        "recalled",
        "in_force",
        "refused",
        "in_transit",
    )
    assert db.session.get(InventoryItem, item.id).reserved == 0
    assert stock.offered(item.location_id, today_at(None)) == []
    assert db.session.scalars(select(Notice.to_address).where(Notice.kind == "lot_recalled")).all() == [
        "tell@example.org"
    ]
    with pytest.raises(RuleBroken):
        recalls.put_in_force(counted, make.SEED)
    with pytest.raises(RuleBroken):
        recalls.recall(lot, make.SEED, reason="Again")
    said = {"doses_received": 10, "temperature_received": "4", "condition": "good"}
    transfer_moves.receive_transfer(sent, make.SEED, **said)
    recalls.release(lot, make.SEED)
    db.session.commit()
    assert lot.status == "available" and counted.status == "lifted"
    assert ledger_check.check_ledger()["broken"] == []


def test_a_lot_of_ten_thousand_doses_is_counted_by_a_few_statements(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=10_000)
        facts = {"created_at": utcnow(), "row_version": 1}
        first = make.recipient(at=item.location)
        values = {column.name: getattr(first, column.key) for column in Recipient.__table__.c}
        people = [{**values, "id": first.id + n, "public_id": f"X{n:011}"} for n in range(1, 10_000)]
        db.session.connection().execute(insert(Recipient.__table__), people)
        given = {
            "location_id": item.location_id, "vaccine_id": item.lot.vaccine_id, "lot_id": item.lot_id,
            "dose_number": "1", "given_at": utcnow(), "given_on": today_at(None), "status": "given",
            "is_historical": False, **facts,
        }  # fmt: skip
        rows = [{**given, "key": str(uuid.uuid4()), "recipient_id": first.id + n} for n in range(10_000)]
        db.session.connection().execute(insert(Dose.__table__), rows)
        drawn = {"inventory_item_id": item.id, "location_id": item.location_id, "lot_id": item.lot_id}
        movement = StockMovement(doses=-10_000, kind="given", cause="Dose:each", **drawn)
        db.session.add(movement)
        db.session.flush()
        stock_days.add(StockMovement.id == movement.id)
        item.doses, item.given = 0, 10_000
        db.session.commit()
        asked = []

        def note(*said):
            asked.append(said[2])

        event.listen(db.engine, "before_cursor_execute", note)
        counted = recalls.recall(item.lot, make.SEED, reason="Particles in vials")
        recalls.put_in_force(counted, make.SEED)
        db.session.commit()
        event.remove(db.engine, "before_cursor_execute", note)
        assert (counted.doses, counted.people) == (10_000, 10_000)
        assert len(asked) < 60, "statements do not grow with the doses"


def test_a_dose_waits_for_a_recall_under_way_and_finds_the_lot_recalled(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=10)
        place, lot, key = item.location, item.lot_id, item.id
        visit = make.visit(make.recipient(at=place), place).id
        here = Reach("location", profile="Healthcare Provider", location_id=place.id)
        db.session.commit()
    refused, begun = [], threading.Event()

    def give():
        with app.app_context(), acting(here):
            begun.set()
            new = doses.NewDose(str(uuid.uuid4()), visit, lot, "1", "LD", "C28161", utcnow(), fact_sheet_given=True)
            try:
                doses.administer(new, here)
                db.session.commit()
            except RuleBroken as broken:
                refused.append(broken.field)
                db.session.rollback()

    with app.app_context(), acting(make.SEED):
        counted = recalls.recall(db.session.get(Lot, lot), make.SEED, reason="Particles in vials")
        recalls.put_in_force(counted, make.SEED)
        thread = threading.Thread(target=give)
        thread.start()
        begun.wait(10)
        db.session.commit()
        thread.join(30)
        assert refused == ["lot"]
        assert db.session.scalar(select(func.count()).select_from(Dose)) == 0
        assert db.session.get(InventoryItem, key).doses == 10


def test_the_state_recalls_from_its_pages_and_exports_the_report():
    with open_world() as world:
        app = world.app
        item = world.make("stock", world.ids.here, doses=60)
        lot = world.read(InventoryItem, item, "lot_id")
        state = world.browser("State Immunization Staff")
        assert world.browser("Healthcare Location Manager").get("/recall/list/").status_code == 403
        asked = state.send(f"/lot/action/recall/{lot}", {"_answered": "1", "reason": "Particles in vials"})
        assert asked.status_code == 303
        with app.app_context(), acting(make.SEED):
            key = db.session.scalar(select(Recall.id))
        page = state.get(f"/recall/show/{key}").text
        assert "Dry run: nothing has happened" in page and "Burlington Clinic" in page
        assert state.send(f"/recall/action/put_in_force/{key}").status_code == 303
        assert world.read(Lot, lot, "status") == "recalled"
        report = state.get("/recall-place/export/csv")
        assert report.status_code == 200 and "Burlington Clinic" in report.text and "60" in report.text
        again = state.send("/recall/add", {"lot": str(lot), "reason": "Again"})
        assert again.status_code == 422 and "recalled already" in again.text


def test_late_doses_of_two_places_at_once_are_both_counted(app):
    with app.app_context(), acting(make.SEED):
        items = [make.stock(make.location(name="Here"), doses=5)]
        items.append(make.stock(make.location(name="There"), items[0].lot, doses=5))
        recall = recalls.recall(items[0].lot, make.SEED, reason="Particles in vials")
        recalls.put_in_force(recall, make.SEED)
        db.session.commit()
        lot, key, places = items[0].lot_id, recall.id, [item.location_id for item in items]
    together = threading.Barrier(2)

    def record(place_id):
        with app.app_context(), acting(make.SEED):
            place = db.session.get_one(Location, place_id)
            make.dose(make.recipient(at=place), place, lot_id=lot)
            with contextlib.suppress(threading.BrokenBarrierError):  # SQLite lets one write at a time
                together.wait(1)
            recall_reach.count_again(lot)
            db.session.commit()

    with ThreadPoolExecutor(2) as both:
        list(both.map(record, places))  # what goes wrong in one of them is raised here
    with app.app_context(), acting(make.SEED):
        lines = db.session.scalars(select(RecallPlace.doses).where(RecallPlace.recall_id == key))
        assert (db.session.get_one(Recall, key).doses, sorted(lines)) == (2, [1, 1])


def test_a_dose_given_before_the_recall_and_recorded_after_is_in_its_report(app, nurse, clinic, checked_in):  # noqa: F811
    with app.app_context(), acting(make.SEED):
        recall = recalls.recall(db.session.get(Lot, clinic.lot), make.SEED, reason="Particles in vials")
        recalls.put_in_force(recall, make.SEED)
        recall.lot.recalled_at, key = utcnow() - dt.timedelta(minutes=60), recall.id
        in_force = recall.lot.recalled_at
        place = db.session.get(Location, clinic.here)
        before, after = (local(in_force + dt.timedelta(minutes=n), place).strftime("%Y-%m-%dT%H:%M") for n in (-30, 30))
        make.stock(place)
        db.session.commit()
    page = nurse.open(clinic.page)
    assert "1 lot only for a dose given before" in page.text and "Recalled since" in page.text
    form = page.form(clinic.record)
    assert form["lot"] != str(clinic.lot), "what is recalled is never proposed"
    said = {**form, "lot": str(clinic.lot)}
    refused = nurse.post(clinic.record, {**said, "given_at": after, "note": "Left arm"})
    assert refused.code == 422 and "recalled and must not be given" in refused.text and "Left arm" in refused.text
    assert (on_hand(app, clinic), counted(app, Dose)) == (10, 0)
    assert "Dose recorded" in nurse.post(clinic.record, {**said, "given_at": before}).text
    assert on_hand(app, clinic) == 9
    reported = (Recall.doses, Recall.people, Recall.on_hand, RecallPlace.doses, RecallPlace.people)
    with app.app_context(), acting(make.SEED):
        query = select(*reported).join(RecallPlace, RecallPlace.recall_id == Recall.id).where(Recall.id == key)
        assert tuple(db.session.execute(query).one()) == (1, 1, 9, 1, 1)
        assert ledger_check.check_ledger()["broken"] == []
    state = Browser(app, "state")
    everyone = next(link for link in state.open(f"/recall/show/{key}").links() if "_flt_0_lot" in link)
    assert "Zoë" in state.open(everyone).text
    with app.app_context(), acting(make.SEED):
        doses.void(db.session.scalars(select(Dose)).one(), make.SEED, "Another person", "waste")
        db.session.commit()
        assert tuple(db.session.execute(query).one()) == (0, 0, 9, 0, 0)
    assert "Zoë" not in state.open(everyone).text
