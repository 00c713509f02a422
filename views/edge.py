"""The edge: where a request's work is committed as one, or refused in words with nothing written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.exceptions import DatabaseException
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from app import again, history, outages
from app.fab.plain_errors import BUSY, MISSING, NEEDED, is_conflict, plain
from app.row_access import OutOfReach
from models.base import RuleBroken, db

OUTSIDE = _l("This is outside what your profile reaches.")


@dataclass(frozen=True)
class Refusal:
    """Why nothing was written: words for the person, the input concerned, and the HTTP status."""

    message: Any
    field: str | None = None
    code: int = 422


def committed(work: Callable[[], Any]) -> Refusal | None:
    """Does the work and commits it; on any refusal rolls all of it back and says why.

    What the database turned away for the sake of others leads back to the beginning of the request.
    """
    try:
        work()
        db.session.commit()
    except RuleBroken as broken:
        refusal = Refusal(broken.message, broken.field)
    except OutOfReach:
        history.refused("out of reach")
        refusal = Refusal(OUTSIDE)
    except (DatabaseException, SQLAlchemyError) as error:
        again.if_passing(error)
        outages.if_unsure(error)
        words = plain(error)
        refusal = Refusal(words, code=503 if words == BUSY else 409 if is_conflict(error) else 422)
    else:
        return None
    db.session.rollback()
    return refusal


def removed(work: Callable[[], Any]) -> Refusal | None:
    """The same for taking a row out: rows that would be left without it depend on it."""
    refusal = committed(work)
    if refusal is not None and refusal.message == MISSING:
        return Refusal(NEEDED, code=409)
    return refusal
