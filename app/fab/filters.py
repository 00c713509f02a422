"""Filters that FAB lacks: from and until, both ends included, and a prefix that an index serves."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.models.sqla.filters import SQLAFilterConverter, get_field_setup_query
from flask_babel import lazy_gettext as _l

ORDERED = ("is_integer", "is_numeric", "is_float", "is_date", "is_datetime")


class FilterFrom(BaseFilter):
    """This value or later."""

    name = _l("From")
    arg_name = "from"

    def apply(self, query: Any, value: Any) -> Any:
        query, field = get_field_setup_query(query, self.model, self.column_name)
        return query.filter(field >= value)


class FilterUntil(BaseFilter):
    """This value or earlier."""

    name = _l("Until")
    arg_name = "until"

    def apply(self, query: Any, value: Any) -> Any:
        query, field = get_field_setup_query(query, self.model, self.column_name)
        return query.filter(field <= value)


class FilterPrefix(BaseFilter):
    """Texts that begin so, as a range of a plain index; `ilike` reads the whole table."""

    name = _l("Begins with")
    arg_name = "prefix"

    def apply(self, query: Any, value: Any) -> Any:
        query, field = get_field_setup_query(query, self.model, self.column_name)
        return query.filter(field >= value, field < value + "\U0010ffff")


class FilterConverter(SQLAFilterConverter):
    """FAB's filters in FAB's order, ours after them."""

    conversion_table = tuple(
        (asks, [*filters, FilterFrom, FilterUntil] if asks in ORDERED else filters)
        for asks, filters in SQLAFilterConverter.conversion_table
    )
