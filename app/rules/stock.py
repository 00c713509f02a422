"""The ledger: the one writer of stock movements and balances."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager

from models.base import RuleBroken, db, utcnow
from models.scope import Reach
from models.stock import TOTALS, InventoryItem, Lot, StockMovement


def post(cause: Any, by: Reach, at: dt.datetime | None = None) -> list[StockMovement]:
    """Posts a cause's movements and changes the balances in the same transaction; `at` (UTC) is now if not given.

    Raises RuleBroken (field "lot") when a balance would fall below what is reserved; nothing is moved then.
    """
    db.session.flush()
    name = f"{type(cause).__name__}:{cause.id}"
    also = cause.movement_facts() if hasattr(cause, "movement_facts") else {}
    lines = [_line(name, *movement, by, at or utcnow(), also) for movement in cause.movements()]
    db.session.add_all(lines)
    db.session.flush()
    return lines


def _line(
    cause: str,
    location_id: int,
    lot_id: int,
    doses: int,
    kind: str,
    by: Reach,
    at: dt.datetime,
    also: dict[str, Any],
) -> StockMovement:
    item_id = _change_balance(location_id, lot_id, doses, kind)
    return StockMovement(
        inventory_item_id=item_id,
        location_id=location_id,
        lot_id=lot_id,
        doses=doses,
        kind=kind,
        cause=cause,
        at=at,
        by_id=by.user_id,
        **also,
    )


def _change_balance(location_id: int, lot_id: int, doses: int, kind: str) -> int:
    """One conditional UPDATE: no row matched means not enough, however many draw at once."""
    here = (InventoryItem.location_id == location_id, InventoryItem.lot_id == lot_id)
    if doses > 0:
        _make_item(location_id, lot_id)
    total, sign = TOTALS[kind]
    summed = getattr(InventoryItem, total) + sign * doses
    _update(
        (*here, InventoryItem.doses + doses >= InventoryItem.reserved),
        {"doses": InventoryItem.doses + doses, total: summed},
        used_up() if kind == "given" else _("There are not enough doses of this lot at this place."),
    )
    _forget(lambda item: item.location_id == location_id and item.lot_id == lot_id)
    return db.session.scalars(select(InventoryItem.id).where(*here)).one()


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


def _make_item(location_id: int, lot_id: int) -> None:
    """The first doses of a lot at a place open its balance; two at once open it once."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    values = {
        "location_id": location_id, "lot_id": lot_id, "doses": 0, "row_version": 1, "created_at": utcnow(),
        "use_by": select(Lot.__table__.c.expires_on).where(Lot.__table__.c.id == lot_id).scalar_subquery(),
    }  # fmt: skip
    insert = dialect.insert(InventoryItem.__table__).values(**values)
    db.session.execute(insert.on_conflict_do_nothing(index_elements=["location_id", "lot_id"]))


def offered(location_id: int, today: Any, with_recalled: bool = False) -> list[InventoryItem]:
    """What may be given at a place today: on hand, not reserved, in date, not on hold; first to be used up first.

    `with_recalled` adds what is left of recalled lots, of which a dose may have been given before the recall.
    Source: CVMS FAQ 25, expired inventory is not shown where doses are recorded.
    """
    may_be_given = and_(InventoryItem.use_by >= today, InventoryItem.hold_reason.is_(None), Lot.status == "available")
    query = (
        select(InventoryItem)
        .join(InventoryItem.lot)
        .options(contains_eager(InventoryItem.lot).joinedload(Lot.vaccine))
        .where(
            InventoryItem.location_id == location_id,
            InventoryItem.doses > InventoryItem.reserved,
            or_(may_be_given, Lot.recalled_at.is_not(None)) if with_recalled else may_be_given,
        )
        .order_by(InventoryItem.use_by, InventoryItem.id)
    )
    return list(db.session.scalars(query))
