"""Alembic's environment: it owns every table, Flask-AppBuilder's too."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection
from sqlalchemy.exc import SAWarning

import models.registry  # noqa: F401  every entity, so that none is missed
from app import database
from models.base import db
from models.scope import Reach, acting

MIGRATIONS = Reach.system("migrations")  # they see and mend every row


@contextmanager
def pointing_at_nothing_meanwhile(connection: Connection) -> Iterator[None]:
    """SQLite makes a table anew to change it: what points at its rows is looked at after each migration instead.

    The switch works outside a transaction only, so it is thrown before the first one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def check_references(ctx: Any, **_facts: Any) -> None:
    """Ends a migration, before it is committed, that left a row pointing at nothing."""
    if ctx.connection.dialect.name == "sqlite":
        broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"rows of {sorted({row[0] for row in broken})} would point at nothing")


def run_migrations() -> None:
    """Runs the migrations as the account that owns the tables."""
    # SQLite cannot reflect an index on an expression; where a table is made anew, its migration makes them again.
    warnings.filterwarnings("ignore", "Skipped unsupported reflection", SAWarning)
    engine = current_app.extensions["migrate"].db.engine
    with acting(MIGRATIONS), database.owners_engine(current_app, engine) as owners, owners.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
            on_version_apply=check_references,
        )
        with pointing_at_nothing_meanwhile(connection), context.begin_transaction():
            context.run_migrations()


run_migrations()
