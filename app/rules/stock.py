"""The ledger: the one writer of stock movements and balances."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager

from models.base import RuleBroken, db, utcnow
from models.scope import Reach
from models.stock import InventoryItem, Lot, StockMovement


def post(cause: Any, by: Reach, at: dt.datetime | None = None) -> list[StockMovement]:
    """Posts a cause's movements and changes the balances in the same transaction; `at` (UTC) is now if not given.

    Raises RuleBroken (field "lot") when a balance would fall below zero; nothing is moved then.
    """
    db.session.flush()
    name = f"{type(cause).__name__}:{cause.id}"
    lines = [_line(name, *movement, by, at or utcnow()) for movement in cause.movements()]
    db.session.add_all(lines)
    db.session.flush()
    return lines


def _line(
    cause: str, location_id: int, lot_id: int, doses: int, kind: str, by: Reach, at: dt.datetime
) -> StockMovement:
    item_id = _change_balance(location_id, lot_id, doses)
    return StockMovement(
        inventory_item_id=item_id,
        location_id=location_id,
        lot_id=lot_id,
        doses=doses,
        kind=kind,
        cause=cause,
        at=at,
        by_id=by.user_id,
    )


def _change_balance(location_id: int, lot_id: int, doses: int) -> int:
    """One conditional UPDATE: no row matched means not enough, however many draw at once."""
    here = (InventoryItem.location_id == location_id, InventoryItem.lot_id == lot_id)
    if doses > 0:
        _make_item(location_id, lot_id)
    statement = (
        update(InventoryItem)
        .where(*here, InventoryItem.doses + doses >= 0)
        .values(doses=InventoryItem.doses + doses, row_version=InventoryItem.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(statement).rowcount != 1:
        raise RuleBroken(_("There are not enough doses of this lot at this place."), field="lot")
    for item in list(db.session.identity_map.values()):
        if isinstance(item, InventoryItem) and item.location_id == location_id and item.lot_id == lot_id:
            db.session.expire(item)
    return db.session.scalars(select(InventoryItem.id).where(*here)).one()


def _make_item(location_id: int, lot_id: int) -> None:
    """The first doses of a lot at a place open its balance; two at once open it once."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"location_id": location_id, "lot_id": lot_id, "doses": 0, "row_version": 1, "created_at": utcnow()}
    insert = dialect.insert(InventoryItem.__table__).values(**values)
    db.session.execute(insert.on_conflict_do_nothing(index_elements=["location_id", "lot_id"]))


def offered(location_id: int, today: Any) -> list[InventoryItem]:
    """What may be given at a place today: on hand, unexpired, not recalled; soonest to expire first.

    Source: CVMS FAQ 25, expired inventory is not shown where doses are recorded.
    """
    query = (
        select(InventoryItem)
        .join(InventoryItem.lot)
        .options(contains_eager(InventoryItem.lot).joinedload(Lot.vaccine))
        .where(
            InventoryItem.location_id == location_id,
            InventoryItem.doses > 0,
            Lot.expires_on >= today,
            Lot.status == "available",
        )
        .order_by(Lot.expires_on, InventoryItem.id)
    )
    return list(db.session.scalars(query))


def check_ledger() -> dict[str, Any]:
    """Proves balance = sum of movements for each item: {"items": n, "movements": n, "broken": [..]}.

    A broken row is {"inventory_item": key, "location": key, "lot": key, "balance": n, "movements": n}.
    """
    moved = (
        select(StockMovement.inventory_item_id, func.sum(StockMovement.doses).label("moved"))
        .group_by(StockMovement.inventory_item_id)
        .subquery()
    )
    total = func.coalesce(moved.c.moved, literal_column("0"))
    wrong = (
        select(InventoryItem.id, InventoryItem.location_id, InventoryItem.lot_id, InventoryItem.doses, total)
        .outerjoin(moved, moved.c.inventory_item_id == InventoryItem.id)
        .where(InventoryItem.doses != total)
    )
    broken = [
        {"inventory_item": item, "location": location, "lot": lot, "balance": int(balance), "movements": int(sum_)}
        for item, location, lot, balance, sum_ in db.session.execute(wrong)
    ]
    broken += _doses_that_do_not_agree()
    return {
        "items": db.session.scalar(select(func.count()).select_from(InventoryItem)),
        "movements": db.session.scalar(select(func.count()).select_from(StockMovement)),
        "broken": broken,
    }


def _doses_that_do_not_agree() -> list[dict[str, Any]]:
    """Places and lots whose doses given are not the doses the ledger says were given."""
    from models.doses import Dose

    given = (
        select(Dose.location_id, Dose.lot_id, func.count().label("n"))
        .where(Dose.status == "given", Dose.is_historical.is_(False), Dose.lot_id.is_not(None))
        .group_by(Dose.location_id, Dose.lot_id)
        .subquery()
    )
    ledger = (
        select(StockMovement.location_id, StockMovement.lot_id, (-func.sum(StockMovement.doses)).label("n"))
        .where(StockMovement.kind.in_(("given", "given_back")))
        .group_by(StockMovement.location_id, StockMovement.lot_id)
        .subquery()
    )
    query = (
        select(given.c.location_id, given.c.lot_id, given.c.n, ledger.c.n)
        .outerjoin(ledger, (ledger.c.location_id == given.c.location_id) & (ledger.c.lot_id == given.c.lot_id))
        .where(func.coalesce(ledger.c.n, 0) != given.c.n)
    )
    return [
        {"location": location, "lot": lot, "doses": int(doses), "given": int(moved or 0)}
        for location, lot, doses, moved in db.session.execute(query)
    ]
