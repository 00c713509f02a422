"""All causes in random order, with crashes in between: after each step the ledger holds and nothing is lost."""

import uuid

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app.rules import (
    doses,
    ledger_check,
    stock_changes,
    stock_counts,
    transfer_moves,
    transfers,
    wastage,
)
from models.base import RuleBroken, db, utcnow
from models.doses import Dose
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem
from models.transfers import Transfer
from tests import factories as make

STATE = Reach("state", username="state", profile="State Immunization Staff")
HOW_MANY = st.integers(min_value=-2, max_value=30)
WHICH = st.integers(min_value=0, max_value=1)
CRASH = st.booleans()


class Crash(Exception):
    """The process ends before the commit."""


class StockMachine(RuleBasedStateMachine):
    """Two places, one lot, and everything that may happen to it."""

    app = None

    def __init__(self):
        super().__init__()
        self.context = self.app.app_context()
        self.context.push()
        with acting(make.SEED):
            self.lot = make.lot().id
            places = [make.location() for _ in range(2)]
            self.places = [place.id for place in places]
            self.people = [make.recipient(at=place).id for place in places]
            db.session.commit()

    def teardown(self):
        db.session.rollback()
        self.context.pop()

    def try_(self, crash, work):
        """The work, in a transaction of its own: done, refused with nothing moved, or lost with the process."""
        with acting(make.SEED):
            try:
                work()
                db.session.flush()
                if crash:
                    raise Crash
                db.session.commit()
            except (RuleBroken, Crash):
                db.session.rollback()

    def item(self, place):
        here = (InventoryItem.location_id == self.places[place], InventoryItem.lot_id == self.lot)
        found = db.session.scalars(select(InventoryItem).where(*here)).first()
        if found is None:
            raise RuleBroken("nothing here")
        return found

    def last(self, entity, *where):
        found = db.session.scalars(select(entity).where(*where).order_by(entity.id.desc()).limit(1)).first()
        if found is None:
            raise RuleBroken("nothing there")
        return found

    @rule(place=WHICH, sent=st.integers(min_value=1, max_value=30), came=HOW_MANY, crash=CRASH)
    def ship(self, place, sent, came, crash):
        def work():
            number = str(uuid.uuid4())
            shipment = Shipment(number=number, location_id=self.places[place], lot_id=self.lot, doses=sent)
            db.session.add(shipment)
            db.session.flush()
            stock_changes.receive(shipment, make.SEED, doses_received=came)

        self.try_(crash, work)

    @rule(place=WHICH, doses=HOW_MANY, crash=CRASH)
    def waste(self, place, doses, crash):
        said = {"doses": doses, "reason": "broken", "disposal": "medical_waste"}
        self.try_(crash, lambda: wastage.waste(self.item(place), make.SEED, **said))

    @rule(place=WHICH, doses=HOW_MANY, crash=CRASH)
    def send_back(self, place, doses, crash):
        self.try_(
            crash, lambda: wastage.send_back(self.item(place), make.SEED, doses=doses, reason="recall", to="state")
        )

    @rule(place=WHICH, doses=HOW_MANY, crash=CRASH)
    def count(self, place, doses, crash):
        said = {"doses": doses, "reason": "recount", "note": "Counted"}
        self.try_(crash, lambda: stock_counts.recount(self.item(place), make.SEED, **said))

    @rule(place=WHICH, doses=HOW_MANY, crash=CRASH)
    def sixth(self, place, doses, crash):
        self.try_(crash, lambda: stock_counts.raise_doses(self.item(place), make.SEED, doses=doses))

    @rule(place=WHICH, crash=CRASH)
    def give(self, place, crash):
        def work():
            here = Reach("location", profile="Healthcare Provider", location_id=self.places[place])
            person = db.session.get(make.Recipient, self.people[place])
            location = db.session.get(make.Location, self.places[place])
            visit = make.visit(person, location)
            new = doses.NewDose(
                str(uuid.uuid4()), visit.id, self.lot, "1", "LD", "C28161", utcnow(), fact_sheet_given=True,
                override_reason="A test of the ledger",
            )  # fmt: skip
            doses.administer(new, here)

        self.try_(crash, work)

    @rule(to_waste=st.booleans(), crash=CRASH)
    def void(self, to_waste, crash):
        def work():
            dose = self.last(Dose, Dose.status == "given", Dose.lot_id == self.lot)
            doses.void(dose, make.SEED, "A mistake", "waste" if to_waste else "return")

        self.try_(crash, work)

    @rule(place=WHICH, doses=HOW_MANY, crash=CRASH)
    def ask(self, place, doses, crash):
        def work():
            here = Reach("system", username="test", location_id=self.places[place])
            to = self.places[1 - place]
            transfers.request(Transfer(to_location_id=to, lot_id=self.lot, doses=doses, reason="Surplus"), here)

        self.try_(crash, work)

    @rule(step=st.sampled_from(["approve", "refuse", "cancel", "dispatch", "receive"]), doses=HOW_MANY, crash=CRASH)
    def step(self, step, doses, crash):
        acts = {
            "approve": lambda one: transfers.approve_transfer(one, STATE),
            "refuse": lambda one: transfers.refuse_transfer(one, STATE, reason="No"),
            "cancel": lambda one: transfers.cancel_transfer(one, make.SEED, reason="No"),
            "dispatch": lambda one: transfer_moves.dispatch_transfer(one, make.SEED, "Van", "Box", "4"),
            "receive": lambda one: transfer_moves.receive_transfer(
                one, make.SEED, doses, "5", "good", discrepancy_reason="Counted"
            ),
        }
        self.try_(crash, lambda: acts[step](self.last(Transfer, Transfer.lot_id == self.lot)))

    @invariant()
    def the_ledger_holds(self):
        with acting(make.SEED):
            assert ledger_check.check_ledger()["broken"] == []
            self.nothing_is_lost()
            db.session.rollback()

    def nothing_is_lost(self):
        """Received and found = given + wasted + returned + on hand + in transit, in the state's sum."""
        total = {
            name: db.session.scalar(
                select(func.coalesce(func.sum(getattr(InventoryItem, name)), 0)).where(InventoryItem.lot_id == self.lot)
            )
            for name in ("received", "counted", "discrepancy", "given", "wasted", "returned", "doses")
        }
        moving = select(func.coalesce(func.sum(Transfer.doses), 0)).where(
            Transfer.lot_id == self.lot, Transfer.status == "in_transit"
        )
        came = total["received"] + total["counted"] + total["discrepancy"]
        went = total["given"] + total["wasted"] + total["returned"]
        assert came == went + total["doses"] + db.session.scalar(moving)


def drive(app, examples, steps):
    StockMachine.app = app
    run_state_machine_as_test(
        StockMachine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_every_cause_in_any_order_with_crashes_keeps_the_ledger_whole(app):
    drive(app, 6, 25)


@pytest.mark.soak
def test_every_cause_in_any_order_for_long(app):
    drive(app, 200, 60)
