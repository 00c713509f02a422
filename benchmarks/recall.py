"""`python -m benchmarks.recall`: the recall of a lot of which 10,000 doses were given, with its people and proofs.

On the database of DATABASE_URL, prepared by `flask init`, `flask demo` and `flask people 10000 --seed 1`. BENCH_DOSES:
how many doses of the lot (10,000). Prints the milliseconds of each step as the state's staff take it over the pages,
and ends with 1 where dry run and recall together take more than five seconds, or its page or report 300 ms. The file of
everybody is streamed, row by row, and has no bound.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from app.factory import create_app
from app.rules import ledger_check, recalls, stock
from benchmarks.measuring import timed
from benchmarks.product import SYSTEM, good, signed_in
from models.base import db, utcnow
from models.doses import Dose, Proof
from models.enrollment import Location
from models.recalls import Recall
from models.recipients import Recipient
from models.scope import acting
from models.shipments import Shipment
from models.stock import InventoryItem, Lot, Vaccine
from tests.clinic import Browser

DOSES = int(os.environ.get("BENCH_DOSES", "10000"))
BOUND, PAGE = 5_000, 300  # milliseconds
STREAMED = "everyone as CSV"
LEFT = 10  # doses of the lot that each place still has
AT_ONCE = 500


def given(app: Flask) -> int:
    """A lot that every location got: a dose of it for each person, by the ledger, and a proof; answers its key."""
    with app.app_context(), acting(SYSTEM):
        vaccine = db.session.scalars(select(Vaccine).order_by(Vaccine.id)).first()
        lot = Lot(vaccine=vaccine, number=f"R{utcnow():%H%M%S%f}", expires_on=utcnow().date() + dt.timedelta(days=60))
        places = list(db.session.scalars(select(Location).where(Location.status == "approved").order_by(Location.id)))
        people = list(db.session.scalars(select(Recipient.id).order_by(Recipient.id).limit(DOSES)))
        if len(people) < DOSES:
            raise RuntimeError(f"There are {len(people)} people; flask people makes more.")
        db.session.add(lot)
        share = -(-DOSES // len(places)) + LEFT
        items = [_received(lot, place, share) for place in places]
        for begin in range(0, DOSES, AT_ONCE):
            for position, person in enumerate(people[begin : begin + AT_ONCE], start=begin):
                _give(lot, items[position % len(items)], person)
            db.session.commit()
        return lot.id


def _received(lot: Lot, place: Location, doses: int) -> InventoryItem:
    arrived = Shipment(number=f"RECALL-{uuid4().hex[:12]}", location=place, lot=lot, doses=doses)
    arrived.status = "received"
    db.session.add(arrived)
    return db.session.get_one(InventoryItem, stock.post(arrived, SYSTEM)[0].inventory_item_id)


def _give(lot: Lot, item: InventoryItem, person: int) -> None:
    dose = Dose(
        key=str(uuid4()), recipient_id=person, location_id=item.location_id, vaccine_id=lot.vaccine_id, lot_id=lot.id,
        dose_number="3", given_at=utcnow(), given_on=utcnow().date(), body_site="LD", route="C28161",
    )  # fmt: skip
    db.session.add_all([dose, Proof(recipient_id=person, content={})])
    stock.post(dose, SYSTEM, item_id=item.id)


def recalled(state: Browser, app: Flask, lot: int) -> dict[str, float]:
    """The milliseconds of each step, in the order in which they are taken."""
    marks = state.marks()
    asked = marks | {"_answered": "1", "reason": "Particles in vials"}
    took = {"dry run": timed(lambda: good(state.client.post(f"/lot/action/recall/{lot}", data=asked), 303))}
    with app.app_context(), acting(SYSTEM):
        key = db.session.scalar(select(Recall.id).where(Recall.lot_id == lot))
        with_all = db.session.get_one(Recall, key)
        if (with_all.doses, with_all.people) != (DOSES, DOSES) or with_all.proofs < DOSES:
            raise RuntimeError("The dry run does not reach every dose, person and proof.")
    in_force = f"/recall/action/{recalls.put_in_force.__name__}/{key}"
    took["put in force"] = timed(lambda: good(state.client.post(in_force, data=marks), 303))
    for name, path in {
        "page of the recall": f"/recall/show/{key}",
        "report as CSV": "/recall-place/export/csv",
        "everyone vaccinated from it": f"/dose/list/?_flt_0_lot={lot}",
        STREAMED: f"/dose/export/csv?_flt_0_lot={lot}",
    }.items():
        if name != STREAMED:
            good(state.client.get(path))  # warms up, and is not timed
        took[name] = timed(lambda path=path: good(state.client.get(path)).data)
    return took


def main() -> int:
    """Measures, prints, and proves the ledger."""
    app = create_app()
    lot = given(app)
    took = recalled(signed_in(app, "immunization.demo"), app, lot)
    for name, milliseconds in took.items():
        sys.stdout.write(f"{name}: {milliseconds:.0f} ms\n")
    both = took["dry run"] + took["put in force"]
    sys.stdout.write(f"recall of {DOSES:,} doses, dry run and in force: {both:.0f} ms\n")
    with app.app_context(), acting(SYSTEM):
        broken = ledger_check.check_ledger()["broken"]
    pages = [took[name] for name in took if name.startswith(("page", "report", "everyone vaccinated"))]
    return 1 if broken or both > BOUND or max(pages) > PAGE else 0


if __name__ == "__main__":
    sys.exit(main())
