"""The database cannot be reached, or is too busy: 503 in plain words, whatever a request was doing, none of it kept."""

from __future__ import annotations

import contextlib
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from app import again, headers, kept_forms
from app.fab.plain_errors import BUSY
from models.base import db

OUTAGES = (OperationalError, InterfaceError, NoConnection)
RETRY_AFTER = "10"  # seconds
READS = ("GET", "HEAD", "OPTIONS")
BEGUN = "commit begun"  # whether this request has come so far that its change may be stored
LANGUAGES = ("en", "es")


def noted(error: BaseException) -> Response:
    """The answer, and one line in the log without values; what may go well at once is run again instead."""
    again.if_passing(error)
    current_app.logger.error("database: %s", type(getattr(error, "orig", None) or error).__name__)
    return answer(again.is_passing(error))


def if_unsure(error: BaseException) -> None:
    """Raises an error after which nobody knows whether the change is stored: no form may say that it is not."""
    if isinstance(error, OUTAGES) and not again.is_passing(error) and db.session.info.get(BEGUN):
        raise error


def answer(is_busy: bool = False) -> Response:
    """A page, or a JSON body, that needs no database: not even the session's language or the reader's name."""
    language = request.accept_languages.best_match(LANGUAGES) or "en"
    may_be_saved = request.method not in READS and not is_busy and db.session.info.get(BEGUN)
    with force_locale(language):
        words = _("The console cannot reach its database right now. Nothing was saved. Please try again in a moment.")
        if is_busy:
            words = str(BUSY)
        elif may_be_saved:
            words = _(
                "The console cannot reach its database right now. What you sent may have been saved: "
                "please look before you try again."
            )
        is_api = request.path.startswith("/api/")
        made = jsonify(message=words) if is_api else Response(_page(words, language, not may_be_saved))
    made.status_code = 503
    made.headers["Retry-After"] = RETRY_AFTER
    made.headers["Cache-Control"] = "no-store"
    return headers.put(made)


def _page(words: str, language: str, may_send_again: bool) -> str:
    """Rendered past the app's context processors, which ask who is there."""
    template = current_app.jinja_env.get_template("outage.html")
    kept = None
    if may_send_again and request.method == "POST":
        with contextlib.suppress(HTTPException, BlockingIOError):  # a body that is too large, or does not come
            kept = kept_forms.to_send_again()
    return template.render(
        message=words, language=language, config=current_app.config, kept=kept, to="/" + request.full_path.lstrip("/")
    )


def _note_commit(session: Any) -> None:
    session.info[BEGUN] = True


def install(app: Flask) -> None:
    """Takes what no error handler of a view can: a session that cannot be opened or saved, a history not written."""
    if not event.contains(db.session, "before_commit", _note_commit):
        event.listen(db.session, "before_commit", _note_commit)
    for kind in OUTAGES:
        app.register_error_handler(kind, lambda error: noted(error))
    unhandled = app.handle_exception

    def handle(error: Exception) -> Any:
        if not isinstance(error, OUTAGES):
            return unhandled(error)
        return noted(error)

    app.handle_exception = handle  # type: ignore[method-assign]
