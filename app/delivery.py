"""Delivers the notices that are due: claimed under a lease first, sent then, so that a killed worker loses none.

At least once: a worker killed after the mail server took the mail sends it again when the lease is over, under the
same Message-ID, by which mail programs know it again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import delete, func, select, update

from app import history, letters
from app.post import Post, Unreachable, problem_of
from app.rules import links, mail_codes, notices
from models.base import db, utcnow
from models.links import Link
from models.notices import Notice
from models.scope import Reach, acting

BATCH = 20
LEASE = dt.timedelta(minutes=5)
# A mail is begun only while so much of its lease is left: no second worker can have it meanwhile.
NEEDED = dt.timedelta(minutes=2)
# How long to wait after the first, second ... failed attempt; after the last of them it is given up.
BACK_OFF = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=4),
    dt.timedelta(days=1),
)


@dataclass(frozen=True)
class Claimed:
    """A notice that is ours to send until the lease is over, free of the database session."""

    id: int
    attempt: int
    until: dt.datetime
    kind: str
    to_address: str
    language: str
    context: dict[str, Any]
    message_id: str
    link_id: int | None = None


def deliver_due(by: Reach, enough: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Sends what is due until nothing is, or `enough()`: {"sent": n, "later": n, "failed": n, "waiting": n}.

    Without MAIL_SERVER nothing is sent, and the rows wait.
    """
    tally = Counter(sent=0, later=0, failed=0)
    with acting(by):
        if current_app.config["MAIL_SERVER"]:
            with Post(current_app.extensions["mail"]) as post:
                while not enough() and not post.is_down and (batch := claim()):
                    _send(batch, post, tally, enough)
        waiting = db.session.scalar(select(func.count()).where(Notice.status == "queued"))
        db.session.rollback()
    return {**tally, "waiting": waiting or 0}


def claim() -> list[Claimed]:
    """Takes a few due notices under a lease, in a transaction of its own; two workers never take the same."""
    history.begin(act="claim notices")
    now = utcnow()
    due = (
        select(Notice)
        .where(Notice.status == "queued", Notice.next_try_at <= now)
        .order_by(Notice.next_try_at, Notice.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Notice)
    )
    won = [_claimed(notice, now + LEASE) for notice in db.session.scalars(due).all() if _take(notice, now + LEASE)]
    if won:
        history.changed_in_bulk("Notice", "claim", [one.id for one in won])
    db.session.commit()
    return won


def _take(notice: Notice, until: dt.datetime) -> bool:
    """Whether this worker was the first to change the row that both saw."""
    seen = (Notice.id == notice.id, Notice.status == "queued", Notice.row_version == notice.row_version)
    statement = (
        update(Notice)
        .where(*seen)
        .values(attempts=Notice.attempts + 1, next_try_at=until, row_version=Notice.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(db.session.execute(statement).rowcount == 1)


def _claimed(notice: Notice, until: dt.datetime) -> Claimed:
    return Claimed(
        id=notice.id,
        attempt=notice.attempts + 1,
        until=until,
        kind=notice.kind,
        to_address=notice.to_address,
        language=notice.language,
        context=dict(notice.context),
        message_id=notice.message_id,
        link_id=notice.link_id,
    )


def _link_of(one: Claimed) -> dict[str, str]:
    """The address that the mail's link opens, or its code: made for this sending, no table and no log holds it."""
    if one.link_id is None:
        return {}
    link = db.session.get_one(Link, one.link_id)
    if link.purpose == mail_codes.PURPOSE:
        return {"code": mail_codes.code_of(link)}
    return {"link": current_app.config["PUBLIC_URL"] + links.address(link)}


def _is_for_nobody(one: Claimed) -> bool:
    """A mail that was asked for in the name of an account or an address that is not there."""
    if one.to_address.endswith(notices.NO_ADDRESS):
        return True
    return one.link_id is not None and mail_codes.is_for_nobody(db.session.get_one(Link, one.link_id))


def _drop(one: Claimed) -> None:
    """Takes out a mail that nobody is to get."""
    history.begin(act="deliver notice")
    db.session.execute(delete(Notice).where(Notice.id == one.id).execution_options(synchronize_session=False))
    history.changed_in_bulk("Notice", "remove", [one.id])
    db.session.commit()


def _send(batch: list[Claimed], post: Post, tally: Counter[str], enough: Callable[[], bool]) -> None:
    """Sends one after the other; what is not begun is taken up again when its lease is over."""
    for one in batch:
        if enough() or utcnow() > one.until - NEEDED:
            return
        problem = None
        try:
            if _is_for_nobody(one):
                _drop(one)
                continue
            said = one.context | _link_of(one)
            post.send(letters.write(one.kind, one.language, said, one.to_address, one.message_id))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this mail's problem and goes into its row
            problem = problem_of(error)
            current_app.logger.warning("notice %s: attempt %s: %s", one.id, one.attempt, type(error).__name__)
            if isinstance(error, Unreachable):
                post.is_down = True
        tally[_settle(one, problem)] += 1
        if post.is_down:
            _give_back(batch[batch.index(one) + 1 :])
            return


def _settle(one: Claimed, problem: str | None) -> str:
    """Writes what became of the attempt; says "sent", "later" or "failed"."""
    history.begin(act="deliver notice")
    notice = db.session.get(Notice, one.id, populate_existing=True, with_for_update={"of": Notice})
    if notice is None or notice.status != "queued" or (problem and notice.attempts != one.attempt):
        db.session.rollback()  # another worker has it by now, or has sent it
        return "later" if problem else "sent"
    notice.problem = problem
    if problem is None:
        notice.status, notice.sent_at, notice.next_try_at = "sent", utcnow(), None
    elif one.attempt > len(BACK_OFF):
        notice.status, notice.next_try_at = "failed", None
    else:
        notice.next_try_at = utcnow() + BACK_OFF[one.attempt - 1]
    outcome = "later" if notice.status == "queued" else notice.status
    db.session.commit()
    return outcome


def _give_back(untried: list[Claimed]) -> None:
    """The mail server cannot be reached: those not tried wait a minute, and it is no attempt of theirs."""
    for one in untried:
        mine = (Notice.id == one.id, Notice.status == "queued", Notice.attempts == one.attempt)
        statement = (
            update(Notice)
            .where(*mine)
            .values(
                attempts=Notice.attempts - 1, next_try_at=utcnow() + BACK_OFF[0], row_version=Notice.row_version + 1
            )
            .execution_options(synchronize_session=False)
        )
        db.session.execute(statement)
    if untried:
        history.begin(act="deliver notice")
        history.changed_in_bulk("Notice", "give_back", [one.id for one in untried])
    db.session.commit()
