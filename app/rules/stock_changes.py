"""Shipments: announced early, under way, received as they are, or lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from app.rules import expiry, locations, stock, storage
from app.rules.clock import today_at
from models.acts import Ask, act
from models.base import RuleBroken, db, utcnow
from models.enrollment import Location, StorageUnit
from models.scope import Reach
from models.shipments import ARRIVED, CONDITIONS, UNDER_WAY, Shipment
from models.stock import PLACEHOLDER_EXPIRY, InventoryItem, Lot

TEMPERATURES = {
    "in_range": _l("In range all the way"),
    "out_of_range": _l("Out of range"),
    "no_logger": _l("No logger in the box"),
}
MOST_DOSES = 100_000


def _printed(shipment: Shipment) -> dt.date | None:
    expires_on = shipment.lot.expires_on
    return None if expires_on == PLACEHOLDER_EXPIRY else expires_on


@act(
    label=_l("Mark as shipped"),
    icon="fa-truck",
    done=_l("In transit."),
    may_do=lambda shipment: shipment.status == "expected",
)
def mark_shipped(shipment: Shipment, by: Reach) -> Shipment:
    """The shipment has left the distributor."""
    if shipment.status != "expected":
        raise RuleBroken(_("Only an expected shipment can be marked as shipped."))
    shipment.status = "in_transit"
    shipment.shipped_on = shipment.shipped_on or today_at(shipment.location)
    return shipment


def order(shipment: Shipment, by: Reach) -> Shipment:
    """Announces vaccine on its way to a location, which must be one that gives vaccine."""
    place = shipment.location or (shipment.location_id and db.session.get_one(Location, shipment.location_id))
    lot = shipment.lot or (shipment.lot_id and db.session.get_one(Lot, shipment.lot_id))
    refuse_sending(place, lot)
    if shipment.doses is not None and shipment.doses > MOST_DOSES:
        raise RuleBroken(_("This number is not possible."), field="doses")
    return shipment


def refuse_sending(place: Location | None, lot: Lot | None) -> None:
    """Raises RuleBroken (field "location" or "lot") where no vaccine goes, and for a lot that is recalled."""
    if place is not None:
        locations.refuse_ordering(place)
    if lot is not None and lot.status != "available":
        raise RuleBroken(_("This lot is recalled and must not be moved."), field="lot")


@act(
    label=_l("Receive"),
    confirm=_l("Count what is in the box and look at each vial carton. A delivery is never turned away."),
    asks=(
        Ask("doses_received", _l("Doses received"), "number", start=lambda shipment: shipment.doses),
        Ask("lot_number", _l("Lot number on the box"), start=lambda shipment: shipment.lot.number),
        Ask("expiry_on_box", _l("Expiry on the box"), "date", required=False, start=_printed,
            help=_l("Leave empty when the box shows none.")),
        Ask("temperature", _l("Temperature check"), "choice", TEMPERATURES),
        Ask("condition", _l("Condition"), "choice", CONDITIONS),
        Ask("storage_unit", _l("Storage unit"), "row", StorageUnit, required=False,
            help=_l("Where the vaccine is put now.")),
        Ask("issue", _l("What was not as announced"), "long", required=False),
    ),
    icon="fa-box-open",
    done=_l("Received into stock."),
    on_many=False,
    may_do=lambda shipment: shipment.status not in ARRIVED,
)  # fmt: skip
def receive(shipment: Shipment, by: Reach, **said: Any) -> Shipment:
    """Receives a shipment into the stock of its location as it is: quantity, lot, expiry, temperature, condition.

    What differs from the announcement makes it "received with an issue"; what came warm or with an alarm goes on hold.
    """
    db.session.refresh(shipment, with_for_update={"of": Shipment})
    if shipment.status in ARRIVED:
        raise RuleBroken(_("This shipment was received already."), field="status")
    locations.refuse_receiving(db.session.get_one(Location, shipment.location_id))
    _note(shipment, said)
    lot = _lot_in_the_box(shipment, said.get("lot_number"))
    shipment.lot_received, shipment.lot_received_id = lot, lot.id
    shipment.received_at, shipment.received_by_id = utcnow(), by.user_id
    found = _differences(shipment, lot)
    shipment.issue = " ".join(filter(None, [*found, said.get("issue")]))[:400] or None
    shipment.status = "received_with_issue" if shipment.issue else "received"
    for line in stock.post(shipment, by, item_id=_part(shipment, lot) if shipment.doses_received else None):
        _put_away(shipment, db.session.get_one(InventoryItem, line.inventory_item_id), by)
    return shipment


def _note(shipment: Shipment, said: dict[str, Any]) -> None:
    doses = said.get("doses_received")
    shipment.doses_received = shipment.doses if doses is None else doses
    if not 0 <= shipment.doses_received <= MOST_DOSES:
        raise RuleBroken(_("This number is not possible."), field="doses_received")
    shipment.condition = said.get("condition") or "good"
    shipment.temperature_ok = {"in_range": True, "out_of_range": False}.get(said.get("temperature") or "")
    shipment.expiry_on_box = said.get("expiry_on_box")
    unit = said.get("storage_unit")
    if unit is not None and unit.location_id != shipment.location_id:
        raise RuleBroken(_("This storage unit belongs to another location."), field="storage_unit")
    if unit is not None:
        shipment.storage_unit, shipment.storage_unit_id = unit, unit.id


def _lot_in_the_box(shipment: Shipment, number: str | None) -> Lot:
    """The lot on the box: the one announced, or another known lot of the same vaccine."""
    number = (number or shipment.lot.number).strip().upper()
    if number == shipment.lot.number.upper():
        return shipment.lot
    lots = select(Lot).where(Lot.vaccine_id == shipment.lot.vaccine_id, Lot.number == number)
    if (lot := db.session.scalars(lots).first()) is None:
        words = _(
            "This lot of %(vaccine)s is not known. The state's staff enter new lots.", vaccine=shipment.lot.vaccine
        )
        raise RuleBroken(words, field="lot_number")
    return lot


def _differences(shipment: Shipment, lot: Lot) -> list[str]:
    """What is not as announced, in words."""
    more = (shipment.doses_received or 0) - shipment.doses
    return [
        words
        for holds, words in (
            (more > 0, ngettext("%(num)s dose too many.", "%(num)s doses too many.", abs(more))),
            (more < 0, ngettext("%(num)s dose missing.", "%(num)s doses missing.", abs(more))),
            (lot is not shipment.lot, _("Another lot: %(lot)s.", lot=lot.number)),
            (shipment.condition != "good", f"{CONDITIONS[shipment.condition or 'good']}."),
            (shipment.temperature_ok is False, _("Temperature out of range.")),
        )
        if holds
    ]


def _part(shipment: Shipment, lot: Lot) -> int:
    """The part of the lot that the vials join, by where they are put."""
    unit = shipment.storage_unit
    state = storage.STATE_OF_UNIT[unit.unit_kind] if unit is not None else None
    return storage.part_for(shipment.location_id, lot.id, state, today_at(shipment.location))


def _put_away(shipment: Shipment, item: InventoryItem, by: Reach) -> None:
    """Where it is kept from now on, the expiry that the box shows, and the hold on what may have suffered."""
    if shipment.storage_unit is not None and item.storage_state is None:
        storage.enter(item, storage.STATE_OF_UNIT[shipment.storage_unit.unit_kind], today_at(shipment.location))
    if shipment.expiry_on_box not in (None, item.expiry):
        reason = _("On the box of shipment %(number)s.", number=shipment.number)
        expiry.correct_expiry(item, by, expires_on=shipment.expiry_on_box, reason=reason)
    if shipment.temperature_ok is False or shipment.condition in ("warm", "logger"):
        item.hold_reason = item.hold_reason or _(
            "Shipment %(number)s: temperature to be judged.", number=shipment.number
        )
    db.session.flush()


@act(
    label=_l("Report lost"),
    confirm=_l("Note that this shipment did not arrive?"),
    icon="fa-circle-question",
    may_do=lambda shipment: shipment.status in UNDER_WAY,
)
def report_lost(shipment: Shipment, by: Reach) -> Shipment:
    """Notes that a shipment did not arrive."""
    shipment.status = "lost"
    return shipment
