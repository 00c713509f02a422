"""What the demo has to give: every product, lots of those in use, and the shipments they came with."""

from __future__ import annotations

import datetime as dt
from random import Random

from sqlalchemy import select

from app.rules import recalls, stock, stock_changes
from models.base import db
from models.enrollment import Location, StorageUnit
from models.people import PortalUser
from models.scope import Reach
from models.shipments import Shipment
from models.stock import Lot, Vaccine

FIRST_RECEIPT = 76  # days ago: before the first dose
COMIRNATY, COMIRNATY_CHILD = "Comirnaty 12+ syringe", "Comirnaty 5-11 (blue cap)"
SPIKEVAX, SPIKEVAX_CHILD = "Spikevax 12+ syringe", "Spikevax 6 mo-11 syringe"
MNEXSPIKE, NUVAXOVID = "mNEXSPIKE 12+ syringe", "Nuvaxovid 12+ syringe"
PFIZER_PURPLE, MODERNA_RED, JANSSEN = "Pfizer 12+ (purple cap)", "Moderna 18+ (red cap)", "Janssen 18+ (blue cap)"

# product, lot number, days from today to expiry
LOTS = (
    (COMIRNATY, "NB7031", -6), (COMIRNATY, "NC2417", 5), (COMIRNATY, "ND8842", 150),
    (COMIRNATY_CHILD, "NC5120", 12), (COMIRNATY_CHILD, "ND0366", 170),
    (SPIKEVAX, "8091234", 9), (SPIKEVAX, "8104417", 140), (SPIKEVAX_CHILD, "8102290", 95),
    (MNEXSPIKE, "7001532", 120), (MNEXSPIKE, "7001209", 60), (NUVAXOVID, "6154MF021", 75),
    (PFIZER_PURPLE, "EN6201", None), (PFIZER_PURPLE, "ER8732", None), (MODERNA_RED, "016B21A", None),
    (JANSSEN, "1805031", None),
)  # fmt: skip
LONG_AGO = dt.date(2021, 9, 30)
RECALLED = "7001209"
# location (in its order) -> (lot, doses) received when the demo's story begins
RECEIVED = (
    (
        ("NB7031", 60),
        ("NC2417", 80),
        ("ND8842", 200),
        ("8091234", 60),
        ("8104417", 120),
        ("NC5120", 40),
        ("8102290", 50),
        ("6154MF021", 60),
        ("7001532", 50),
    ),
    (("NC2417", 40), ("ND8842", 100), ("8104417", 80), ("8102290", 40), ("6154MF021", 20)),
    (("ND8842", 80), ("8091234", 30), ("7001532", 40), ("7001209", 40), ("6154MF021", 20)),
    (("ND8842", 60), ("8104417", 60), ("6154MF021", 20)),
    (("NB7031", 20), ("ND8842", 80), ("8104417", 60), ("ND0366", 40), ("8102290", 30)),
    (("ND8842", 50), ("8104417", 40), ("NC5120", 20), ("8102290", 20)),
)
# location, lot, doses, days from today, what became of it
ON_THE_WAY = (
    (0, "ND8842", 100, 2, "expected"), (0, "8102290", 40, 5, "expected"), (1, "8104417", 60, 1, "in_transit"),
    (2, "ND8842", 50, 3, "expected"), (4, "ND0366", 40, -9, "lost"),
)  # fmt: skip


def lots(known: dict[str, Vaccine], today: dt.date) -> dict[str, Lot]:
    """The lots by number; those of the earlier products are long over."""
    found = {}
    for product, number, days in LOTS:
        expires = LONG_AGO if days is None else today + dt.timedelta(days=days)
        found[number] = Lot(vaccine=known[product], number=number, expires_on=expires)
    db.session.add_all(found.values())
    db.session.flush()
    return found


def shipments(
    rng: Random, locations: list[Location], known: dict[str, Lot], receivers: dict[int, PortalUser], today: dt.date
) -> None:
    """The shipments of each location: those received are in its stock, the others on their way."""
    number = 0
    for place, content in enumerate(RECEIVED):
        units = db.session.scalars(select(StorageUnit).where(StorageUnit.location_id == locations[place].id)).all()
        for lot, doses in content:
            number += 1
            day = today - dt.timedelta(days=FIRST_RECEIPT + rng.randrange(4))
            shipment = _shipment(number, locations[place], known[lot], doses, day)
            _receive(shipment, receivers.get(locations[place].id), rng.choice(units), day)
    for place, lot, doses, days, status in ON_THE_WAY:
        number += 1
        shipment = _shipment(number, locations[place], known[lot], doses, today + dt.timedelta(days=days))
        if status == "lost":
            stock_changes.report_lost(shipment, Reach.system("demo"))
        elif status == "in_transit":
            shipment.carrier, shipment.tracking_number = "UPS", "1Z 999 AA1 01 2345 6784"
            shipment.shipped_on = today - dt.timedelta(days=1)
            stock_changes.mark_shipped(shipment, Reach.system("demo"))
    by = Reach.system("demo")
    recalls.put_in_force(recalls.recall(known[RECALLED], by, reason="Particles were found in vials of this lot."), by)
    db.session.flush()


def _shipment(number: int, location: Location, lot: Lot, doses: int, day: dt.date) -> Shipment:
    shipment = Shipment(number=f"SHP-{number:05}", location=location, lot=lot, doses=doses, expected_on=day)
    db.session.add(shipment)
    db.session.flush()
    return shipment


def _receive(shipment: Shipment, receiver: PortalUser | None, unit: StorageUnit, day: dt.date) -> None:
    """Receives it as of a past morning, which the rule of the screens, for now, does not do."""
    shipment.received_at = dt.datetime.combine(day, dt.time(14, 30))
    shipment.received_by_id = receiver.id if receiver else None
    shipment.doses_received, shipment.lot_received_id = shipment.doses, shipment.lot_id
    shipment.condition, shipment.temperature_ok, shipment.storage_unit_id = "good", True, unit.id
    shipment.status = "received"
    stock.post(shipment, Reach.system("demo"), at=shipment.received_at)
