"""A list of rows as a table inside one SQL statement: one bound value, whatever the number of rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    String,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine


def rows_of(dialect: str, name: str, columns: dict[str, TypeEngine[Any]], rows: Sequence[Sequence[Any]]) -> FromClause:
    """`rows` as a table `name` with typed `columns`; works on SQLite and PostgreSQL."""
    if dialect == "postgresql":
        wanted = [dict(zip(columns, row, strict=True)) for row in rows]
        made = func.json_to_recordset(cast(bindparam(None, json.dumps(wanted), Text), JSON))
        return made.table_valued(*(column(key, kind) for key, kind in columns.items()), name=name).render_derived(
            name=name, with_types=True
        )
    single = len(columns) == 1
    given = json.dumps([row[0] for row in rows] if single else rows)
    each = func.json_each(bindparam(None, given, Text)).table_valued("value", name=f"{name}_json")
    if single:
        ((key, kind),) = columns.items()
        return select(type_coerce(each.c.value, kind).label(key)).limit(-1).subquery(name)
    # The limit (none) keeps SQLite from joining against the JSON itself: it makes a table of it once, with an index.
    taken = select(
        *(
            func.json_extract(each.c.value, f"$[{place}]", type_=kind).label(key)
            for place, (key, kind) in enumerate(columns.items())
        )
    )
    return taken.limit(-1).subquery(name)


def among(dialect: str, words: ColumnElement[str], wanted: Sequence[str]) -> ColumnElement[bool]:
    """Whether the words are among those wanted: one bound value, that PostgreSQL looks up by an index or a hash.

    Its planner guesses at the length of a list in JSON, and may walk through the list for each row.
    """
    if dialect == "postgresql":
        return words == any_(cast(bindparam(None, list(wanted), ARRAY(String())), ARRAY(String())))
    return words.in_(select(rows_of(dialect, "asked", {"key": String()}, [[one] for one in wanted]).c.key))
