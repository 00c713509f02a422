"""Who of the file is here already: one set-based look-up, shared by preview and commit."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Date, Row, String, Text, and_, bindparam, cast, func, or_, select

from app.rules.recipients import marks, share_a_mark
from models.base import db
from models.recipients import Recipient

NEAR = 2  # letters by which first names may differ and still be taken for one person's
BATCH = 1_000
PEOPLE = Recipient.__table__
Leg = tuple[int, str, str, str]  # number of the row, birth date, last name's key, first name's key or "" for any


def candidates(people: Iterable[tuple[int, tuple[str, str, dt.date]]]) -> dict[int, list[Row[Any]]]:
    """For each numbered (first key, last key, birth date): the stored people who may be the same."""
    found: dict[int, list[Row[Any]]] = {}
    people = iter(people)
    dialect = db.session.get_bind().dialect.name
    while some := list(islice(people, BATCH)):
        legs = [leg for number, identity in some for leg in _legs(number, *identity)]
        asked = {"asked": json.dumps([f"{born}{last}|{first}" for _number, born, last, first in legs])}
        for row in db.session.execute(_look_up(dialect), asked, execution_options={"unscoped": "match_person"}):
            found.setdefault(legs[row.leg][0], []).append(row)
    return found


def _legs(number: int, first: str, last: str, born: dt.date) -> Iterator[Leg]:
    """What is looked up for one person: each leg is a range of one index."""
    day = born.isoformat()
    yield number, day, last, ""
    if first != last:
        yield number, day, first, last
    turned = day_and_month_swapped(born)
    if turned:
        yield number, turned.isoformat(), last, first


@cache
def _look_up(dialect: str) -> Any:
    """The people of each leg of `asked`, a list in JSON: "birth date, last name's key|first name's key or nothing".

    One text a leg: SQLite takes three parts out of a text sooner than out of a list within a list.
    """
    given = bindparam("asked", type_=Text)
    if dialect == "postgresql":
        each: Any = func.json_array_elements_text(cast(given, JSON)).table_valued("value", with_ordinality="nth")
        each = each.render_derived(name="asked_json")
        leg, bar = (each.c.nth - 1).label("leg"), func.strpos(each.c.value, "|")
        born = cast(func.left(each.c.value, 10), Date)
    else:
        each = func.json_each(given).table_valued("key", "value", name="asked_json")
        leg, bar = each.c.key.label("leg"), func.instr(each.c.value, "|")
        born = func.substr(each.c.value, 1, 10, type_=Date)
    last = func.substr(each.c.value, 11, bar - 11, type_=String)
    first = func.substr(each.c.value, bar + 1, type_=String)
    # Without a limit or offset SQLite would join against the JSON itself, and PostgreSQL take the functions into the
    # comparison, which row security then keeps from any index: they are not leakproof.
    taken = select(leg, born.label("born"), last.label("last"), first.label("first"))
    asked = (taken.limit(-1) if dialect == "sqlite" else taken.offset(0)).subquery("asked")
    same = and_(
        PEOPLE.c.birth_date == asked.c.born,
        PEOPLE.c.last_key == asked.c.last,
        or_(asked.c.first == "", PEOPLE.c.first_key == asked.c.first),
    )
    return select(asked.c.leg, *PEOPLE.c).select_from(asked.join(PEOPLE, same))


def day_and_month_swapped(born: dt.date) -> dt.date | None:
    """The date with day and month changed about; None where that is no other date."""
    if born.day > 12 or born.day == born.month:
        return None
    return born.replace(month=born.day, day=born.month)


def same_people(values: dict[str, Any], identity: tuple[str, str, dt.date], found: list[Row[Any]]) -> list[Row[Any]]:
    """Those of `found` who are this very person: same names and birth date, and one mark."""
    mine = marks(values)
    return [
        row
        for row in found
        if (row.first_key, row.last_key, row.birth_date) == identity and share_a_mark(mine, marks(row._mapping))
    ]


def looks_alike(identity: tuple[str, str, dt.date], row: Row[Any]) -> bool:
    """Whether a candidate is probably the same person, for a human to decide."""
    first, last, born = identity
    if row.birth_date != born:  # found by the day and month changed about
        return True
    if row.last_key == last and near(first, row.first_key):
        return True
    return row.last_key == first and row.first_key == last


def near(one: str, other: str, most: int = NEAR) -> bool:
    """Whether two words differ by at most `most` letters added, left out or replaced."""
    if abs(len(one) - len(other)) > most:
        return False
    above = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        row = [at]
        for place, against in enumerate(other, start=1):
            row.append(min(above[place] + 1, row[-1] + 1, above[place - 1] + (letter != against)))
        if min(row) > most:
            return False
        above = row
    return above[-1] <= most
