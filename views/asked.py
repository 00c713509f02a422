"""What was typed into a search waits at the server and is shown by a GET: no page that was posted holds a name."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request, session
from werkzeug.datastructures import MultiDict

KEPT = "asked"  # in the server-side session: page -> what was typed there last; it ends with the session
TAKEN = {"csrf": False}  # for a form filled from here: its mark was looked at when it was posted
LONGEST = 1_000  # of one answer


def keep(page: str, names: Iterable[str]) -> None:
    """Keeps what this request's form says under these names, in place of what was kept for the page before."""
    typed = {name: request.form[name][:LONGEST] for name in names if request.form.get(name)}
    session[KEPT] = {**session.get(KEPT, {}), page: typed}


def kept(page: str) -> MultiDict[str, str] | None:
    """What was typed there last; None where nothing was sent yet."""
    typed = session.get(KEPT, {}).get(page)
    return None if typed is None else MultiDict(typed)
