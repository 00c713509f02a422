"""Defect: a wrong-typed filter value, an unknown filter, or thousands of filters is a 500 or is ignored.

Each value is turned into the column's type first; what cannot be is refused in words.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from dateutil import parser
from flask_appbuilder.exceptions import FABException
from flask_appbuilder.models.filters import Filters
from flask_babel import gettext as _
from flask_babel import to_utc
from werkzeug.exceptions import BadRequest

from app.fab.keys import key_from

MOST_FILTERS = 30
MOST_VALUES = 100
LONGEST = 500
YES, NO = ("y", "yes", "true", "1", "on"), ("n", "no", "false", "0", "off", "")
MAY_BE_EMPTY = ("eq", "neq")


class BadFilter(FABException, BadRequest):
    """A filter that cannot be applied; `str()` is for the person, `column` names the filter."""

    def __init__(self, message: str, column: str = ""):
        FABException.__init__(self, message)
        BadRequest.__init__(self, message)
        self.column = column

    def __str__(self) -> str:
        return str(self.description)


def whole_number(text: str) -> int:
    """A whole number of at most 64 bits."""
    number = int(text)
    if abs(number) > 2**63 - 1:
        raise ValueError(text)
    return number


def decimal_number(text: str) -> Decimal:
    """A finite number of reasonable size."""
    number = Decimal(text)
    if not number.is_finite() or abs(number) > Decimal(10) ** 15:
        raise ValueError(text)
    return number


def yes_or_no(text: str) -> bool:
    """A yes or a no, as forms and people write it."""
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise ValueError(text)


def row_key(text: str) -> int:
    """The key of a row."""
    key = key_from(text)
    if key is None:
        raise ValueError(text)
    return key


def some_words(text: str) -> str:
    """Words of bearable length."""
    if len(text) > LONGEST:
        raise ValueError(text)
    return text


def moment(text: str) -> dt.datetime:
    """A day, or a day and a time, of the reader's time zone; in UTC without tzinfo, as it is stored."""
    if len(text) > 32:
        raise ValueError(text)
    return to_utc(parser.isoparse(text))


def day(text: str) -> dt.date:
    """A day: ISO, or month/day/year as people write it here."""
    if "/" in text:
        month, day_, year = (int(part) for part in text.split("/"))
        return dt.date(year, month, day_)
    return dt.date.fromisoformat(text)


KINDS: tuple[tuple[str, Any], ...] = (
    ("is_relation", row_key),
    ("is_boolean", yes_or_no),
    ("is_integer", whole_number),
    ("is_float", decimal_number),
    ("is_numeric", decimal_number),
    ("is_datetime", moment),
    ("is_date", day),
)


def messages() -> dict[Any, str]:
    """What is said of a value that is not of the column's kind."""
    return {
        row_key: _("This is not the key of a record."),
        yes_or_no: _("Choose yes or no."),
        whole_number: _("This is not a whole number."),
        decimal_number: _("This is not a number."),
        moment: _("This is not a date and time, for example 2021-03-05 14:30."),
        day: _("This is not a date, for example 2021-03-05."),
        some_words: _("This is too long."),
    }


def typed(datamodel: Any, column: str, value: Any) -> Any:
    """The value in the column's type; raises BadFilter."""
    convert = next((turn for asks, turn in KINDS if getattr(datamodel, asks)(column)), some_words)
    if isinstance(value, dict | list) or value is None:
        raise BadFilter(_("A filter needs a value."), column)
    try:
        return convert(str(value).strip())
    except (ValueError, OverflowError, InvalidOperation, TypeError):
        raise BadFilter(messages()[convert], column) from None


def typed_values(filters: Filters, flt: Any, value: Any) -> Any:
    """The value or values of one filter, checked and typed."""
    if value is None and flt.arg_name in MAY_BE_EMPTY:
        return None
    if isinstance(value, list):
        if len(value) > MOST_VALUES:
            raise BadFilter(_("These are too many values for one filter."), flt.column_name)
        return [typed_values(filters, flt, one) for one in value]
    found = typed(filters.datamodel, flt.column_name, value)
    if flt.arg_name == "until" and isinstance(found, dt.datetime) and len(str(value).strip()) <= 10:
        try:
            return found + dt.timedelta(days=1, microseconds=-1)  # "until the 5th" means the whole day
        except OverflowError:
            return found  # the last day of the calendar
    return found


def _room_for_one_more(filters: Filters) -> None:
    if len(filters.filters) >= MOST_FILTERS:
        raise BadFilter(_("These are too many filters."))


def add_filter_index(filters: Filters, column_name: str, filter_instance_index: int, value: Any) -> None:
    """In place of FAB's: adds the filter that a parameter `_flt_<index>_<column>` names."""
    _room_for_one_more(filters)
    known = filters._all_filters.get(column_name)
    if known is None:
        return
    if filter_instance_index >= len(known):
        raise BadFilter(_("There is no such filter."), column_name)
    flt = known[filter_instance_index]
    values = [one for one in value if one != ""] if isinstance(value, list) else value
    if values != []:
        filters._add_filter(flt, typed_values(filters, flt, values))


def rest_add_filters(filters: Filters, data: Any) -> None:
    """In place of FAB's: adds the filters of an API call, each checked."""
    for given in data if isinstance(data, list) else [data]:
        if not isinstance(given, dict) or not {"col", "opr", "value"} <= given.keys():
            raise BadFilter(_("A filter names col, opr and value."))
        _room_for_one_more(filters)
        column, operation = str(given["col"]), str(given["opr"])
        if column not in filters.search_columns:
            raise BadFilter(_("This column cannot be filtered."), column)
        flt = next((one for one in filters._search_filters.get(column, []) if one.arg_name == operation), None)
        if flt is None:
            raise BadFilter(_("There is no such filter."), column)
        if isinstance(given["value"], list) and operation not in ("in", "not_in"):
            raise BadFilter(_("This filter takes one value."), column)
        value = given["value"]
        if operation in ("in", "not_in") and not isinstance(value, list):
            value = [value]
        filters._add_filter(flt, typed_values(filters, flt, value))


def install() -> None:
    """Replaces both ways by which a request's filters come in."""
    Filters.add_filter_index = add_filter_index
    Filters.rest_add_filters = rest_add_filters
