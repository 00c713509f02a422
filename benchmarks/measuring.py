"""How a thing is measured: many times, with the statements that it sent to the database counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event


@dataclass(frozen=True)
class Figure:
    """One measurement: the middle and the slowest time in milliseconds, and the statements of one turn."""

    name: str
    middle: float
    slowest: float
    statements: int
    bound: int | None

    @property
    def is_kept(self) -> bool:
        """Whether the number of statements stays within its bound."""
        return self.bound is None or self.statements <= self.bound

    def __str__(self) -> str:
        bound = f" (at most {self.bound})" if self.bound else ""
        return f"{self.name:<44} {self.middle:9.1f} {self.slowest:9.1f}   {self.statements}{bound}"


HEADING = f"{'':<44} {'middle ms':>9} {'slowest':>9}   statements"


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[str]]:
    """The statements sent within the block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):  # SQLite's is sent by us and seen here, PostgreSQL's is not
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def measured(
    name: str, engine: Engine, turn: Callable[[Any], Any], inputs: list[Any], bound: int | None = None
) -> Figure:
    """Takes a turn for each input, after one that warms up and is not counted."""
    first, *others = inputs
    turn(first)
    times, counts = [], []
    for one in others:
        with statements_of(engine) as sent:
            began = time.perf_counter()
            turn(one)
            times.append((time.perf_counter() - began) * 1_000)
        counts.append(len(sent))
    return Figure(name, statistics.median(times), max(times), max(counts), bound)
