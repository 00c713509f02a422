"""The database's connections: how SQLite and PostgreSQL are opened, and when a transaction may write."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flask import Flask
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from app import wall, write_line
from models.base import db

# What the work under way does: a GET only reads; all else may write and says so at BEGIN.
_reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)

PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


@contextmanager
def reading_only(yes: bool = True) -> Iterator[None]:
    """Transactions begun inside do not take SQLite's write lock."""
    token = _reads_only.set(yes)
    try:
        yield
    finally:
        _reads_only.reset(token)


def write_from_here() -> None:
    """Ends what was only read, so that a request which looked up much waits for the write lock with its rules alone.

    Rows read so far are read anew when they are next looked at.
    """
    db.session.rollback()
    set_reading_only(False)


def set_reading_only(yes: bool) -> None:
    """The same for the rest of this request."""
    _reads_only.set(yes)


def engine_options(app: Flask) -> dict[str, Any]:
    """How the engine is made: no values in error texts, and one connection a thread."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    options: dict[str, Any] = {"hide_parameters": True}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 30, "check_same_thread": False}
        options["pool_size"] = app.config["DATABASE_POOL_SIZE"]
    else:
        options |= {"pool_size": app.config["DATABASE_POOL_SIZE"], "max_overflow": 0, "pool_pre_ping": True}
        # Compiling a plan takes a second and more; it is done for guessed costs, and no page is worth it.
        asked = make_url(url).query.get("options", "")
        options["connect_args"] = {"options": f"-c jit=off {asked}".strip()}
    return options


@contextmanager
def owners_engine(app: Flask, engine: Engine) -> Iterator[Engine]:
    """The engine of the account that owns the tables, for what changes them: `engine` where that is the same."""
    url = app.config["DATABASE_OWNER_URL"]
    if not url or engine.dialect.name == "sqlite":
        yield engine
        return
    owners = create_engine(url, **engine_options(app) | {"pool_size": 2})
    prepare(owners, row_security=bool(app.config["ROW_SECURITY"]))
    try:
        yield owners
    finally:
        owners.dispose()


def sha256_hex(text: str) -> str:
    """The fingerprint of a text, for SQLite, which has none."""
    return hashlib.sha256(text.encode()).hexdigest()


def prepare(engine: Engine, row_security: bool) -> None:
    """Teaches a SQLite engine to begin its own transactions, and PostgreSQL's to say for whom each statement is."""
    if engine.dialect.name != "sqlite":
        if row_security:
            wall.prepare(engine)
        return

    line = write_line.prepare(engine)

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("sha256_hex", 1, sha256_hex, deterministic=True)  # PostgreSQL has its own

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if _reads_only.get():
            connection.exec_driver_sql("BEGIN")
        else:
            write_line.begin(line, connection)
