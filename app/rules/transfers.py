"""Vaccine moved between sites: asked for and reserved, approved, sent, received; what differs is a movement of its own.

Sources: CVMS FAQ 23 (transfer and redistribution, both approved by the Immunization Branch before they move).
"""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import expiry, locations, stock, transfer_story
from app.rules.transfer_story import tell
from models.acts import Ask, act
from models.base import RuleBroken, db, utcnow
from models.enrollment import Location
from models.recipients import new_public_id
from models.scope import Reach
from models.stock import InventoryItem
from models.transfers import RESERVING, ProgramRule, Transfer


def is_approval_needed() -> bool:
    """Whether the Immunization Branch approves what moves; it does unless the state says otherwise."""
    rule = select(ProgramRule.is_on).where(ProgramRule.code == "transfer_approval")
    return db.session.scalar(rule) is not False


def request(transfer: Transfer, by: Reach) -> Transfer:
    """Asks to move doses from the place in force to another site; they are reserved from now on.

    Raises RuleBroken for field to_location, lot, doses or kind.
    """
    if by.location_id is None:
        raise RuleBroken(_("A transfer is requested by the location that has the vaccine. Please switch to it."))
    place = db.session.get_one(Location, by.location_id)
    locations.refuse_sending(place)
    transfer.from_location, transfer.from_location_id = place, place.id
    _destination(transfer, place)
    item = _item(transfer)
    transfer.inventory_item, transfer.inventory_item_id = item, item.id
    transfer.number = f"TR-{new_public_id()[:10]}"
    transfer.requested_at, transfer.requested_by_id = utcnow(), by.user_id
    transfer.storage_state = item.storage_state
    db.session.add(transfer)
    stock.reserve(item.id, transfer.doses)
    tell(transfer, by, transfer.reason)
    if not is_approval_needed():
        transfer.status = "approved"
        tell(transfer, by, _("No approval is needed at present."))
    return transfer


def _destination(transfer: Transfer, place: Location) -> None:
    key = transfer.to_location.id if transfer.to_location is not None else transfer.to_location_id
    query = select(Location).where(Location.id == key).execution_options(unscoped="transfer_destination")
    to = db.session.scalars(query).first()
    if to is None:
        raise RuleBroken(_("Not found."), field="to_location")
    if to.id == place.id:
        raise RuleBroken(_("This is the sending location itself."), field="to_location")
    if to.status != "approved":
        raise RuleBroken(_("This location may not receive vaccine at present."), field="to_location")
    if transfer.kind == "redistribution":
        transfer_story.refuse_redistribution(place, to)
    transfer.to_location, transfer.to_location_id = to, to.id


def _item(transfer: Transfer) -> InventoryItem:
    """The stock to draw on, held still; only what might be given may move."""
    lot_id = transfer.lot.id if transfer.lot is not None else transfer.lot_id
    items = stock.parts(transfer.from_location_id, lot_id) if lot_id else []
    if not items:
        raise RuleBroken(_("This lot is not on hand at this location."), field="lot")
    if transfer.storage_state:
        items = [item for item in items if item.storage_state == transfer.storage_state]
        if not items:
            raise RuleBroken(_("No vials of this lot are kept in this state here."), field="storage_state")
    item = max(items, key=lambda one: min(one.available, transfer.doses or 0))
    with db.session.no_autoflush:
        db.session.refresh(item, with_for_update={"of": InventoryItem})
    refuse_unusable(item)
    if not 1 <= (transfer.doses or 0) <= item.available:
        raise RuleBroken(_("Only %(n)s doses are on hand and not reserved.", n=item.available), field="doses")
    transfer.lot, transfer.lot_id = item.lot, item.lot_id
    return item


def refuse_unusable(item: InventoryItem) -> None:
    """Raises RuleBroken (field "lot") for stock that may not be given: recalled, on hold, past its date."""
    if item.lot.status != "available":
        raise RuleBroken(_("This lot is recalled and must not be moved."), field="lot")
    if item.hold_reason:
        raise RuleBroken(_("These vials are on hold and must not be moved."), field="lot")
    if expiry.is_over(item):
        raise RuleBroken(_("These vials have expired and must not be moved."), field="lot")


def locked(transfer: Transfer, *statuses: str) -> Transfer:
    """The transfer as it stands, and no other changes it meanwhile; RuleBroken unless it stands at one of these."""
    db.session.flush()
    db.session.refresh(transfer, with_for_update={"of": Transfer})
    if transfer.status not in statuses:
        raise RuleBroken(_("This step is not possible from where the record stands now."), field="status")
    return transfer


@act(
    label=_l("Approve"),
    confirm=_l("Let these doses be moved?"),
    icon="fa-check",
    done=_l("Approved; both ends are told."),
    may_do=lambda transfer: transfer.status == "requested",
)
def approve_transfer(transfer: Transfer, by: Reach) -> Transfer:
    """The Immunization Branch lets doses be moved; never the one who asked."""
    locked(transfer, "requested")
    if by.user_id is not None and by.user_id == transfer.requested_by_id:
        raise RuleBroken(_("Whoever requested a transfer does not approve it."), field="requested_by")
    locations.refuse_sending(transfer.from_location)
    refuse_unusable(transfer.inventory_item)
    if transfer.to_location.status != "approved":
        raise RuleBroken(_("This location may not receive vaccine at present."), field="to_location")
    if transfer.kind == "redistribution":
        transfer_story.refuse_redistribution(transfer.from_location, transfer.to_location)
    transfer.status = "approved"
    transfer.decided_at, transfer.decided_by_id = utcnow(), by.user_id
    tell(transfer, by)
    return transfer


@act(
    label=_l("Refuse"),
    asks=(Ask("reason", _l("Reason"), "long", help=_l("Both ends read it.")),),
    icon="fa-xmark",
    done=_l("Refused; the doses are no longer reserved."),
    may_do=lambda transfer: transfer.status in RESERVING,
)
def refuse_transfer(transfer: Transfer, by: Reach, reason: str) -> Transfer:
    """The Immunization Branch says no; what was reserved is given back."""
    locked(transfer, *RESERVING)
    return end(transfer, "refused", by, reason)


@act(
    label=_l("Cancel"),
    asks=(Ask("reason", _l("Reason"), "long", help=_l("Both ends read it.")),),
    icon="fa-ban",
    done=_l("Cancelled; the doses are no longer reserved."),
    may_do=lambda transfer: transfer.status in RESERVING,
)
def cancel_transfer(transfer: Transfer, by: Reach, reason: str) -> Transfer:
    """The sending site takes its request back before dispatch; what was reserved is given back."""
    locked(transfer, *RESERVING)
    if by.kind == "location" and by.location_id != transfer.from_location_id:
        raise RuleBroken(_("Only the sending location cancels a transfer."))
    return end(transfer, "cancelled", by, reason)


def end(transfer: Transfer, status: str, by: Reach, reason: str) -> Transfer:
    """Ends a transfer that has not left: nothing moves, and what was reserved is free again."""
    stock.reserve(transfer.inventory_item_id, -transfer.doses)
    transfer.status = status
    if status == "refused":
        transfer.decided_at, transfer.decided_by_id = utcnow(), by.user_id
    tell(transfer, by, reason)
    return transfer
