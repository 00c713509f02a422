"""What is declared of a column, and its values, in the reader's words: labels, codes, dates, yes and no."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from babel import dates
from flask import current_app, g
from flask_babel import format_datetime, format_decimal, get_locale, to_user_timezone
from flask_babel import gettext as _
from sqlalchemy.orm import Mapper

from models.base import choices_of, codes_in, db
from models.enrollment import Location
from models.registry import entities

NOTHING = "–"
# A relation's own name says more than the label of what names it: "Location", not "Name".
NAMING = ("name", "full_name")
KEPT = (str, int, float, Decimal, dt.date)  # what a spreadsheet has of its own


@dataclass(frozen=True)
class Described:
    """One shown column of an entity: where a dotted path ends, and what is declared along it."""

    path: str
    label: Any
    help: Any = None
    info: dict[str, Any] = field(default_factory=dict)
    column: Any = None
    relation: Any = None
    is_personal: bool = False


def describe(entity: Any, path: str) -> Described:
    """What is declared of a column, a relation, or a dotted path; raises TypeError for an unknown one."""
    label: Any = None
    personal = False
    *through, leaf = path.split(".")
    for name in through:
        relation = _mapper(entity).relationships.get(name)
        if relation is None:
            raise TypeError(f"{entity.__name__} has no relation {name} (in {path})")
        info = relation_info(relation)
        label, personal = info.get("label", name), personal or bool(info.get("personal"))
        entity = relation.mapper.class_
    mapper = _mapper(entity)
    if leaf in mapper.relationships:
        relation = mapper.relationships[leaf]
        info = relation_info(relation)
        found = Described(path, info.get("label", leaf), info.get("help"), info, relation=relation)
    elif leaf in mapper.columns:
        column = mapper.columns[leaf]
        found = Described(path, column.info.get("label", leaf), column.info.get("help"), column.info, column=column)
    elif hasattr(entity, leaf):
        found = Described(path, leaf.replace("_", " ").capitalize(), info={"personal": leaf == "full_name"})
    else:
        raise TypeError(f"{entity.__name__} has no {leaf} (in {path})")
    wording = label if through and leaf in NAMING else found.label
    return Described(
        path,
        wording,
        found.help,
        found.info,
        found.column,
        found.relation,
        personal or bool(found.info.get("personal")),
    )


def _mapper(entity: Any) -> Mapper[Any]:
    return entity.__mapper__


def relation_info(relation: Any) -> dict[str, Any]:
    """What is declared of a relation, its key column's words where it has none of its own."""
    key = next(iter(relation.local_columns)) if relation.direction.name == "MANYTOONE" else None
    return {**(key.info if key is not None else {}), **relation.info}


def formatter(what: Described) -> Callable[[Any], str]:
    """How the values of a column are shown to a person."""

    def in_words(value: Any) -> str:
        if value is None or value == "":
            return NOTHING
        choices = choices_of(what.info)
        if choices is not None and not isinstance(value, bool):
            return ", ".join(str(choices.get(code, code)) for code in codes_in(what.info, value))
        if what.info.get("format") == "phone" and isinstance(value, str) and len(value) == 10:
            return f"({value[:3]}) {value[3:6]}-{value[6:]}"
        if what.info.get("format") == "translated":
            return _(value)
        if what.info.get("format") == "cause":
            return _cause(value)
        return words_of(value)

    return in_words


def _cause(value: str) -> str:
    """What posted a line of the ledger, which names it as "Dose:219": its own word and number."""
    name, _colon, number = value.partition(":")
    entity: Any = entities().get(name)
    return f"{entity.called[0]} {number}" if entity else value


@lru_cache(maxsize=4096)
def _day(day: dt.date, locale: str) -> str:
    return dates.format_date(day, "medium", locale)


def words_of(value: Any) -> str:
    """Any value as a person reads it, in the language and time zone in force."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dt.datetime):
        return format_datetime(value, "medium")
    if isinstance(value, dt.date):
        return _day(value, str(get_locale()))
    if isinstance(value, Decimal):
        return format_decimal(value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_inner(inner)}" for name, inner in value.items()) or NOTHING
    if isinstance(value, list | tuple | set):
        return "\n".join(_inner(inner) for inner in value) or NOTHING
    return str(value)


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return words_of(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def cell(what: Described) -> Callable[[Any], Any]:
    """How the values of a column are written to a spreadsheet: words, but numbers and days stay what they are.

    For one file of one reader: the words of a code are looked up once.
    """
    in_words = formatter(what)
    is_coded, is_cause = choices_of(what.info) is not None, what.info.get("format") == "cause"
    said: dict[str, str] = {}

    def to_cell(value: Any) -> Any:
        kind = type(value)
        if value is None or (kind is str and not value):
            return None
        if is_coded and kind is str:
            if value not in said:
                said[value] = in_words(value)
            return said[value]
        if is_coded or is_cause or kind is bool:
            return in_words(value)
        if kind in KEPT:
            return value
        if isinstance(value, dt.datetime):
            return to_user_timezone(value).replace(tzinfo=None, microsecond=0)
        return in_words(value)

    return to_cell


def getter(what: Described) -> Callable[[Any], Any]:
    """`value_at` of a column, for many rows."""
    if what.column is None and what.relation is None:
        return lambda row: value_at(row, what.path)
    if "." not in what.path:
        return attrgetter(what.path)
    first, rest = what.path.split(".", 1)
    return lambda row: None if (found := getattr(row, first)) is None else value_at(found, rest)


def value_at(row: Any, path: str) -> Any:
    """The value at a dotted path; None as soon as there is nothing on the way."""
    for name in path.split("."):
        if row is None:
            return None
        row = getattr(row, name)
    return row() if callable(row) else row


def time_zone() -> str:
    """The time zone in which instants are shown: that of the location in force, else the state's."""
    reach = g.get("reach")
    state = str(current_app.config.get("TIME_ZONE", "UTC"))
    if reach is None or reach.location_id is None:
        return state
    if "time_zone_of_place" not in g:
        place = db.session.get(Location, reach.location_id)  # most pages of a place have it already
        g.time_zone_of_place = place.time_zone if place is not None else None
    return g.time_zone_of_place or state
