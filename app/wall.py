"""The second wall at work: PostgreSQL is told for whom each statement is asked, and its row security judges by that.

The first wall (`app.row_access`) adds the scope to queries built on the entities; this one holds for whatever reaches
the database: Core, text, bulk statements, a cursor of the driver. The reach is said in the setting `wall.reach`, with
SET LOCAL, so that it is gone with the transaction; it travels with BEGIN, and again only when it changes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import psycopg
from flask import has_app_context
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.orm import ORMExecuteState, Session

from app.row_access import NAMED_EXCEPTIONS, OutOfReach, follows
from models.base import db
from models.scope import Reach

# How a statement is judged: by the reach in force; as rows of a flush that `row_access` has guarded, whose new rows
# need only name the place in force; or not at all, for a system account, a named exception, and a relation that
# follows the row that was reached.
OWN, KEPT, ALL = "own", "kept", "all"
FLUSHING = "wall: flush under way"  # in session.info
UNKNOWN = "?"


@lru_cache(maxsize=4096)
def said_of(reach: Reach | None, how: str) -> str:
    """What PostgreSQL is told; "" means that nobody's rows are in reach."""
    if how == ALL or (reach is not None and reach.kind == "system"):
        return ALL
    if reach is None:
        return ""
    keys = (reach.location_id, reach.organization_id, reach.user_id)
    numbers = ["" if key is None else str(int(key)) for key in keys]
    mine = ",".join(str(int(key)) for key in reach.recipient_ids)
    return " ".join([how, reach.kind, *numbers, f"{{{mine}}}"])


def _reach() -> Reach | None:
    return db.session.info.get("reach") if has_app_context() else None


def _judged(context: Any) -> str:
    """How a statement that SQLAlchemy sends is judged."""
    named = context.execution_options.get("unscoped")
    if named is not None:
        if named not in NAMED_EXCEPTIONS:
            raise OutOfReach(f"no look-up is called {named}")
        return ALL
    if context.execution_options.get("follows") or getattr(context.compiled, "compile_state", None) is not None:
        joined = getattr(context.compiled.compile_state, "eager_joins", None)
        if joined or context.execution_options.get("follows"):
            return ALL
    return KEPT if has_app_context() and db.session.info.get(FLUSHING) else OWN


def _before(_connection: Any, cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
    if isinstance(cursor, _Telling):
        cursor.said = said_of(_reach(), _judged(context) if context is not None else OWN)


class _Telling:
    """A cursor that says for whom it asks before it asks."""

    said: str | None = None  # what SQLAlchemy found; None for a cursor that somebody took for themselves
    connection: Any

    def _tell(self) -> None:
        connection = self.connection
        wanted = said_of(_reach(), OWN) if self.said is None else self.said
        begin = ""
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            connection.said = ""
            if connection.autocommit or not wanted:
                return
            level = connection.isolation_level
            begin = f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}; " if level else "BEGIN; "
        elif connection.pgconn.transaction_status != TransactionStatus.INTRANS:
            return  # failed already: PostgreSQL takes nothing but an end
        if connection.said != wanted:
            send(connection, f"{begin}SET LOCAL wall.reach = '{wanted}'")
            connection.said = wanted

    def _told(self, query: Any) -> None:
        if isinstance(query, str) and query.startswith("ROLLBACK TO"):
            self.connection.said = UNKNOWN  # a setting made inside the savepoint went with it


def send(connection: Any, words: str) -> None:
    """Statements without values, in one message to the server."""
    result = connection.pgconn.exec_(words.encode())
    if connection.closed:
        raise psycopg.OperationalError("the connection is lost")
    if result.status != ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(result)


class Cursor(_Telling, psycopg.Cursor[Any]):
    """psycopg's cursor, which tells first."""

    def execute(self, query: Any, *given: Any, **more: Any) -> Any:
        self._tell()
        answer = super().execute(query, *given, **more)
        self._told(query)
        self.said = None
        return answer

    def executemany(self, *given: Any, **more: Any) -> Any:
        self._tell()
        super().executemany(*given, **more)
        self.said = None

    def stream(self, *given: Any, **more: Any) -> Any:
        self._tell()
        return super().stream(*given, **more)

    def copy(self, *given: Any, **more: Any) -> Any:
        self._tell()
        return super().copy(*given, **more)


class ServerCursor(_Telling, psycopg.ServerCursor[Any]):
    """A cursor whose rows are fetched piece by piece: each piece is asked for as the first one was."""

    def execute(self, *given: Any, **more: Any) -> Any:
        self._tell()
        return super().execute(*given, **more)

    def fetchone(self) -> Any:
        self._tell()
        return super().fetchone()

    def fetchmany(self, *size: Any) -> Any:
        self._tell()
        return super().fetchmany(*size)

    def fetchall(self) -> Any:
        self._tell()
        return super().fetchall()


def prepare(engine: Engine) -> None:
    """Has an engine's connections tell."""

    @event.listens_for(engine, "connect")
    def _open(connection: Any, _record: Any) -> None:
        connection.said = ""
        connection.cursor_factory, connection.server_cursor_factory = Cursor, ServerCursor

    event.listen(engine, "before_cursor_execute", _before)


def _follow(state: ORMExecuteState) -> None:
    """What the first wall lets follow the row that was reached."""
    if follows(state):
        state.update_execution_options(follows=True)


def _flush_begins(session: Session, *_: Any) -> None:
    session.info[FLUSHING] = True


def _flush_ends(session: Session, *_: Any) -> None:
    session.info.pop(FLUSHING, None)


def install() -> None:
    """Puts the listeners on the one session there is, behind those that guard what a flush writes."""
    if not event.contains(db.session, "do_orm_execute", _follow):
        event.listen(db.session, "do_orm_execute", _follow)
        event.listen(db.session, "before_flush", _flush_begins)
        event.listen(db.session, "after_flush", _flush_ends)
        event.listen(db.session, "after_soft_rollback", _flush_ends)
