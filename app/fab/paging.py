"""Reads one page of keys: by number near the start, else from a row on, forwards or backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.fab.keyset import Order, Pager, Place

StartOf = Callable[[int], Any]


def page_of(
    keys: Any, order: Order, page: int | Place, size: int, start_of: StartOf, count: int
) -> tuple[list[int], Pager]:
    """The keys of a page and what leads on from it.

    `keys`: the query of all rows of the list. `start_of(key)`: the ordered column of a row as a row of one, or None
    for a row that is gone or out of reach: then the first page is answered. `count`: how many rows were counted.
    """
    if isinstance(page, int):
        found = _ahead(keys, order, size, page * size)
        return _paged(found, size, page * size, has_before=page > 0)
    if page.where == "last":
        found = _ahead(keys, order.backwards(), size)
        is_exact = type(count) is int
        return _behind(found, size, max(count - min(len(found), size), 0) if is_exact else None, has_after=False)
    start = start_of(page.key)
    if start is None:
        return page_of(keys, order, 0, size, start_of, count)
    if page.where == "after":
        found = _from(keys, order, start[0], page.key, size)
        return _paged(found, size, page.number, has_before=True)
    found = _from(keys, order.backwards(), start[0], page.key, size)
    if len(found) < size:  # the start of the list came near: a whole first page
        return page_of(keys, order, 0, size, start_of, count)
    return _behind(found, size, page.number if len(found) > size else 0, has_after=True)


def _ahead(keys: Any, order: Order, size: int, skip: int = 0) -> list[int]:
    return [key for (key,) in keys.with_entities(order.key).order_by(*order.by()).offset(skip or None).limit(size + 1)]


def _from(keys: Any, order: Order, value: Any, key: int, size: int) -> list[int]:
    found: list[int] = []
    for stretch in order.stretches_after(value, key):
        wanted = keys.filter(stretch).with_entities(order.key).order_by(*order.by()).limit(size + 1 - len(found))
        found += [one for (one,) in wanted]
        if len(found) > size:
            break
    return found


def _paged(found: list[int], size: int, number: int | None, has_before: bool) -> tuple[list[int], Pager]:
    shown, more = found[:size], len(found) > size
    return shown, _pager(shown, size, number, has_before, more)


def _behind(found: list[int], size: int, number: int | None, has_after: bool) -> tuple[list[int], Pager]:
    shown, more = found[:size][::-1], len(found) > size
    return shown, _pager(shown, size, number, more, has_after)


def _pager(shown: list[int], size: int, number: int | None, has_before: bool, has_after: bool) -> Pager:
    if not shown:
        return Pager(number)
    before = Place("before", shown[0], max((number or 0) - size, 0)) if has_before else None
    after = Place("after", shown[-1], (number or 0) + len(shown)) if has_after else None
    return Pager(number, before, after)
