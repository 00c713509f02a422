"""Who writes to a SQLite file next: whoever has waited longest.

SQLite lets one write at a time. Those who wait look again after sleeps that grow to a tenth of a second, so that
whoever came last looks most often and others wait for seconds. Here the threads of a process stand in a line, and only
the first of it asks SQLite, every few milliseconds. SQLite's lock remains what counts: the line only says who asks.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

EVERY = 3  # milliseconds that SQLite waits for the lock before the one in front asks again
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Line:
    """The connections of a process that want to write: one is in front, and the others know their turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._front: Any = None
        self._waiting: deque[tuple[Any, threading.Event]] = deque()

    def enter(self, who: Any, patience: float) -> None:
        """Waits until `who` is in front; whoever has waited for too long asks SQLite all the same."""
        with self._lock:
            if self._front is None or self._front is who:
                self._front = who
                return
            mine = (who, threading.Event())
            self._waiting.append(mine)
        if not mine[1].wait(patience):
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)

    def leave(self, who: Any) -> None:
        """Lets the next one to the front, if it was `who` that stood there."""
        with self._lock:
            if self._front is not who:
                return
            self._front = None
            if self._waiting:
                self._front, turn = self._waiting.popleft()
                turn.set()


def begin(line: Line, connection: Any) -> None:
    """BEGIN IMMEDIATE, in turn; raises SQLAlchemy's OperationalError when others write for too long."""
    raw = connection.connection.dbapi_connection
    with _asking_briefly(raw) as patience:
        until = time.monotonic() + patience
        line.enter(raw, patience)
        try:
            while not _begun(raw):
                if time.monotonic() >= until:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                    return
        except BaseException:
            line.leave(raw)
            raise


@contextmanager
def _asking_briefly(raw: sqlite3.Connection) -> Iterator[float]:
    """SQLite answers within EVERY milliseconds; how many seconds this connection has patience otherwise."""
    (patience,) = raw.execute("PRAGMA busy_timeout").fetchone()
    raw.execute(f"PRAGMA busy_timeout={min(patience, EVERY)}")
    try:
        yield patience / 1_000
    finally:
        raw.execute(f"PRAGMA busy_timeout={patience}")


def _begun(raw: sqlite3.Connection) -> bool:
    """Whether the lock could be had at once or nearly so."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in BUSY:
            raise
        return False
    return True


def prepare(engine: Engine) -> Line:
    """The line of an engine's connections; who gives a connection back has left it."""
    line = Line()

    def leave(raw: Any, *_more: Any) -> None:
        line.leave(raw)

    for ends in ("checkin", "invalidate", "close", "detach"):
        event.listen(engine, ends, leave)
    return line
