"""What changes the stock of a place besides doses: shipments, so far."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.rules import stock
from models.base import RuleBroken, utcnow
from models.scope import Reach
from models.stock import Shipment


def receive(shipment: Shipment, by: Reach, **said: Any) -> Shipment:
    """Receives a shipment into the stock of its location: condition, temperature and where it is kept."""
    if shipment.status == "received":
        raise RuleBroken(_("This shipment was received already."))
    for name in ("condition", "temperature_ok", "storage_unit_id"):
        if said.get(name) not in (None, ""):
            setattr(shipment, name, said[name])
    shipment.condition = shipment.condition or "good"
    shipment.received_at, shipment.received_by_id = utcnow(), by.user_id
    shipment.status = "received"
    stock.post(shipment, by)
    return shipment


def report_lost(shipment: Shipment, by: Reach) -> Shipment:
    """Notes that a shipment did not arrive."""
    shipment.status = "lost"
    return shipment


def recall(lot: Any, by: Reach) -> Any:
    """From now on this lot cannot be given anywhere."""
    lot.status = "recalled"
    return lot


def release(lot: Any, by: Reach) -> Any:
    """Lifts a recall."""
    lot.status = "available"
    return lot
