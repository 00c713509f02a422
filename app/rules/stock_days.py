"""Each day's sums of the ledger, kept in the transaction of the movement: figures need not read every movement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Integer, bindparam, func, literal, select

from models.base import db, utcnow
from models.kept_sql import DIALECTS, kept
from models.stock import StockDay, StockMovement

SUM_OF = ("inventory_item_id", "location_id", "lot_id", "kind")


def add(new: ColumnElement[bool]) -> None:
    """Adds the movements that the condition names, once each, to the sums of their days.

    A sum belongs to one inventory item, whose balance the transaction has changed before: two never wait for each
    other crosswise.
    """
    connection = db.session.connection()
    connection.execute(_sums(connection.dialect.name, new), {"now": utcnow()})


def add_each(movements: Sequence[StockMovement]) -> None:
    """The same for a few movements that are written already."""
    connection, now = db.session.connection(), utcnow()
    connection.execute(_sums_of_one(connection.dialect.name), [{"now": now, "key": one.id} for one in movements])


@cache
def _sums_of_one(dialect: str) -> Any:
    return kept(_sums(dialect, StockMovement.__table__.c.id == bindparam("key")), dialect)


def _sums(dialect: str, new: ColumnElement[bool]) -> Any:
    movements, table = StockMovement.__table__, StockDay.__table__
    by = [movements.c[name] for name in SUM_OF] + [func.date(movements.c.at, type_=Date)]
    facts = [*by, func.sum(movements.c.doses), literal(1, Integer), bindparam("now", type_=DateTime)]
    rows = select(*facts).where(new).group_by(*by)
    names = [*SUM_OF, "day", "doses", "row_version", "created_at"]
    insert = DIALECTS[dialect].insert(table).from_select(names, rows, include_defaults=False)
    return insert.on_conflict_do_update(
        index_elements=["inventory_item_id", "kind", "day"],
        set_={"doses": table.c.doses + insert.excluded.doses, "row_version": table.c.row_version + 1},
    )
