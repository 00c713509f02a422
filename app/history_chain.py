"""How an entry of the history is sealed upon the one before it, so that a change of the past can be seen."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from functools import cache
from typing import Any

from sqlalchemy import Connection, String, Text, bindparam, cast, func, insert, literal, select
from sqlalchemy.dialects import postgresql

from models.history import History, history_head
from models.kept_sql import kept
from models.scope import Reach

TABLE = History.__table__
# What an entry says, in the order in which it is sealed: all of it but its key, which the database gives.
SEALED = (
    "at", "created_at", "row_version", "request_id", "user_id", "username", "profile", "membership_id", "location_id",
    "organization_id", "address", "act", "method", "path", "outcome", "shown", "changed",
)  # fmt: skip
AS_WRITTEN = ("shown", "changed")  # sealed as the text that is stored, letter by letter


def chain_of(reach: Reach | None, dialect: str) -> int:
    """The chain of the place in force: one a place, so that places do not wait for each other; one on SQLite."""
    if reach is None or dialect == "sqlite":
        return 0
    return reach.location_id or -(reach.organization_id or 0)


def digest(chain: int, values: Any) -> str:
    """The digest of what an entry of a chain says; `values` in the order of SEALED."""
    said = [value.isoformat() if isinstance(value, dt.datetime) else value for value in values]
    return hashlib.sha256(json.dumps([chain, *said], separators=(",", ":")).encode()).hexdigest()


def seal(before: str, body: str) -> str:
    """An entry's seal: over the seal before it ("" for the first of a chain) and the digest of what it says."""
    return hashlib.sha256((before + body).encode()).hexdigest()


def append(connection: Connection, values: dict[str, Any], reach: Reach | None) -> None:
    """Writes an entry at the end of its chain, which nobody else can lengthen until this transaction has ended."""
    dialect = connection.dialect.name
    chain = chain_of(reach, dialect)
    written = {**values, **{name: json.dumps(values[name]) for name in AS_WRITTEN}}
    body = digest(chain, [written[name] for name in SEALED])
    given = {"at_chain": chain, "body": body}
    if dialect == "postgresql":
        given["first"] = seal("", body)
    connection.execute(_statement(dialect), given | written)


def _postgresql_head() -> Any:
    """The head of the chain, moved on by this entry or begun with it; nobody else moves it until we have ended."""
    both = history_head.c.hash + bindparam("body", type_=String)
    sealed = func.encode(func.sha256(func.convert_to(both, "UTF8")), "hex")
    first = {"chain": bindparam("at_chain"), "seq": 1, "hash": bindparam("first")}
    moved = (
        postgresql.insert(history_head)
        .values(first)
        .on_conflict_do_update(index_elements=["chain"], set_={"seq": history_head.c.seq + 1, "hash": sealed})
    )
    return moved.returning(history_head.c.seq, history_head.c.hash).cte("head")


def _sqlite_head() -> Any:
    """The head of the chain as it will be; a trigger moves it when the entry is there."""
    last = history_head.c
    sealed = func.sha256_hex(func.coalesce(last.hash, "") + bindparam("body", type_=String))
    found = select(literal(1)).subquery().outerjoin(history_head, last.chain == bindparam("at_chain"))
    return select((func.coalesce(last.seq, 0) + 1).label("seq"), sealed.label("hash")).select_from(found).subquery()


@cache
def _statement(dialect: str) -> Any:
    """The one statement that writes an entry, sealed upon the last of its chain, and moves the chain's head."""
    head = _postgresql_head() if dialect == "postgresql" else _sqlite_head()
    given = [_given(name, dialect) for name in SEALED]
    found = select(*given, bindparam("at_chain", type_=TABLE.c.chain.type), head.c.seq, head.c.hash)
    written = insert(TABLE).from_select([*SEALED, "chain", "seq", "hash"], found, include_defaults=False)
    return kept(written, dialect).execution_options(unscoped="history_chain")


def _given(name: str, dialect: str) -> Any:
    """A value of the entry; JSON as the very text that was sealed."""
    if name not in AS_WRITTEN:
        return bindparam(name, type_=TABLE.c[name].type)
    text = bindparam(name, type_=Text)
    return cast(text, TABLE.c[name].type) if dialect == "postgresql" else text
