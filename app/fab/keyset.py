"""Defect: a page far down is found by counting off every row before it, so that it costs what those cost.

A page is named by the row it follows or precedes (`page_<view>=after-<key>-<number>`): the database steps into an
index at that row. The name holds the row's key and the number of the page's first row, never what a column says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, asc, desc, literal, tuple_

NAME = re.compile(r"(after|before)-(\d{1,18})-(\d{1,9})|last")


@dataclass(frozen=True)
class Place:
    """Which page is meant: after a row, before a row, or the last; `number` is that of its first row, from 0."""

    where: str
    key: int = 0
    number: int | None = None

    def __str__(self) -> str:
        return self.where if self.where == "last" else f"{self.where}-{self.key}-{self.number or 0}"


@dataclass(frozen=True)
class Pager:
    """What leads on from a page: names of the pages before and after it, and the number of its first row, from 0."""

    number: int | None = 0
    previous: Place | None = None
    next: Place | None = None


class Rows(list[Any]):
    """The rows of a page, and what leads on from it."""

    pager = Pager()


def named(words: str) -> Place | None:
    """The page of this name; None for any other words."""
    found = NAME.fullmatch(words)
    if found is None:
        return None
    return Place("last") if words == "last" else Place(found[1], int(found[2]), int(found[3]))


@dataclass(frozen=True)
class Order:
    """An order of rows by one column and, within it, by key: read forwards, or backwards from the end."""

    column: Any
    key: Any
    is_ascending: bool
    nulls_first: bool  # where an ascending order of this database puts rows without a value

    def backwards(self) -> Order:
        """The same order from its end."""
        return Order(self.column, self.key, not self.is_ascending, self.nulls_first)

    def by(self) -> tuple[Any, ...]:
        """What ORDER BY says."""
        direction = asc if self.is_ascending else desc
        return (direction(self.key),) if self.by_key else (direction(self.column), direction(self.key))

    @property
    def by_key(self) -> bool:
        """Whether the key alone orders."""
        return self.column is self.key or getattr(self.column, "key", None) == self.key.key

    def stretches_after(self, value: Any, key: Any) -> Iterator[ColumnElement[bool]]:
        """The rows after one row as stretches that follow each other, each served by an index on (column, key)."""
        beyond = self.key > key if self.is_ascending else self.key < key
        if self.by_key:
            yield beyond
            return
        nulls_come_last = self.nulls_first != self.is_ascending
        if value is None:
            yield and_(self.column.is_(None), beyond)
            if not nulls_come_last:
                yield self.column.is_not(None)
            return
        # As one comparison of both: an index on them is entered at that very row, however many have the same value.
        here = tuple_(self.column, self.key)
        there = tuple_(literal(value, self.column.type), literal(key, self.key.type))
        yield here > there if self.is_ascending else here < there
        if nulls_come_last and self.column.property.columns[0].nullable:
            yield self.column.is_(None)
