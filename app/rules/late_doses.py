"""A dose recorded after the rest of its lot has left the stock: found again by a count, then given.

Records come up to 72 hours late (CDC provider agreement); what was wasted, counted off, sent back or moved out
meanwhile took the dose along in the ledger.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, func, or_, select, union_all

from app.rules import stock
from models.base import db, utcnow
from models.doses import Dose
from models.scope import Reach
from models.stock import InventoryItem, Lot, StockMovement
from models.stock_causes import DoseCount, Return, Wastage
from models.transfers import Transfer

OFFERED_FOR = dt.timedelta(days=30)  # how long a lot is still offered that expired, was held, or of which the rest left
LEAVES = ("wasted", "returned", "moved_out", "counted")


def may_have_been_given(location_id: int, today: dt.date) -> Any:
    """The condition of stock that may not be given now, but may have been: recalled, expired, on hold or all gone."""
    since = utcnow() - OFFERED_FOR
    kinds: list[tuple[Any, ...]] = [
        (Wastage, Wastage.location_id, Wastage.at),
        (Return, Return.location_id, Return.at),
        (DoseCount, DoseCount.location_id, DoseCount.at, DoseCount.doses < 0),
        (Transfer, Transfer.from_location_id, Transfer.dispatched_at),
    ]
    left = union_all(
        *(
            select(kind.inventory_item_id).where(place == location_id, at >= since, *more)
            for kind, place, at, *more in kinds
        )
    )
    on_hand = InventoryItem.doses > InventoryItem.reserved
    expired = and_(InventoryItem.use_by < today, InventoryItem.hold_reason.is_(None))
    now_not = or_(expired, InventoryItem.held_since >= since)
    return or_(
        and_(on_hand, Lot.recalled_at.is_not(None)),
        and_(InventoryItem.use_by >= today - OFFERED_FOR, or_(and_(on_hand, now_not), InventoryItem.id.in_(left))),
    )


def parts_it_left_with(parts: list[InventoryItem], given_at: dt.datetime) -> list[InventoryItem]:
    """The parts of a lot, held still, where a dose given then may be among those that left the stock later.

    None where each dose that left later is that of another late record already: no two may claim the same one.
    """
    if not parts:
        return []
    here = (StockMovement.location_id == parts[0].location_id, StockMovement.lot_id == parts[0].lot_id)
    left, claimed = _left(*here), _claimed(*here)
    for moment in {given_at, *(at for at, _doses in claimed if at < given_at)}:
        gone = sum(doses for _item, at, doses in left if at > moment)
        if gone <= sum(doses for at, doses in claimed if at >= moment):
            return []
    with_it = {item for item, at, _doses in left if at > given_at}
    return [item for item in parts if item.id in with_it]


def _left(*here: Any) -> list[Any]:
    """What left the place unseen: part, moment and doses; not what only went to another storage state."""
    elsewhere = or_(StockMovement.kind != "moved_out", StockMovement.cause.startswith("Transfer:"))
    query = select(StockMovement.inventory_item_id, StockMovement.at, -StockMovement.doses)
    unseen = (StockMovement.kind.in_(LEAVES), StockMovement.doses < 0, StockMovement.dose_id.is_(None), elsewhere)
    return list(db.session.execute(query.where(*here, *unseen)))


def _claimed(*here: Any) -> list[Any]:
    """When the doses were given that were found again, and how many; less what was taken back."""
    query = select(Dose.given_at, StockMovement.doses).join(Dose, Dose.id == StockMovement.dose_id)
    return list(db.session.execute(query.where(*here, StockMovement.kind == "counted")))


def find_again(item: InventoryItem, dose: Dose, by: Reach) -> None:
    """The dose is put back into the stock by a count of its own before it is given."""
    _count(item, 1, dose, by)


def lose_again(dose: Dose, item_id: int | None, by: Reach) -> None:
    """Where a dose was found again for a record that is taken back, it is gone again."""
    query = select(func.sum(StockMovement.doses)).where(
        StockMovement.inventory_item_id == item_id, StockMovement.kind == "counted", StockMovement.dose_id == dose.id
    )
    if db.session.scalar(query):
        _count(db.session.get_one(InventoryItem, item_id), -1, dose, by)


def _count(item: InventoryItem, doses: int, dose: Dose, by: Reach) -> None:
    count = DoseCount(
        inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, before=item.doses, doses=doses,
        reason="late_dose", by_id=by.user_id,
    )  # fmt: skip
    count.of_dose = dose.id
    db.session.add(count)
    stock.post(count, by)
