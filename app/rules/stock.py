"""The ledger: the one writer of stock movements and balances."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager

from app.rules import stock_days
from models.base import RuleBroken, db, utcnow
from models.scope import Reach
from models.stock import TOTALS, InventoryItem, Line, Lot, StockMovement


def post(cause: Any, by: Reach, at: dt.datetime | None = None, item_id: int | None = None) -> list[StockMovement]:
    """Posts a cause's movements and changes the balances in the same transaction; `at` (UTC) is now if not given.

    `item_id` is the part of the lot for lines that name none. Raises RuleBroken (field "lot") when a balance would
    fall below what is reserved; nothing is moved then.
    """
    db.session.flush()
    said = {"cause": f"{type(cause).__name__}:{cause.id}", "at": at or utcnow(), "by_id": by.user_id}
    said |= cause.movement_facts() if hasattr(cause, "movement_facts") else {}
    lines = [
        StockMovement(
            inventory_item_id=_change_balance(line, line.item_id or item_id),
            location_id=line.location_id,
            lot_id=line.lot_id,
            doses=line.doses,
            kind=line.kind,
            **said,
        )
        for line in cause.movements()
    ]
    db.session.add_all(lines)
    db.session.flush()
    if lines:
        stock_days.add_each(lines)
    return lines


def _change_balance(line: Line, item_id: int | None) -> int:
    """One conditional UPDATE: no row matched means not enough, however many draw at once."""
    item_id = item_id or part(line.location_id, line.lot_id)
    here = (InventoryItem.id == item_id, InventoryItem.lot_id == line.lot_id)
    total, sign = TOTALS[line.kind]
    summed = getattr(InventoryItem, total) + sign * line.doses
    _update(
        (*here, InventoryItem.doses + line.doses >= InventoryItem.reserved),
        {"doses": InventoryItem.doses + line.doses, total: summed},
        used_up() if line.kind == "given" else _("There are not enough doses of this lot at this place."),
    )
    _forget(lambda item: item.id == item_id)
    return item_id


def used_up() -> str:
    """What is said where a dose is to be given of a lot that is empty."""
    return _("This lot is used up at this place: no dose is left that is not reserved.")


def _update(conditions: tuple[Any, ...], values: dict[str, Any], refusal: str) -> None:
    statement = (
        update(InventoryItem)
        .where(*conditions)
        .values(**values, row_version=InventoryItem.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount != 1:
        raise RuleBroken(refusal, field="lot")


def _forget(is_meant: Any) -> None:
    """What the session holds of a balance is read anew."""
    for item in list(db.session.identity_map.values()):
        if isinstance(item, InventoryItem) and is_meant(item):
            db.session.expire(item)


def reserve(item_id: int, doses: int) -> None:
    """Sets doses apart for a transfer, or with a minus gives them back; RuleBroken when there are not so many."""
    db.session.flush()
    reserved = InventoryItem.reserved + doses
    _update(
        (InventoryItem.id == item_id, reserved >= 0, reserved <= InventoryItem.doses),
        {"reserved": reserved},
        _("There are not enough doses of this lot at this place."),
    )
    _forget(lambda item: item.id == item_id)


def hold_still(item: InventoryItem) -> InventoryItem:
    """The item as it is now, and no other transaction changes it before this one ends."""
    db.session.flush()
    db.session.refresh(item, with_for_update={"of": InventoryItem})
    return item


def part(location_id: int, lot_id: int, name: str = "") -> int:
    """The key of a part of a lot at a place; the first doses open its balance, and two at once open it once."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    here = {"location_id": location_id, "lot_id": lot_id, "part": name}
    query = select(InventoryItem.id).filter_by(**here)
    if (known := db.session.scalar(query)) is not None:
        return known
    values = {
        **here, "doses": 0, "row_version": 1, "created_at": utcnow(),
        "use_by": select(Lot.__table__.c.expires_on).where(Lot.__table__.c.id == lot_id).scalar_subquery(),
    }  # fmt: skip
    insert = dialect.insert(InventoryItem.__table__).values(**values)
    db.session.execute(insert.on_conflict_do_nothing(index_elements=list(here)))
    return db.session.scalars(query).one()


def parts(location_id: int, lot_id: int) -> list[InventoryItem]:
    """A lot at a place in all its storage states, what must be used first coming first."""
    query = select(InventoryItem).where(InventoryItem.location_id == location_id, InventoryItem.lot_id == lot_id)
    return list(db.session.scalars(query.order_by(InventoryItem.use_by, InventoryItem.id)))


def held(location_id: int, lot_id: int) -> list[InventoryItem]:
    """`parts` as they are now, unchanged by others before this transaction ends.

    Whoever needs more than one part takes all of them by this, in one order: no two wait for each other.
    """
    query = select(InventoryItem).where(InventoryItem.location_id == location_id, InventoryItem.lot_id == lot_id)
    query = query.order_by(InventoryItem.id).with_for_update(of=InventoryItem)
    found = db.session.scalars(query.execution_options(populate_existing=True))
    return sorted(found, key=lambda item: (item.use_by, item.id))


def may_be_given(item: InventoryItem, today: dt.date) -> bool:
    """The condition of `offered`, of one item."""
    return item.available > 0 and item.use_by >= today and not item.hold_reason and item.lot.status == "available"


def drawn_from(cause: Any) -> int | None:
    """The part of a lot that a cause drew doses from."""
    name = f"{type(cause).__name__}:{cause.id}"
    query = select(StockMovement.inventory_item_id).where(StockMovement.cause == name, StockMovement.kind == "given")
    return db.session.scalar(query)


def offered(location_id: int, today: Any, or_else: Any = None) -> list[InventoryItem]:
    """What may be given at a place today: on hand, not reserved, in date, not on hold; first to be used up first.

    `or_else` is a condition of what else there shall be.
    Source: CVMS FAQ 25, expired inventory is not shown where doses are recorded.
    """
    today_it_may = and_(
        InventoryItem.doses > InventoryItem.reserved,
        InventoryItem.use_by >= today,
        InventoryItem.hold_reason.is_(None),
        Lot.status == "available",
    )
    query = (
        select(InventoryItem)
        .join(InventoryItem.lot)
        .options(contains_eager(InventoryItem.lot).joinedload(Lot.vaccine))
        .where(
            InventoryItem.location_id == location_id,
            today_it_may if or_else is None else or_(today_it_may, or_else),
        )
        .order_by(InventoryItem.use_by, InventoryItem.id)
    )
    return list(db.session.scalars(query))
