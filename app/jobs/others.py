"""Whether anybody else writes while an upload is worked on: then its sets leave half of the time to them.

The database is asked by a connection that does nothing else. SQLite tells it how often the file was changed, PostgreSQL
how many transactions have written; what has happened between two sets was done by others.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

REST = 1.0  # of the time that a set took: half of it all is for others who write, however busy the machine is
LONGEST_REST = 0.3
MOMENT = 0.01  # seconds: for whoever waits to write, while nobody else has written lately
LATELY = 5.0  # seconds
ALONE = 5  # times as many rows in a set, while nobody else has written lately
# The next number of a transaction; one that only reads has none.
WRITTEN = text("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)")


class Others:
    """What is known of those who write to the same database."""

    def __init__(self, version: Callable[[], int]):
        self._version = version
        self._wrote = -math.inf
        self.stored()

    def stored(self) -> None:
        """We have stored something ourselves."""
        self._seen = self._version()

    def look(self) -> None:
        """Notes whether somebody else has stored anything since; asked before we begin to write again."""
        if self._version() != self._seen:
            self._wrote = time.monotonic()

    def are_at_it(self) -> bool:
        """Whether somebody has written lately."""
        return time.monotonic() - self._wrote < LATELY

    def rest(self, took: float) -> float:
        """The seconds to wait after a set that took so many."""
        return min(LONGEST_REST, REST * took) if self.are_at_it() else MOMENT

    def leave_room_for(self, rows: int) -> int:
        """How many rows the next set has, where it has so many beside others: more, where nobody waits for its end."""
        return rows if self.are_at_it() else rows * ALONE


@contextmanager
def watched(engine: Engine) -> Iterator[Others]:
    """The others of this engine's database, for as long as an upload is worked on."""
    if engine.dialect.name == "sqlite":
        file = f"{Path(str(engine.url.database)).absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(file, uri=True, check_same_thread=False)) as watch:
            yield Others(lambda: int(watch.execute("PRAGMA data_version").fetchone()[0]))
    else:
        with engine.connect() as connection:
            asking = connection.execution_options(isolation_level="AUTOCOMMIT")
            yield Others(lambda: int(asking.scalar(WRITTEN) or 0))
