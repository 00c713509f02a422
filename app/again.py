"""A request that the database gave up for the sake of another one is run once more, from its beginning.

A deadlock, a conflict of two transactions, a lock that was held: nothing of the request was stored, and it would go
well a moment later. It is run again only while nothing that it did has gone out: its transaction was its only one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, has_request_context, request
from flask.globals import request_ctx
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from models.base import db

RUNS = 3  # in all
PATIENCE = 20  # seconds; SQLite has waited half a minute for its lock by the time it says so
POSTGRESQL = ("40001", "40P01")  # serialization_failure, deadlock_detected
SQLITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
STORED = "a transaction of this request is stored"  # in session.info
BESIDE, RUN, BEGAN = "console.beside", "console.run", "console.began"  # in the request's environ


class RunAgain(BaseException):
    """Leads out of the request to where it is begun anew."""


def is_passing(error: BaseException | None) -> bool:
    """Whether the database turned this away only because of others who were at work."""
    cause = error if isinstance(error, DBAPIError) else getattr(error, "__cause__", None)
    said = getattr(cause, "orig", None)
    code = getattr(said, "sqlite_errorcode", None)
    return getattr(said, "sqlstate", None) in POSTGRESQL or (code is not None and code & 0xFF in SQLITE)


def if_passing(error: BaseException | None) -> None:
    """Leaves the request, to run it again, where that may help and nothing of it has gone out; else does nothing."""
    if is_passing(error) and _may_run_again():
        raise RunAgain from error


def goes_out() -> None:
    """Notes that this request does something which another run of it would do twice."""
    if has_request_context():
        request.environ[BESIDE] = True


def at_once(work: Callable[[], Any]) -> Any:
    """Does a short transaction beside the request's, again where the database turned it away for others."""
    began, runs = time.monotonic(), 1
    while True:
        try:
            return work()
        except DBAPIError as error:
            if not is_passing(error) or runs >= RUNS or time.monotonic() - began > PATIENCE:
                raise
            runs += 1


def _may_run_again() -> bool:
    if not has_request_context():
        return False
    told = request.environ
    if told.get(BESIDE) or db.session.info.get(STORED):
        return False
    return bool(told.get(RUN, 1) < RUNS and time.monotonic() - told.get(BEGAN, 0) < PATIENCE)


def _as_it_came(app: Flask) -> None:
    """Forgets all that the run before found and remembered: the session is read again."""
    db.session.remove()
    g.__dict__.clear()
    context: Any = request_ctx._get_current_object()  # type: ignore[attr-defined]
    context.flashes, context._after_request_functions = None, []
    for file in request.__dict__.get("files", {}).values():
        file.stream.seek(0)
    request.environ[RUN] = request.environ.get(RUN, 1) + 1
    context._session = app.session_interface.open_session(app, request)


def install(app: Flask) -> None:
    """Begins a request anew in place of answering that it failed."""
    if not event.contains(db.session, "after_commit", _note_stored):
        event.listen(db.session, "after_commit", _note_stored)
    run = app.full_dispatch_request

    def full_dispatch_request() -> Any:
        request.environ[BEGAN] = time.monotonic()
        while True:
            try:
                return run()
            except RunAgain as left:
                error = left.__cause__
            except DBAPIError as failed:  # past the views: in what is written when the answer is ready
                if not is_passing(failed) or not _may_run_again():
                    raise
                error = failed
            said = type(getattr(error, "orig", error)).__name__
            current_app.logger.warning("database: %s in %s, which is run again", said, request.endpoint)
            _as_it_came(app)

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


def _note_stored(session: Any) -> None:
    session.info[STORED] = True
