"""How a thing is measured: the product's turn and the lean one right after it, many times, statements counted."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Engine, event

Statement = tuple[str, Any, bool]  # words, parameters, whether they are many rows


@dataclass(frozen=True)
class Figure:
    """One measurement: milliseconds of a middle turn, the same of its lean twin, and how often the database is asked.

    `ratio` is the middle of the ratios of neighboring turns, which the machine's other work disturbs least.
    """

    name: str
    product: float
    lean: float | None = None
    ratio: float | None = None
    slowest: float | None = None
    statements: int | None = None
    bound: int | None = None
    note: str = ""
    p95: float | None = None
    bars: dict[str, float] = field(default_factory=dict)  # name of a figure here, the most that it may be

    @property
    def is_kept(self) -> bool:
        """Whether the number of statements stays within its bound."""
        return self.bound is None or self.statements is None or self.statements <= self.bound

    def holds(self, name: str) -> bool:
        """Whether the figure of that name is within its bar."""
        said = getattr(self, name)
        return said is not None and said <= self.bars[name]

    def as_json(self) -> dict[str, Any]:
        """For the process that writes the table."""
        return asdict(self)


@contextmanager
def statements_of(engine: Engine) -> Iterator[list[Statement]]:
    """The statements sent within the block, with what they carried."""
    sent: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not statement.startswith("BEGIN"):  # SQLite's is sent by us and seen here, PostgreSQL's is not
            sent.append((statement, parameters, many))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def timed(turn: Callable[[], Any]) -> float:
    """Milliseconds that a turn takes."""
    began = time.perf_counter()
    turn()
    return (time.perf_counter() - began) * 1_000


def measured(
    name: str,
    engine: Engine,
    turns: Sequence[Callable[[], Any]],
    lean: Callable[[list[Statement]], Any] | None = None,
    bound: int | None = None,
    note: str = "",
    **bars: float,
) -> Figure:
    """Takes each turn, and after it the lean one, which is told what the first of them sent to the database."""
    with statements_of(engine) as sent:
        turns[0]()  # warms up, and is not timed
    if lean is not None:
        lean(sent)
    ours: list[float] = []
    theirs: list[float] = []
    for turn in turns[1:]:
        ours.append(timed(turn))
        if lean is not None:
            theirs.append(timed(lambda: lean(sent)))
    middle = statistics.median(ours)
    figure = {"slowest": max(ours), "statements": len(sent), "bound": bound, "note": note, "bars": bars}
    figure["p95"] = sorted(ours)[math.ceil(len(ours) * 0.95) - 1]
    if not theirs:
        return Figure(name, middle, **figure)
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return Figure(name, middle, statistics.median(theirs), ratio, **figure)
