"""Defect: a refusal of the database is shown with its SQL and the person's data in it, or not at all.

`plain(error)` says what happened and reveals nothing: a unique value may belong to a row out of reach.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.orm.exc import StaleDataError

TAKEN = _l("A record with the same number or key is there already.")
NEEDED = _l("Other records depend on this one, or a record it names is not there any more.")
MISSING = _l("A required value is missing.")
OUTSIDE = _l("A value is outside what is allowed.")
CHANGED = _l("This was changed by someone else meanwhile. Please look at it again.")
BUSY = _l("The database is busy. Please try again in a moment; nothing was saved.")
FAILED = _l("The change could not be saved.")

# How SQLite and PostgreSQL begin to say it.
SIGNS = (
    (("unique", "duplicate"), TAKEN),
    (("foreign key",), NEEDED),
    (("not null", "not-null"), MISSING),
    (("check constraint", "check"), OUTSIDE),
)


def plain(error: BaseException) -> Any:
    """What to tell a person about an error of the database."""
    # FAB wraps the database's error; SQLAlchemy's own has the driver's as its cause, which is not asked.
    cause = error if isinstance(error, SQLAlchemyError) else error.__cause__ or error
    if isinstance(cause, StaleDataError):
        return CHANGED
    if isinstance(cause, OperationalError):
        return BUSY
    if isinstance(cause, DataError):
        return OUTSIDE
    if isinstance(cause, IntegrityError):
        said = str(cause.orig).lower()
        return next((words for signs, words in SIGNS if any(sign in said for sign in signs)), FAILED)
    return OUTSIDE if isinstance(cause, StatementError) else FAILED


def is_conflict(error: BaseException) -> bool:
    """Whether the refusal is a clash with what is stored (HTTP 409) rather than a wrong value (422)."""
    return plain(error) in (TAKEN, CHANGED, NEEDED)
