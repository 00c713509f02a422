"""A form that was sent after its session had lapsed waits for the same person to sign in again."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_babel import gettext as _

from app.sessions import ServerSession

KEPT = "kept_form"
# What a page that was refused does not hand back: marks of its own, and secrets.
MARKS = ("csrf_token", "_place")
SECRETS = ("password", "again", "current", "code")
NOT_KEPT = (*MARKS, *SECRETS)
LARGEST = 200_000  # characters in all


def fields() -> list[tuple[str, str]]:
    """What was typed into the form of this request."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]


def to_send_again() -> list[tuple[str, str]] | None:
    """The whole form as it came, to be sent once more; None where a secret or a file would be missing."""
    whole = list(request.form.items(multi=True))
    if had_file() or any(name in SECRETS for name, _value in whole) or not _is_kept(whole):
        return None
    return whole


def _is_kept(typed: list[tuple[str, str]]) -> bool:
    return sum(len(name) + len(value) for name, value in typed) <= LARGEST


def had_file() -> bool:
    """Whether a file was chosen, which cannot be kept."""
    return any(file.filename for file in request.files.values())


def lead_back() -> Any:
    """Where a browser goes whose session has lapsed: to sign-in and back, with what it was sending."""
    held = session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(held, ServerSession) or held.lapsed_user is None:
        return None
    if request.path.startswith(("/api/", "/static/", "/session/", "/login")) or request.endpoint is None:
        return None
    if request.method == "GET":
        flash(_("You were signed out because nothing was done for a while."))
    elif request.method == "POST" and request.form:
        typed = fields()
        if _is_kept(typed):
            made_for = request.form.get("_place", "")
            session[KEPT] = {"user": held.lapsed_user, "to": request.path, "fields": typed,
                             "place": made_for, "had_file": had_file()}  # fmt: skip
            flash(_("You were signed out because nothing was done for a while. Sign in to go on: your form is kept."))
            return redirect(url_for("SignInView.login", next=url_for("SessionView.form")))
    return None


def carried() -> Any:
    """What waits in this browser, before the session is renewed."""
    return session.get(KEPT)


def give_back(kept: Any, user_id: int) -> None:
    """Hands it to the same person; anybody else finds nothing of it."""
    if kept and kept["user"] == user_id:
        session[KEPT] = kept


def taken() -> Any:
    """What waits for whoever is signed in; it is handed out once."""
    return session.pop(KEPT, None)
