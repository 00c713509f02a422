"""Whether anybody else writes while an upload is worked on: then its sets leave half of the time to them.

SQLite tells a connection whether the file was changed by another one; ours is only for asking, so that what the worker
itself stores through any connection of its pool can be told from what others do.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

REST = 1.0  # of the time that a set took: half of it all is for others who write, however busy the machine is
LONGEST_REST = 0.3
MOMENT = 0.01  # seconds: for whoever waits to write, while nobody else has written lately
LATELY = 5.0  # seconds


class Others:
    """What is known of those who write to the same database."""

    def __init__(self, watch: sqlite3.Connection | None):
        self._watch = watch  # none where a database does not tell: there somebody always may
        self._wrote = -math.inf
        self.stored()

    def stored(self) -> None:
        """We have stored something ourselves."""
        self._seen = self._version()

    def look(self) -> None:
        """Notes whether somebody else has stored anything since."""
        if self._watch is None or self._version() != self._seen:
            self._wrote = time.monotonic()

    def rest(self, took: float) -> float:
        """The seconds to wait after a set that took so many."""
        return min(LONGEST_REST, REST * took) if time.monotonic() - self._wrote < LATELY else MOMENT

    def _version(self) -> int | None:
        return None if self._watch is None else int(self._watch.execute("PRAGMA data_version").fetchone()[0])


@contextmanager
def watched(engine: Engine) -> Iterator[Others]:
    """The others of this engine's database, for as long as an upload is worked on."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if not file:
        yield Others(None)
        return
    with closing(
        sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    ) as watch:
        yield Others(watch)
