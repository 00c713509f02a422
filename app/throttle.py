"""Slows down whoever tries passwords: by account, by address and by both, in a table that all processes share.

Each failure in a row makes the next wait longer; nothing is locked. A browser in which the account has signed in before
is counted by itself, and so is an address: what strangers do elsewhere, or beside it, delays it by nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.exceptions import TooManyRequests

from app import again, database
from models.base import db, utcnow
from models.sign_ins import sign_in_guard as table

FORGOTTEN_AFTER = dt.timedelta(hours=1)  # without a failure
KNOWN_FOR = dt.timedelta(days=90)


@dataclass(frozen=True)
class Limit:
    """So many failures are free; then the wait is a quarter of a minute, and doubles up to `longest` seconds."""

    free: int
    longest: int

    def wait(self, failures: int) -> dt.timedelta:
        """How long after this many failures."""
        beyond = failures - self.free
        return dt.timedelta(seconds=0 if beyond < 0 else min(15 * 2 ** min(beyond, 20), self.longest))


BOTH = Limit(free=5, longest=900)
BOTH_KNOWN = Limit(free=5, longest=60)  # colleagues share an address: nobody keeps another out for long
ACCOUNT = Limit(free=20, longest=60)
ADDRESS = Limit(free=60, longest=300)
CODE = Limit(free=5, longest=900)  # whoever is asked for a second factor has the password already
MAILS = Limit(free=3, longest=3600)  # to one name, asked for from one address or in one browser that is known
MAILS_IN_ALL = Limit(free=12, longest=900)  # to one name, so that a mailbox is not flooded from many addresses


class TooMany(TooManyRequests):
    """Too many attempts; `seconds` until the next is looked at."""

    def __init__(self, seconds: int):
        super().__init__(retry_after=seconds)
        self.seconds = seconds


def enter(account: str, address: str, device: str = "") -> None:
    """Counts an attempt before it is looked at, so that many at once are counted too; raises TooMany."""
    by_device, by_address = (_key("known", account, one) for one in (device, address))

    def work(connection: Any) -> None:
        now = utcnow()
        since = select(table.c.key_hash).where(table.c.last_at > now - KNOWN_FOR)
        known = set(connection.scalars(since.where(table.c.key_hash.in_([by_device, by_address]))))
        limits = {_key("both", account, address): BOTH}
        if device and by_device in known:
            limits = {_key("both", account, device): BOTH_KNOWN}
        elif by_address in known:
            limits = {_key("both", account, address): BOTH_KNOWN}
        else:
            limits |= {_key("account", account): ACCOUNT, _key("address", address): ADDRESS}
        _count(connection, limits, now)

    _in_own_transaction(work)


def spend(what: str, whose: str, limit: Limit) -> None:
    """Counts one use of something that must not be used without end; raises TooMany."""
    _in_own_transaction(lambda connection: _count(connection, {_key(what, whose): limit}, utcnow()))


def mail(what: str, whose: str, address: str, device: str) -> None:
    """Counts a mail that somebody asks for in a name; raises TooMany.

    A browser in which that name has come in before is counted by itself: who knows a name keeps nobody from their mail.
    """
    by_device = _key("known", f"{what}:{whose}", device)

    def work(connection: Any) -> None:
        now = utcnow()
        since = select(table.c.key_hash).where(table.c.key_hash == by_device, table.c.last_at > now - KNOWN_FOR)
        if device and connection.scalar(since) is not None:
            limits = {_key(what, whose, device): MAILS}
        else:
            limits = {_key(what, whose, address): MAILS, _key(what, whose): MAILS_IN_ALL}
        _count(connection, limits | {_key("address", f"mails for {what}", address): ADDRESS}, now)

    _in_own_transaction(work)


def came_in(what: str, whose: str, device: str) -> None:
    """Knows a browser in which somebody has used a mail that was asked for in this name."""
    known = _key("known", f"{what}:{whose}", device)

    def work(connection: Any) -> None:
        _make(connection, known, utcnow())
        connection.execute(update(table).where(table.c.key_hash == known).values(last_at=utcnow()))
        connection.execute(delete(table).where(table.c.key_hash == _key(what, whose, device)))

    _in_own_transaction(work)


def give_back(what: str, whose: str) -> None:
    """Forgets what was counted of it."""
    forget = delete(table).where(table.c.key_hash == _key(what, whose))
    _in_own_transaction(lambda connection: connection.execute(forget))


def succeeded(account: str, address: str, device: str = "") -> None:
    """Forgets the failures of an account that has signed in, and knows it here and in this browser from now on."""
    here = sorted({address, device} - {""})
    spent = [_key("account", account), *(_key("both", account, one) for one in here)]

    def work(connection: Any) -> None:
        connection.execute(delete(table).where(table.c.key_hash.in_(spent)))
        back = update(table).where(table.c.key_hash == _key("address", address), table.c.failures > 0)
        connection.execute(back.values(failures=table.c.failures - 1))
        for known in sorted(_key("known", account, one) for one in here):
            _make(connection, known, utcnow())
            connection.execute(update(table).where(table.c.key_hash == known).values(last_at=utcnow()))

    _in_own_transaction(work)


def sweep() -> int:
    """Takes out rows that say nothing any more; returns how many."""
    old = delete(table).where(table.c.last_at < utcnow() - KNOWN_FOR)
    return int(_in_own_transaction(lambda connection: connection.execute(old).rowcount))


def _in_own_transaction(work: Callable[[Any], Any]) -> Any:
    """A transaction beside the request's: what was counted stays counted, whatever becomes of the request."""
    db.session.rollback()  # nothing is pending before somebody is signed in, and SQLite has one writer

    def once() -> Any:
        with database.reading_only(False), db.engine.begin() as connection:
            return work(connection)

    done = again.at_once(once)
    again.goes_out()
    return done


def _count(connection: Any, limits: dict[str, Limit], now: dt.datetime) -> None:
    rows = {}
    for key in sorted(limits):  # in one order, so that two requests never wait for each other
        _make(connection, key, now)
        rows[key] = connection.execute(select(table).where(table.c.key_hash == key).with_for_update()).one()
    wait = max((row.free_at - now).total_seconds() for row in rows.values())
    if wait > 0:
        raise TooMany(int(wait) + 1)
    for key, row in rows.items():
        failures = 1 if now - row.last_at > FORGOTTEN_AFTER else row.failures + 1
        values = {"failures": failures, "last_at": now, "free_at": now + limits[key].wait(failures)}
        connection.execute(update(table).where(table.c.key_hash == key).values(**values))


def _make(connection: Any, key: str, now: dt.datetime) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"key_hash": key, "failures": 0, "last_at": now, "free_at": now}
    connection.execute(insert(table).values(**values).on_conflict_do_nothing())


def _key(*parts: str) -> str:
    """What is counted is kept as a hash: a mistyped username may be a password."""
    return hashlib.sha256("\x1f".join(parts).encode(errors="replace")).hexdigest()
