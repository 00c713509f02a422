"""Who changed what, who looked at whom, when: one entry a request or job step."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import event, inspect

from app import history_chain
from models.base import UNSTORABLE, Entity, db, utcnow
from models.history import History
from models.people import User
from models.scope import Reach, reach_in_force

# What is never written into the history: it would help a thief and explains nothing.
SECRET = {"row_version", "first_key", "last_key", "session_epoch", "nonce", "code_word"}
# That it changed is written, what it was and is never.
HIDDEN, NOT_KEPT = {"password"}, "***"
# Bookkeeping of every request, of no interest in an account of changes.
SILENT = {"last_login", "login_count", "fail_login_count", "changed_on"}


@dataclass
class Entry:
    """What is gathered until the entry is written."""

    act: str = ""
    method: str = ""
    path: str = ""
    address: str = ""
    outcome: str = ""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    shown: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)

    def has_news(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.shown or self.changed or self.outcome)


def entry() -> Entry:
    """The entry of the work under way."""
    return db.session.info.setdefault("history", Entry())


def begin(**facts: str) -> Entry:
    """Starts the entry of a request or a job step."""
    db.session.info["history"] = Entry(**facts)
    return db.session.info["history"]


def shown(entity: str, keys: Iterable[Any], **more: Any) -> None:
    """Notes that these rows of a person were shown, found, printed or exported to the reader."""
    keys = list(keys)
    if keys or more:
        entry().shown.append({"entity": entity, "ids": keys, **more})


def refused(why: str) -> None:
    """Notes that something was asked for and not allowed."""
    entry().outcome = why[:20]


def changed_in_bulk(entity: str, act: str, keys: Iterable[Any] = (), **more: Any) -> None:
    """Notes what a bulk writer did outside the session's flush."""
    entry().changed.append({"entity": entity, "act": act, "ids": list(keys), **more})


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}"
    return value


def _differences(row: Any) -> dict[str, list[Any]]:
    found = {}
    for attribute in inspect(row).mapper.column_attrs:
        name = attribute.key
        history = inspect(row).attrs[name].history
        if name in SECRET | SILENT or not history.has_changes():
            continue
        values = [plain(side[0] if side else None) for side in (history.deleted, history.added)]
        if name in HIDDEN:
            values = [NOT_KEPT if value else None for value in values]
        found[name] = values
    return found


def _collect(session: Any, _context: Any) -> None:
    """Before each flush's end: what is new, changed and removed, with values before and after."""
    made = [("add", row) for row in session.new]
    made += [("edit", row) for row in session.dirty if session.is_modified(row)]
    made += [("remove", row) for row in session.deleted]
    for act, row in made:
        if not isinstance(row, Entity | User) or isinstance(row, History):
            continue
        values = _differences(row)
        if values or act == "remove":
            name = type(row).__name__
            entry().changed.append({"entity": name, "act": act, "id": row.id, "values": values, "_row": row})


def _rows_of(changes: list[Any]) -> list[Any]:
    """The changes with the keys that the database has given by now."""
    out = []
    for change in changes:
        row = change.pop("_row", None)
        if row is not None and change.get("id") is None:
            change["id"] = inspect(row).identity[0] if inspect(row).identity else None
        out.append(change)
    return out


def _values(now: Entry, reach: Reach | None) -> dict[str, Any]:
    return {
        "at": utcnow(),
        "created_at": utcnow(),
        "row_version": 1,
        "request_id": now.request_id,
        "user_id": reach.user_id if reach else None,
        "username": reach.username if reach else None,
        "profile": reach.profile if reach else None,
        "membership_id": reach.membership_id if reach else None,
        "location_id": reach.location_id if reach else None,
        "organization_id": reach.organization_id if reach else None,
        "address": now.address[:45],
        "act": now.act[:120],
        "method": now.method[:8],
        "path": UNSTORABLE.sub("\ufffd", now.path)[:200],
        "outcome": now.outcome or "done",
        "shown": now.shown,
        "changed": _rows_of(now.changed),
    }


def write_with_changes(session: Any) -> None:
    """Last statement of the transaction: the entry of what it changed."""
    now = session.info.get("history")
    if now is None or not (session.new or session.dirty or session.deleted or now.has_news()):
        return
    session.flush()
    if not now.has_news():
        return
    reach = reach_in_force()
    history_chain.append(session.connection(), _values(now, reach), reach)
    now.shown, now.changed, now.outcome = [], [], ""


def forget(session: Any) -> None:
    """A rolled-back transaction changed nothing; what was shown was shown all the same."""
    now = session.info.get("history")
    if now is not None:
        now.changed = []


def write_what_was_shown() -> None:
    """A short transaction of its own for what a reading request showed."""
    now = db.session.info.get("history")
    if now is not None and now.has_news():
        db.session.rollback()
        write_with_changes(db.session())
        db.session.commit()


def install() -> None:
    """Puts the listeners on the one session there is."""
    if not event.contains(db.session, "after_flush", _collect):
        event.listen(db.session, "after_flush", _collect)
        event.listen(db.session, "before_commit", write_with_changes)
        event.listen(db.session, "after_rollback", forget)
