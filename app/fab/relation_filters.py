"""Defect: a filter by a relation loads the row named; one out of reach becomes "rows without any".

The key itself is compared: no look-up, no difference between a foreign row and none.
"""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.sqla.filters import FilterRelationOneToManyEqual, FilterRelationOneToManyNotEqual

from app.fab.keys import key_from


def key_column(model: Any, relation: str) -> Any:
    """The attribute that holds the key of a many-to-one relation."""
    mapper = model.__mapper__
    column = next(iter(mapper.relationships[relation].local_columns))
    return getattr(model, mapper.get_property_by_column(column).key)


def is_row(self: Any, query: Any, value: Any) -> Any:
    """Rows whose relation has this key."""
    return query.filter(key_column(self.model, self.column_name) == key_from(value))


def is_not_row(self: Any, query: Any, value: Any) -> Any:
    """Rows whose relation has another key."""
    return query.filter(key_column(self.model, self.column_name) != key_from(value))


def install() -> None:
    """Replaces how both filters are applied."""
    FilterRelationOneToManyEqual.apply = is_row
    FilterRelationOneToManyNotEqual.apply = is_not_row
