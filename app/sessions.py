"""Server-side sessions: the browser holds a random name, the table holds the rest.

A thin interface of our own: the maintained extension revives a session after sign-out, commits the
request's pending rows when it saves, and cannot be set up twice in a process.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, insert, select, update
from werkzeug.datastructures import CallbackDict

from app import again, database
from models.base import db, utcnow
from models.sessions import sign_in_session as table

TOUCH_AFTER = dt.timedelta(minutes=1)
serializer = TaggedJSONSerializer()


class ServerSession(CallbackDict, SessionMixin):  # type: ignore[misc]
    """What is remembered of one browser."""

    def __init__(self, initial: Any = None, name: str = "", seen_at: dt.datetime | None = None):
        def changed(self: ServerSession) -> None:
            self.modified = True

        super().__init__(initial or {}, changed)
        self.name = name
        self.stored = bool(name)
        self.seen_at = seen_at
        self.modified = False
        self.accessed = True
        self.permanent = True
        self.modified = False

    def renew(self) -> None:
        """A new name at sign-in: one that was known before is worth nothing after."""
        self.old_name = self.name if self.stored else ""
        self.name, self.stored, self.modified = "", False, True

    old_name = ""
    lapsed_user: int | None = None  # whose session this browser had, until it lapsed
    only_asked = False  # the request asked how long the session lasts, which does not make it last


def _lapsed(held: dict[str, Any]) -> ServerSession:
    """A new session of nobody that knows whose lapsed, so that a form on its way can wait for the same person."""
    fresh = ServerSession({name: held[name] for name in ("csrf_token", "locale") if name in held})
    if held.get("_user_id"):
        fresh.lapsed_user = int(held["_user_id"])
    return fresh


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _in_own_transaction(statement: Any) -> Any:
    def work() -> Any:
        with database.reading_only(False), db.engine.begin() as connection:
            return connection.execute(statement)

    return again.at_once(work)


class ServerSessions(SessionInterface):
    """Opens and saves sessions in the table, each save by update only."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        name = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        if not name or len(name) > 100:
            return ServerSession()
        with database.reading_only(), db.engine.begin() as connection:
            row = connection.execute(select(table).where(table.c.id_hash == _hash(name))).first()
        now = utcnow()
        if row is None or row.revoked_at is not None:
            return ServerSession()
        held = serializer.loads(row.data.decode())
        too_long = now - row.seen_at > app.config["SESSION_IDLE"]
        if too_long or now - row.created_at > app.config["PERMANENT_SESSION_LIFETIME"]:
            return _lapsed(held)
        return ServerSession(held, name, row.seen_at)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, ServerSession):
            return
        response.vary.add("Cookie")
        if session.only_asked:
            return
        if session.old_name:
            revoke(session.old_name)
        if session.stored:
            if session.modified or session.seen_at is None or utcnow() - session.seen_at > TOUCH_AFTER:
                _in_own_transaction(
                    update(table)
                    .where(table.c.id_hash == _hash(session.name), table.c.revoked_at.is_(None))
                    .values(**_values(session))
                )
            return
        if not session.modified or not dict(session).keys() - {"_permanent"}:
            return
        session.name = secrets.token_urlsafe(32)
        _in_own_transaction(insert(table).values(id_hash=_hash(session.name), created_at=utcnow(), **_values(session)))
        response.set_cookie(
            app.config["SESSION_COOKIE_NAME"],
            session.name,
            httponly=True,
            secure=app.config["SESSION_COOKIE_SECURE"],
            samesite=app.config["SESSION_COOKIE_SAMESITE"],
            path="/",
        )


def _values(session: ServerSession) -> dict[str, Any]:
    user = session.get("_user_id")
    return {
        "data": serializer.dumps(dict(session)).encode(),
        "user_id": int(user) if user else None,
        "seen_at": utcnow(),
    }


def revoke(name: str) -> None:
    """Ends one session for good."""
    _end(table.c.id_hash == _hash(name))


def revoke_all_of(user_id: int) -> None:
    """Ends every session of a person."""
    _end(table.c.user_id == user_id)


def _end(which: Any) -> None:
    """What a session held, searches for people too, goes with it."""
    still_open = table.c.revoked_at.is_(None)
    _in_own_transaction(update(table).where(which, still_open).values(revoked_at=utcnow(), data=b"{}"))


def sweep(older_than: dt.timedelta = dt.timedelta(days=2)) -> int:
    """Takes out sessions that nobody can use any more; returns how many."""
    return _in_own_transaction(delete(table).where(table.c.seen_at < utcnow() - older_than)).rowcount
