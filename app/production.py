"""What a production start refuses: settings and accounts that are for a trial only."""

from __future__ import annotations

import click
from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import exists, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from config import DEVELOPMENT_KEY
from models.base import db
from models.people import PortalUser
from models.scope import Reach, acting

KEY_LENGTH = 32
START = Reach.system("start")


class UnsafeStart(click.ClickException):
    """A production start with what is for a trial only; a command that meets it ends with 2."""

    exit_code = 2


def refuse_unsafe_settings(app: Flask) -> None:
    """Stops a production start with the development key or a short one; raises UnsafeStart."""
    key = app.config["SECRET_KEY"] or ""
    if app.config["PRODUCTION"] and (key == DEVELOPMENT_KEY or len(key) < KEY_LENGTH):
        raise UnsafeStart(f"SECRET_KEY must be set to a random value of {KEY_LENGTH} characters or more.")


def refuse_demo_accounts(app: Flask) -> None:
    """Stops a production start on a database with demo accounts, whose passwords everybody knows; raises UnsafeStart.

    An empty database has none; one that does not answer cannot be trusted to have none.
    """
    if not app.config["PRODUCTION"]:
        return
    users = PortalUser.__table__
    try:
        with acting(START), db.engine.connect() as connection:
            if not inspect(connection).has_table(users.name):
                return
            found = connection.scalar(select(exists().where(users.c.is_demo.is_(True))))
    except SQLAlchemyError:
        raise UnsafeStart("The database does not answer; DATABASE_URL says where it is.") from None
    if found:
        raise UnsafeStart("There are demo accounts in this database. Production starts with a database of its own.")


def refuse_demo(app: Flask) -> None:
    """Stops demo data from being loaded in production; raises UnsafeStart."""
    if app.config["PRODUCTION"]:
        raise UnsafeStart(_("Demo data cannot be loaded in production."))
