"""What somebody with the database's own rights does: the account that owns the tables, past the product."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app
from sqlalchemy import Connection

from app import database
from models.base import db
from models.scope import acting
from tests.factories import SEED


@contextmanager
def by_owner() -> Iterator[Connection]:
    """A transaction of the owner's, with every row in reach; it is kept at the end."""
    with acting(SEED), database.owners_engine(current_app, db.engine) as owners, owners.begin() as connection:
        yield connection


@contextmanager
def session_of_owner() -> Iterator[Connection]:
    """The session works as the owner, with every row in reach; nothing of it is kept."""
    with acting(SEED), database.owners_engine(current_app, db.engine) as owners, owners.connect() as connection:
        session: Any = db.session()
        session.rollback()
        session.get_bind = lambda *_given, **_more: connection
        try:
            yield connection
        finally:
            session.rollback()
            del session.get_bind
