"""Alembic's environment: it owns every table, Flask-AppBuilder's too."""

import warnings

from alembic import context
from flask import current_app
from sqlalchemy.exc import SAWarning

import models.registry  # noqa: F401  every entity, so that none is missed
from app import database
from models.base import db
from models.scope import Reach, acting

MIGRATIONS = Reach.system("migrations")  # they see and mend every row


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
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
