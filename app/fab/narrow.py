"""Defect: whole rows are read, with every column of their relations, where a few columns are asked for.

A list of 25 does not feel it; a file of a hundred thousand rows does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import load_only, selectinload


def only(entity: Any, paths: Iterable[str]) -> list[Any]:
    """Load options for these columns, relations and dotted paths, and nothing besides.

    What is told by its own words, a relation or a property, may look at any of its columns, and at those of what it
    points at: it is read whole, and so is what is named beyond it.
    """
    return _only(entity, [tuple(path.split(".")) for path in paths])


def _only(entity: Any, paths: list[tuple[str, ...]], is_whole: bool = False) -> list[Any]:
    mapper, columns, through = entity.__mapper__, set(), {}
    is_whole = is_whole or () in paths
    for first, *rest in filter(None, paths):
        if first in mapper.relationships:
            through.setdefault(first, []).append(tuple(rest))
        elif first in mapper.columns:
            columns.add(first)
        else:
            is_whole = True
    options = [
        selectinload(getattr(entity, name)).options(*_only(mapper.relationships[name].mapper.class_, rests, is_whole))
        for name, rests in through.items()
    ]
    if is_whole:
        return options
    keys = {
        mapper.get_property_by_column(one).key for name in through for one in mapper.relationships[name].local_columns
    }
    return [load_only(*(getattr(entity, name) for name in sorted(columns | keys or {"id"}))), *options]
