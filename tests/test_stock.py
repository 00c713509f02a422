"""The ledger: balances change only by movements, never fall below zero, and movements are written once."""

import datetime as dt
import threading
import uuid

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from app.rules import doses, ledger_check, stock, stock_changes, storage_moves
from app.rules.clock import today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Dose
from models.ink import WrittenOnce
from models.scope import Reach, acting
from models.stock import InventoryItem, StockMovement
from tests import factories as make
from tests.ledger import the_ledger_holds  # noqa: F401


def place_reach(location, user=None):
    return Reach("location", user_id=user.id if user else None, profile="Healthcare Provider", location_id=location.id)


def test_receiving_a_shipment_raises_the_balance_and_writes_one_line(app):
    with app.app_context(), acting(make.SEED):
        shipment = make.shipment(doses=120)
        stock_changes.receive(shipment, make.SEED, condition="good")
        db.session.commit()
        line = db.session.scalars(select(StockMovement)).one()
        item = db.session.scalars(select(InventoryItem)).one()
        assert (line.doses, line.kind, line.cause) == (120, "received", f"Shipment:{shipment.id}")
        assert item.doses == 120
        assert ledger_check.check_ledger()["broken"] == []


@pytest.mark.parametrize("came, issue", [(105, "5 doses too many."), (99, "1 dose missing."), (100, None)])
def test_what_came_is_received_as_it_is_and_named_where_it_is_not_what_was_shipped(app, came, issue):
    with app.app_context(), acting(make.SEED):
        shipment = make.shipment(doses=100)
        stock_changes.receive(shipment, make.SEED, doses_received=came, condition="good")
        assert (shipment.doses, shipment.doses_received, shipment.issue) == (100, came, issue)
        assert shipment.status == ("received_with_issue" if issue else "received")
        assert db.session.scalars(select(InventoryItem.doses)).all() == [came]
        db.session.commit()


def test_a_shipment_is_received_once(app):
    with app.app_context(), acting(make.SEED):
        shipment = make.shipment()
        stock_changes.receive(shipment, make.SEED)
        with pytest.raises(RuleBroken) as refused:
            stock_changes.receive(shipment, make.SEED)
        assert refused.value.field == "status"


def test_a_movement_is_never_changed_or_removed(app):
    with app.app_context(), acting(make.SEED):
        line = make.movement()
        db.session.commit()
        line.doses = 1_000
        with pytest.raises(WrittenOnce):
            db.session.flush()
        db.session.rollback()
        for statement in ("UPDATE stock_movement SET doses = 1000", "DELETE FROM stock_movement"):
            with pytest.raises(DBAPIError):
                db.session.execute(text(statement))
            db.session.rollback()
        assert db.session.scalar(select(StockMovement.doses)) == 100


def test_check_ledger_names_the_row_where_balance_and_movements_differ(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=40)
        db.session.commit()
        db.session.execute(text("UPDATE inventory_item SET doses = 39"))
        found = ledger_check.check_ledger()["broken"]
        assert found == [
            {
                "inventory_item": item.id,
                "location": item.location_id,
                "lot": item.lot_id,
                "balance": 39,
                "movements": 40,
            }
        ]


def test_check_ledger_finds_a_dose_without_its_movement(app):
    with app.app_context(), acting(make.SEED):
        given = make.dose()
        make.saved(
            Dose(
                key=str(uuid.uuid4()), recipient_id=given.recipient_id, location_id=given.location_id,
                vaccine_id=given.vaccine_id, lot_id=given.lot_id, dose_number="2", given_at=utcnow(),
                given_on=today_at(None),
            )
        )  # fmt: skip
        assert ledger_check.check_ledger()["broken"] == [
            {"location": given.location_id, "lot": given.lot_id, "doses": 2, "given": 1}
        ]


def test_twelve_threads_drawing_240_doses_from_50_give_exactly_50(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=50)
        location, lot = item.location, item.lot_id
        nurse = make.user()
        visits = [make.visit(make.recipient(at=location), location).id for _ in range(240)]
        reach = place_reach(location, nurse)
        db.session.commit()

    given, refused, failed = [], [], []
    queue = iter(visits)
    lock = threading.Lock()

    def draw():
        while True:
            with lock:
                visit = next(queue, None)
            if visit is None:
                return
            with app.app_context(), acting(reach):
                try:
                    doses.administer(
                        doses.NewDose(
                            str(uuid.uuid4()), visit, lot, "1", "LD", "C28161", utcnow(), fact_sheet_given=True
                        ),
                        reach,
                    )
                    db.session.commit()
                    given.append(visit)
                except RuleBroken as refusal:
                    db.session.rollback()
                    refused.append(refusal.field)
                except Exception as error:  # noqa: BLE001 whatever it is, the test names it
                    db.session.rollback()
                    failed.append(repr(error))

    threads = [threading.Thread(target=draw) for _ in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert failed == []
    assert (len(given), len(refused), set(refused)) == (50, 190, {"lot"})
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(InventoryItem.doses)) == 0
        assert db.session.scalar(select(func.count()).select_from(Dose)) == 50
        assert ledger_check.check_ledger()["broken"] == []


def test_whoever_loses_the_last_dose_of_a_part_takes_one_of_another_part(app, monkeypatch):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=2)
        place, lot = item.location, item.lot_id
        thawed = storage_moves.move_some(item, make.SEED, doses=1, state="refrigerated", since=today_at(None)).to_item
        thawed.beyond_use_on = today_at(None) + dt.timedelta(days=1)
        reach, keys = place_reach(place), (thawed.id, item.id)
        visits = [make.visit(make.recipient(at=place), place).id for _ in range(2)]
        db.session.commit()
    looked, said, held = threading.Event(), [], stock.held

    def look(*where):
        if threading.current_thread() is not threading.main_thread():
            looked.set()
        return held(*where)

    def draw(visit):
        new = doses.NewDose(str(uuid.uuid4()), visit, lot, "1", "LD", "C28161", utcnow(), fact_sheet_given=True)
        doses.administer(new, reach)

    def second():
        with app.app_context(), acting(reach):
            try:
                draw(visits[1])
                db.session.commit()
                said.append("given")
            except RuleBroken as refusal:
                db.session.rollback()
                said.append(str(refusal))

    monkeypatch.setattr(stock, "held", look)
    with app.app_context(), acting(reach):
        draw(visits[0])
        thread = threading.Thread(target=second)
        thread.start()
        if db.engine.dialect.name == "postgresql":  # SQLite lets nobody look before the first one is done
            assert looked.wait(30)
        db.session.commit()
        thread.join(30)
    assert said == ["given"]
    with app.app_context(), acting(make.SEED):
        assert [db.session.get_one(InventoryItem, key).doses for key in keys] == [0, 0]


def test_moves_between_the_parts_of_a_lot_in_both_directions_wait_for_each_other(app, monkeypatch):
    today = today_at(None)
    with app.app_context(), acting(make.SEED):
        main = make.stock(doses=30)
        cold = storage_moves.move_some(main, make.SEED, doses=10, state="frozen", since=today).to_item
        colder = storage_moves.move_some(cold, make.SEED, doses=5, state="ultra_cold", since=today).to_item
        keys = [main.id, cold.id, colder.id]
        db.session.commit()
        postgresql = db.engine.dialect.name == "postgresql"
    asked, failed, part = threading.Event(), [], stock.part

    def wait_for_the_other(*where):
        """Between the locks that a move takes: the other asks for its first one."""
        if threading.current_thread() is there:
            back.start()
            assert not postgresql or asked.wait(30)  # SQLite lets nobody begin to write
        return part(*where)

    def tell(_connection, _cursor, statement, *_more):
        if threading.current_thread() is back and "FOR UPDATE" in statement:
            asked.set()

    def move(key, doses, state):
        with app.app_context(), acting(make.SEED):
            try:
                item = db.session.get(InventoryItem, key)
                storage_moves.move_some(item, make.SEED, doses=doses, state=state, since=today)
                db.session.commit()
            except Exception as error:  # noqa: BLE001 whatever it is, the test names it
                db.session.rollback()
                failed.append(repr(error))

    there = threading.Thread(target=move, args=(keys[1], 3, "ultra_cold"))
    back = threading.Thread(target=move, args=(keys[2], 2, "frozen"))
    monkeypatch.setattr(stock, "part", wait_for_the_other)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", tell)
    try:
        there.start()
        there.join(60)
        back.join(60)
    finally:
        event.remove(engine, "before_cursor_execute", tell)
    assert failed == []
    with app.app_context(), acting(make.SEED):
        assert [db.session.get(InventoryItem, key).doses for key in keys] == [20, 4, 6]
