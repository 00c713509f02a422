"""Dispatch and receipt of a transfer: the doses leave one balance, and arrive at the other only at receipt."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules import locations, stock, storage, transfers
from app.rules.clock import today_at
from app.rules.transfer_story import tell
from models.acts import Ask, act
from models.base import RuleBroken, db, utcnow
from models.enrollment import StorageUnit
from models.scope import Reach
from models.shipments import CONDITIONS
from models.stock import InventoryItem
from models.transfers import Transfer

COLDEST, WARMEST = Decimal(-100), Decimal(60)
MOST_DOSES = 100_000


def degrees(typed: Any, field: str) -> Decimal:
    """A temperature in °C as typed, with a point or a comma; RuleBroken at the field."""
    try:
        value = Decimal(str(typed or "").replace(",", ".").replace("−", "-").strip())
    except InvalidOperation:
        raise RuleBroken(_("Please give the temperature in °C, for example 4.5."), field=field) from None
    if not value.is_finite() or not COLDEST <= value <= WARMEST:
        raise RuleBroken(_("Please give the temperature in °C, for example 4.5."), field=field)
    return round(value, 1)


@act(
    label=_l("Dispatch"),
    confirm=_l("The doses leave the stock of this location now."),
    asks=(
        Ask("transporter", _l("Transporter")),
        Ask("equipment", _l("Cold-chain equipment"), help=_l("For example: validated cooler with a data logger.")),
        Ask("temperature_packed", _l("Temperature when packed (°C)")),
    ),
    icon="fa-truck",
    done=_l("Dispatched; the receiving location is told."),
    on_many=False,
    may_do=lambda transfer: transfer.status == "approved",
)
def dispatch_transfer(
    transfer: Transfer, by: Reach, transporter: str, equipment: str, temperature_packed: Any
) -> Transfer:
    """Approved doses leave the sending site; until their receipt they are in nobody's balance."""
    transfers.locked(transfer, "approved")
    if by.kind == "location" and by.location_id != transfer.from_location_id:
        raise RuleBroken(_("Only the sending location dispatches a transfer."))
    locations.refuse_sending(transfer.from_location)
    if transfer.to_location.status != "approved":
        raise RuleBroken(_("This location may not receive vaccine at present."))
    item = stock.hold_still(transfer.inventory_item)
    transfers.refuse_unusable(item)
    transfer.temperature_packed = degrees(temperature_packed, "temperature_packed")
    transfer.transporter, transfer.equipment = transporter, equipment
    transfer.storage_state = item.storage_state
    transfer.dispatched_at = utcnow()
    transfer.status = "in_transit"
    stock.reserve(item.id, -transfer.doses)
    stock.post(transfer, by)
    tell(transfer, by)
    return transfer


@act(
    label=_l("Confirm receipt"),
    confirm=_l("Count what arrived. What is missing or too much is recorded as a discrepancy."),
    asks=(
        Ask("doses_received", _l("Doses received"), "number", start=lambda transfer: transfer.doses),
        Ask("temperature_received", _l("Temperature at receipt (°C)")),
        Ask("condition", _l("Condition"), "choice", CONDITIONS),
        Ask("storage_unit", _l("Storage unit"), "row", StorageUnit, required=False,
            help=_l("Where the vaccine is put now.")),
        Ask("discrepancy_reason", _l("Why the quantity differs"), "long", required=False),
    ),
    icon="fa-box-open",
    done=_l("Received into stock."),
    on_many=False,
    may_do=lambda transfer: transfer.status == "in_transit",
)  # fmt: skip
def receive_transfer(
    transfer: Transfer, by: Reach, doses_received: int, temperature_received: Any, condition: str, **said: Any
) -> Transfer:
    """The doses arrive in the balance of the receiving site; `said`: storage_unit, discrepancy_reason."""
    transfers.locked(transfer, "in_transit")
    if by.kind == "location" and by.location_id != transfer.to_location_id:
        raise RuleBroken(_("Only the receiving location confirms the receipt."))
    if not 0 <= doses_received <= MOST_DOSES:
        raise RuleBroken(_("This number is not possible."), field="doses_received")
    reason = said.get("discrepancy_reason")
    if doses_received != transfer.doses and not reason:
        raise RuleBroken(_("Please say why it is not what was sent."), field="discrepancy_reason")
    unit = said.get("storage_unit")
    if unit is not None and unit.location_id != transfer.to_location_id:
        raise RuleBroken(_("This storage unit belongs to another location."), field="storage_unit")
    transfer.temperature_received = degrees(temperature_received, "temperature_received")
    transfer.doses_received, transfer.condition = doses_received, condition
    transfer.discrepancy_reason = reason or None
    transfer.received_at, transfer.received_by_id = utcnow(), by.user_id
    transfer.status = "received" if doses_received == transfer.doses else "received_with_discrepancy"
    part = storage.part_for(transfer.to_location_id, transfer.lot_id, *_arrives(transfer, unit))
    lines = stock.post(transfer, by, item_id=part)
    _put_away(transfer, db.session.get_one(InventoryItem, lines[0].inventory_item_id), unit)
    tell(transfer, by, reason)
    return transfer


def _arrives(transfer: Transfer, unit: StorageUnit | None) -> tuple[str | None, dt.date | None]:
    """The storage state in which the vials are put away, and since when they are in it."""
    was, today = transfer.inventory_item, today_at(transfer.to_location)
    state = storage.STATE_OF_UNIT[unit.unit_kind] if unit is not None else transfer.storage_state
    return state, (was.storage_since if state == transfer.storage_state else None) or today


def _put_away(transfer: Transfer, item: InventoryItem, unit: StorageUnit | None) -> None:
    """The vials bring their expiry, storage state and beyond-use date along; what came warm goes on hold."""
    was = transfer.inventory_item
    if was.expires_on is not None and item.expires_on is None:
        item.expires_on = was.expires_on
    if item.storage_state is None:
        item.storage_state, item.storage_since = transfer.storage_state, was.storage_since
    known = [day for day in (item.beyond_use_on, was.beyond_use_on) if day is not None]
    item.beyond_use_on = min(known) if known else None
    state = storage.STATE_OF_UNIT[unit.unit_kind] if unit is not None else item.storage_state
    if state is not None and state != item.storage_state:
        storage.enter(item, state, today_at(transfer.to_location))
    if transfer.condition in ("warm", "logger"):
        item.hold_reason = item.hold_reason or _(
            "Transfer %(number)s: temperature to be judged.", number=transfer.number
        )
    db.session.flush()
