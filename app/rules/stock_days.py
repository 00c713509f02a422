"""Each day's sums of the ledger, kept in the transaction of the movement: figures need not read every movement."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Date, DateTime, Integer, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from models.base import db, utcnow
from models.stock import StockDay, StockMovement

SUM_OF = ("inventory_item_id", "location_id", "lot_id", "kind")


def add(new: ColumnElement[bool]) -> None:
    """Adds the movements that the condition names, once each, to the sums of their days.

    A sum belongs to one inventory item, whose balance the transaction has changed before: two never wait for each
    other crosswise.
    """
    connection = db.session.connection()
    movements, table = StockMovement.__table__, StockDay.__table__
    by = [movements.c[name] for name in SUM_OF] + [func.date(movements.c.at, type_=Date)]
    facts = [*by, func.sum(movements.c.doses), literal(1, Integer), literal(utcnow(), DateTime)]
    rows = select(*facts).where(new).group_by(*by)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    names = [*SUM_OF, "day", "doses", "row_version", "created_at"]
    insert = dialect.insert(table).from_select(names, rows, include_defaults=False)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["inventory_item_id", "kind", "day"],
            set_={"doses": table.c.doses + insert.excluded.doses, "row_version": table.c.row_version + 1},
        )
    )
