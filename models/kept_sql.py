"""Statements that SQLAlchemy would compile at each use: of INSERT ... ON CONFLICT it keeps nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects import postgresql, sqlite

DIALECTS = {"postgresql": postgresql, "sqlite": sqlite}


def kept(statement: Any, dialect: str) -> TextClause:
    """The words of a statement of named parameters; whoever keeps the answer has it compiled once."""
    compiled = statement.compile(dialect=DIALECTS[dialect].dialect(paramstyle="named"))  # type: ignore[attr-defined]
    given = compiled.bind_names.items()
    return text(compiled.string).bindparams(
        *(bindparam(name, one.value, type_=one.type, required=one.required) for one, name in given)
    )
