"""How rows look as JSON: flat, by the names of their columns, a relation as the key of its row.

FAB's own converter answers a relation with every column of the row it points at, password hashes included.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import types

from views.fields import is_required
from views.words import Described, describe

KINDS: tuple[tuple[type, type[fields.Field]], ...] = (
    (types.Boolean, fields.Boolean),
    (types.DateTime, fields.DateTime),
    (types.Date, fields.Date),
    (types.Integer, fields.Integer),
    (types.Numeric, fields.Decimal),
    (types.JSON, fields.Raw),
    (types.String, fields.String),
)


class Converter:
    """Stands in for FAB's `Model2SchemaConverter`."""

    def __init__(self, datamodel: Any, validators_columns: Any):
        self.entity = datamodel.obj

    def convert(
        self, columns: list[str], model: Any = None, nested: bool = True, parent_schema_name: str | None = None
    ) -> Schema:
        """The schema of these columns; those of forms (`nested=False`) say which must be given."""
        made = {name: self._field(describe(self.entity, name), for_form=not nested) for name in columns}
        return Schema.from_dict(made, name=parent_schema_name or f"{self.entity.__name__}Chosen")()

    def _field(self, what: Described, for_form: bool) -> fields.Field:
        said: dict[str, Any] = {"attribute": what.path, "metadata": {"description": str(what.label)}}
        column = what.column
        if what.relation is not None:
            column = next(iter(what.relation.local_columns))
            said["attribute"] = ".".join([*what.path.split(".")[:-1], key_name(what.relation)])
        if column is None:
            return fields.String(dump_only=True, **said)
        said |= {"allow_none": bool(column.nullable), "required": for_form and is_required(column)}
        kind = next((field for type_, field in KINDS if isinstance(column.type, type_)), fields.String)
        if kind is fields.Decimal:
            said["as_string"] = True
        return kind(**said)


def key_name(relation: Any) -> str:
    """The attribute that holds the key of a many-to-one relation."""
    return relation.parent.get_property_by_column(next(iter(relation.local_columns))).key
