"""The floor: what a page or an act costs by hand, with a bare Flask view and the database's own driver.

No session, no access, no history of its own: it sends the very statements that the product's turn sent, or writes the
very rows, and shows what came back as a plain table.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from flask import Flask, render_template_string

PLAIN = """<!doctype html><title>Lean</title><table>
{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>"""


class Database:
    """The database through its driver, a connection a thread."""

    def __init__(self, url: str):
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.mine = threading.local()

    def connection(self) -> Any:
        """This thread's connection, in the product's own settings."""
        if not hasattr(self.mine, "connection"):
            self.mine.connection = self._sqlite() if self.is_sqlite else self._postgresql()
        return self.mine.connection

    def _postgresql(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True, options="-c wall.reach=all")  # it knows no places

    def _sqlite(self) -> sqlite3.Connection:
        from app.database import PRAGMAS, sha256_hex

        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("sha256_hex", 1, sha256_hex, deterministic=True)
        return connection

    @contextmanager
    def transaction(self, writes: bool = True) -> Iterator[Any]:
        """A cursor within one transaction."""
        cursor = self.connection().cursor()
        cursor.execute("BEGIN IMMEDIATE" if writes and self.is_sqlite else "BEGIN")
        try:
            yield cursor
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise

    def run(self, cursor: Any, statement: str, *values: Any) -> Any:
        """A statement with `?` for each value."""
        return cursor.execute(statement if self.is_sqlite else statement.replace("?", "%s"), values)


def replayed(database: Database, sent: list[Any]) -> list[Any]:
    """Sends what the product sent, reading first and writing after; answers the longest table that came back."""
    reads = [one for one in sent if one[0].startswith("SELECT")]
    writes = [one for one in sent if not one[0].startswith("SELECT")]
    longest: list[Any] = []
    with database.transaction(writes=False) as cursor:
        for statement, parameters, _many in reads:
            rows = cursor.execute(statement, parameters).fetchall()
            longest = max(longest, rows, key=len)
    if writes:
        with database.transaction() as cursor:
            for statement, parameters, many in writes:
                (cursor.executemany if many else cursor.execute)(statement, parameters)
    return longest


def make_app(url: str) -> Flask:
    """The bare app: `/page` replays what `app.sent` holds, `/dose` records a dose."""
    from benchmarks.lean_dose import record

    app, database = Flask(__name__), Database(url)
    app.sent = []  # type: ignore[attr-defined]

    @app.get("/page")
    def page() -> str:
        return render_template_string(PLAIN, rows=replayed(database, app.sent))  # type: ignore[attr-defined]

    @app.post("/dose")
    def dose() -> tuple[str, int]:
        return record(database), 303

    return app


def lean_app() -> Flask:
    """For gunicorn: on the database that DATABASE_URL names."""
    return make_app(os.environ["DATABASE_URL"])
