"""What changes the stock of a place besides doses: shipments, so far."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules import locations, stock
from models.acts import Ask, act
from models.base import RuleBroken, db, utcnow
from models.enrollment import Location
from models.scope import Reach
from models.stock import CONDITIONS, Shipment


def order(shipment: Shipment, by: Reach) -> Shipment:
    """Announces vaccine on its way to a location, which must be one that gives vaccine."""
    key = shipment.location_id or (shipment.location.id if shipment.location else None)
    if key is not None:
        locations.refuse_ordering(db.session.get_one(Location, key))
    return shipment


@act(
    label=_l("Receive"),
    asks=(
        Ask("condition", _l("Condition"), "choice", CONDITIONS),
        Ask("temperature_ok", _l("Temperature in range"), "yes_no", required=False),
    ),
    icon="fa-box-open",
    done=_l("Received into stock."),
    may_do=lambda shipment: shipment.status != "received",
)
def receive(shipment: Shipment, by: Reach, **said: Any) -> Shipment:
    """Receives a shipment into the stock of its location: condition, temperature and where it is kept."""
    if shipment.status == "received":
        raise RuleBroken(_("This shipment was received already."))
    locations.refuse_receiving(db.session.get_one(Location, shipment.location_id))
    for name in ("condition", "temperature_ok", "storage_unit_id"):
        if said.get(name) not in (None, ""):
            setattr(shipment, name, said[name])
    shipment.condition = shipment.condition or "good"
    shipment.received_at, shipment.received_by_id = utcnow(), by.user_id
    shipment.status = "received"
    stock.post(shipment, by)
    return shipment


@act(
    label=_l("Report lost"),
    confirm=_l("Note that this shipment did not arrive?"),
    icon="fa-circle-question",
    may_do=lambda shipment: shipment.status == "expected",
)
def report_lost(shipment: Shipment, by: Reach) -> Shipment:
    """Notes that a shipment did not arrive."""
    shipment.status = "lost"
    return shipment


@act(
    label=_l("Recall"),
    confirm=_l("From now on this lot cannot be given anywhere. Recall it?"),
    icon="fa-ban",
    may_do=lambda lot: lot.status == "available",
)
def recall(lot: Any, by: Reach) -> Any:
    """From now on this lot cannot be given anywhere."""
    lot.status = "recalled"
    return lot


@act(
    label=_l("Lift the recall"),
    confirm=_l("Let this lot be given again?"),
    icon="fa-rotate-left",
    may_do=lambda lot: lot.status == "recalled",
)
def release(lot: Any, by: Reach) -> Any:
    """Lifts a recall."""
    lot.status = "available"
    return lot
