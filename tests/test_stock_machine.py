"""All causes in random order, with crashes in between: after each step the ledger holds and nothing is lost."""

import datetime as dt
import uuid

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app.rules import (
    doses,
    expiry,
    ledger_check,
    recalls,
    stock,
    stock_changes,
    stock_counts,
    storage,
    storage_moves,
    transfer_moves,
    transfers,
    wastage,
)
from app.rules.clock import today_at
from app.uploads import shipments, stages
from models.base import RuleBroken, db, utcnow
from models.doses import Dose
from models.enrollment import StorageUnit
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem, Lot
from models.transfers import Transfer
from tests import factories as make

STATE = Reach("state", username="state", profile="State Immunization Staff")
HOW_MANY = st.integers(min_value=-2, max_value=30)
WHICH = st.integers(min_value=0, max_value=1)
FEW = st.integers(min_value=0, max_value=3)
STATES = st.sampled_from(["frozen", "refrigerated", "room"])
UNITS = ("freezer", "refrigerator")
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
            lot = make.lot()
            self.lot, self.lot_number = lot.id, lot.number
            self.vaccine = lot.vaccine
            for state, days in (("frozen", None), ("refrigerated", 30)):
                make.storage_time(vaccine=self.vaccine, state=state, days=days)
            organization = make.organization()
            places = [make.location(organization=organization) for _ in range(2)]
            make.redistribution_agreement(organization, *places)
            self.units = [make.storage_unit(place, unit_kind=kind).id for place in places for kind in UNITS]
            self.numbers = [place.number for place in places]
            self.file, self.begun = 0, utcnow()
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

    def item(self, place, part):
        found = stock.parts(self.places[place], self.lot)
        if not found:
            raise RuleBroken("nothing here")
        return found[part % len(found)]

    def last(self, entity, *where):
        found = db.session.scalars(select(entity).where(*where).order_by(entity.id.desc()).limit(1)).first()
        if found is None:
            raise RuleBroken("nothing there")
        return found

    @rule(place=WHICH, sent=st.integers(min_value=1, max_value=30), is_sent=st.booleans(), crash=CRASH)
    def announce_by_file(self, place, sent, is_sent, crash):
        self.file += 1
        shipped = f"{today_at(None):%m/%d/%Y}" if is_sent else ""
        line = f"M{self.file},{self.numbers[place]},{self.lot_number},{sent},{shipped}"
        data = f"Shipment Number,Location PIN or Number,Lot Number,Doses,Shipped On\n{line}\n".encode()

        def work():
            stages.commit(stages.preview(data, "shipments.csv", STATE, kind=shipments.KIND), STATE)

        self.try_(crash, work)

    @rule(step=st.sampled_from(["ship", "lose", "receive"]), came=HOW_MANY, unit=FEW, warm=CRASH, crash=CRASH)
    def shipment(self, step, came, unit, warm, crash):
        said = {"doses_received": came, "condition": "warm" if warm else "good"}

        def work():
            one = self.last(Shipment, Shipment.lot_id == self.lot)
            unit_here = db.session.get(StorageUnit, self.units[unit % len(self.units)])
            {
                "ship": lambda: stock_changes.mark_shipped(one, STATE),
                "lose": lambda: stock_changes.report_lost(one, make.SEED),
                "receive": lambda: stock_changes.receive(one, make.SEED, storage_unit=unit_here, **said),
            }[step]()

        self.try_(crash, work)

    @rule(place=WHICH, part=FEW, doses=HOW_MANY, state=STATES, crash=CRASH)
    def thaw(self, place, part, doses, state, crash):
        today = today_at(None)
        self.try_(crash, lambda: storage_moves.move_some(self.item(place, part), make.SEED, doses, state, today))

    @rule(place=WHICH, part=FEW, state=STATES, crash=CRASH)
    def store(self, place, part, state, crash):
        today = today_at(None)
        self.try_(crash, lambda: storage.set_storage(self.item(place, part), make.SEED, state=state, since=today))

    @rule(place=WHICH, part=FEW, crash=CRASH)
    def hold_or_let_go(self, place, part, crash):
        def work():
            item = self.item(place, part)
            if item.hold_reason:
                storage.take_off_hold(item, make.SEED)
            else:
                storage.put_on_hold(item, make.SEED, reason="Alarm")

        self.try_(crash, work)

    @rule(place=WHICH, part=FEW, days=st.sampled_from([-5, 90]), crash=CRASH)
    def expire_and_waste_all(self, place, part, days, crash):
        def work():
            item = self.item(place, part)
            expires_on = today_at(None) + dt.timedelta(days=days)
            if item.expiry != expires_on:
                expiry.correct_expiry(item, make.SEED, expires_on=expires_on, reason="On the vial")
            if days < 0:
                wastage.waste_expired(item, make.SEED, disposal="medical_waste")

        self.try_(crash, work)

    @rule(lifts=st.booleans(), crash=CRASH)
    def recall(self, lifts, crash):
        def work():
            lot = db.session.get(Lot, self.lot)
            if lifts:
                recalls.release(lot, STATE)
            else:
                recalls.put_in_force(recalls.recall(lot, STATE, reason="Particles in vials"), STATE)

        self.try_(crash, work)

    @rule(place=WHICH, part=FEW, doses=HOW_MANY, crash=CRASH)
    def waste(self, place, part, doses, crash):
        said = {"doses": doses, "reason": "broken", "disposal": "medical_waste"}
        self.try_(crash, lambda: wastage.waste(self.item(place, part), make.SEED, **said))

    @rule(place=WHICH, part=FEW, doses=HOW_MANY, crash=CRASH)
    def send_back(self, place, part, doses, crash):
        self.try_(
            crash,
            lambda: wastage.send_back(self.item(place, part), make.SEED, doses=doses, reason="recall", to="state"),
        )

    @rule(place=WHICH, part=FEW, doses=HOW_MANY, crash=CRASH)
    def count(self, place, part, doses, crash):
        said = {"doses": doses, "reason": "recount", "note": "Counted"}
        self.try_(crash, lambda: stock_counts.recount(self.item(place, part), make.SEED, **said))

    @rule(place=WHICH, part=FEW, doses=HOW_MANY, crash=CRASH)
    def sixth(self, place, part, doses, crash):
        self.try_(crash, lambda: stock_counts.raise_doses(self.item(place, part), make.SEED, doses=doses))

    @rule(place=WHICH, late=st.booleans(), crash=CRASH)
    def give(self, place, late, crash):
        def work():
            here = Reach("location", profile="Healthcare Provider", location_id=self.places[place])
            person = db.session.get(make.Recipient, self.people[place])
            location = db.session.get(make.Location, self.places[place])
            visit = make.visit(person, location)
            given_at = self.begun if late else utcnow()  # late: perhaps of what has left since
            new = doses.NewDose(
                str(uuid.uuid4()), visit.id, self.lot, "1", "LD", "C28161", given_at, fact_sheet_given=True,
                override_reason="A test of the ledger",
            )  # fmt: skip
            doses.administer(new, here)
            assert late or db.session.get(Lot, self.lot).status == "available", "a recalled lot is not given"

        self.try_(crash, work)

    @rule(to_waste=st.booleans(), crash=CRASH)
    def void(self, to_waste, crash):
        def work():
            dose = self.last(Dose, Dose.status == "given", Dose.lot_id == self.lot)
            doses.void(dose, make.SEED, "A mistake", "waste" if to_waste else "return")

        self.try_(crash, work)

    @rule(place=WHICH, kind=st.sampled_from(["transfer", "redistribution"]), doses=HOW_MANY, crash=CRASH)
    def ask(self, place, kind, doses, crash):
        def work():
            here = Reach("system", username="test", location_id=self.places[place])
            to = self.places[1 - place]
            said = {"kind": kind, "to_location_id": to, "lot_id": self.lot, "doses": doses, "reason": "Surplus"}
            transfers.request(Transfer(**said), here)

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


def drive(app, examples, steps, number=None):
    """So many histories of so many steps, always the same ones for the same number."""
    machine = type("OfThisApp", (StockMachine,), {"app": app})
    run_state_machine_as_test(
        machine if number is None else seed(number)(machine),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_every_cause_in_any_order_with_crashes_keeps_the_ledger_whole(app):
    drive(app, 6, 25)
