"""Many rows in one go, below the ORM: what SQLAlchemy would work out anew for each row is worked out once for all."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 2_000
_LENGTH = re.compile(r"\([^)]*\)")
Turned = Callable[[Any], Any] | None


def claim_keys(connection: Connection, table: Table, count: int) -> list[int]:
    """Keys for `count` new rows, ours alone in this transaction."""
    if connection.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        series = func.generate_series(1, count).table_valued("n")
        return list(connection.scalars(select(func.nextval(sequence)).select_from(series)))
    last = connection.scalar(select(func.max(table.c.id))) or 0  # the write lock is held since BEGIN
    return list(range(last + 1, last + 1 + count))


def random_words(count: int) -> list[str]:
    """As many words as `secrets.token_urlsafe(16)` gives: 22 letters that nobody guesses; the system is asked once."""
    drawn = secrets.token_urlsafe(18 * count)  # 24 letters each, of which 22 are taken
    return [drawn[at : at + 22] for at in range(0, 24 * count, 24)]


def insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], once: str = "") -> None:
    """Inserts rows that all have the same keys; values are turned as the column's type says.

    A row whose column `once` has a value that is there already is passed over. Values that the model gives by itself
    (defaults) are the caller's to give: raises ValueError where one is left out.
    """
    if not rows:
        return
    compiled = _compiled(connection.dialect, table, tuple(rows[0]), once)
    is_postgresql = connection.dialect.name == "postgresql"
    names = list(compiled.positiontup or rows[0])
    turns = [_turn_of(table.c[name], compiled, in_json=is_postgresql) for name in names]
    for start in range(0, len(rows), CHUNK):
        columns = zip(*map(itemgetter(*names), rows[start : start + CHUNK]), strict=True)
        turned = zip(*map(_turned, columns, turns), strict=True)
        if is_postgresql:
            sent = json.dumps([dict(zip(names, row, strict=True)) for row in turned], default=_as_word)
            connection.exec_driver_sql(_at_once(connection.dialect, table, tuple(names), once), (sent,))
        else:
            connection.exec_driver_sql(compiled.string, list(turned))


def _turn_of(column: Any, compiled: Any, in_json: bool) -> Turned:
    """How a column's values become what the database takes; JSON stays as it is inside more of it."""
    return None if in_json and isinstance(column.type, JSON) else compiled._bind_processors.get(column.name)


@lru_cache(maxsize=100)
def _at_once(dialect: Dialect, table: Table, names: tuple[str, ...], once: str) -> str:
    """An INSERT of many rows out of one value: planned once, and what row security asks is asked once.

    The types have no lengths: a cast to a length would cut off what the column itself refuses.
    """
    quoted = dialect.identifier_preparer.quote
    kinds = {name: _LENGTH.sub("", table.c[name].type.compile(dialect)) for name in names}
    typed = ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())
    into = f"INSERT INTO {quoted(table.name)} ({', '.join(map(quoted, names))})"
    passing = f" ON CONFLICT ({quoted(once)}) DO NOTHING" if once else ""
    return f"{into} SELECT * FROM json_to_recordset(%s::JSON) AS given({typed}){passing}"  # noqa: S608 - our own names


def _as_word(value: Any) -> str:
    """What JSON has no form for, as PostgreSQL reads it; raises TypeError for what it would read otherwise."""
    if isinstance(value, dt.date | dt.time | Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


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
