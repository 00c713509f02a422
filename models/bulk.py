"""Many rows in one go, below the ORM: what SQLAlchemy would work out anew for each row is worked out once for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 2_000
Turned = Callable[[Any], Any] | None


def claim_keys(connection: Connection, table: Table, count: int) -> list[int]:
    """Keys for `count` new rows, ours alone in this transaction."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        series = func.generate_series(1, count).table_valued("n")
        return list(connection.scalars(select(func.nextval(sequence)).select_from(series)))
    last = connection.scalar(select(func.max(table.c.id))) or 0  # the write lock is held since BEGIN
    return list(range(last + 1, last + 1 + count))


def insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], once: str = "") -> None:
    """Inserts rows that all have the same keys; values are turned as the column's type says.

    A row whose column `once` has a value that is there already is passed over. Values that the model gives by itself
    (defaults) are the caller's to give: raises ValueError where one is left out.
    """
    if not rows:
        return
    compiled = _compiled(connection.dialect, table, tuple(rows[0]), once)
    names = list(compiled.positiontup or rows[0])
    turns = [compiled._bind_processors.get(name) for name in names]
    for start in range(0, len(rows), CHUNK):
        columns = zip(*map(itemgetter(*names), rows[start : start + CHUNK]), strict=True)
        turned = zip(*map(_turned, columns, turns), strict=True)
        sent: Any = list(turned) if compiled.positional else [dict(zip(names, row, strict=True)) for row in turned]
        connection.exec_driver_sql(compiled.string, sent)


@lru_cache(maxsize=100)
def _compiled(dialect: Dialect, table: Table, keys: tuple[str, ...], once: str) -> Any:
    """The statement that inserts rows of these keys."""
    statement = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    if once:
        statement = statement.on_conflict_do_nothing(index_elements=[once])
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    if compiled.insert_prefetch:
        raise ValueError(f"{table.name} needs {[column.name for column in compiled.insert_prefetch]}")
    return compiled


def _turned(values: Iterable[Any], turn: Turned) -> Iterable[Any]:
    """The values of one column as the database takes them; a value that stands in row after row is turned once."""
    if turn is None:
        return values
    return _each(values, turn)


def _each(values: Iterable[Any], turn: Callable[[Any], Any]) -> Iterable[Any]:
    last, made = object(), None
    for value in values:
        if value is not last:
            last, made = value, turn(value)
        yield made
