"""Uploads too long for a request: checked, entered and taken back by the worker, one set of rows after the other.

Each set is a transaction with its cursor. Nothing is known only here: a worker killed at any point, a full disk or a
database that is gone lose the set under way, and whoever finds no sign of life for a while goes on behind the cursor.
"""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flask import current_app
from flask_babel import force_locale
from sqlalchemy import delete, func, or_, select, update

from app import history
from app.database import reading_only
from app.jobs import senders
from app.jobs.others import Others, watched
from app.rules import notices
from app.secret_keys import key_for
from app.uploads import reading, sealed, stages
from app.uploads.kinds import kind_of
from app.uploads.refused import FileRefused
from models.base import RuleBroken, db, utcnow
from models.notices import Notice
from models.people import PortalUser
from models.scope import Reach, acting
from models.uploads import WORKING, Upload, UploadRow

ACCOUNT = Reach.system("worker")
SEAL = "upload file"
FORGOTTEN_AT_ONCE = 2_000
PIECES_AT_ONCE = 8  # of a file, sealed in one transaction
_at_work = threading.Lock()


class Lost(Exception):
    """The upload was cancelled, or somebody else goes on with it."""


def work_off(enough: Callable[[], bool]) -> None:
    """Works on what waits until nothing does, or `enough()`; one upload at a time in a process."""
    if not _at_work.acquire(blocking=False):
        return
    try:
        while not enough() and (key := claim()) is not None:
            try:
                run(key, enough)
            except Exception as error:  # noqa: BLE001 - the next one must not wait for it; it is tried again later
                db.session.rollback()
                current_app.logger.error("upload %s: %s", key, type(error).__name__)
    finally:
        _at_work.release()


def claim() -> int | None:
    """The upload that waits longest, with our sign of life on it; two workers never take the same."""
    silent = utcnow() - dt.timedelta(seconds=current_app.config["UPLOAD_LEASE_SECONDS"])
    with acting(ACCOUNT):
        history.begin(act="claim upload")
        waits = (Upload.status.in_(WORKING), or_(Upload.heartbeat_at.is_(None), Upload.heartbeat_at < silent))
        query = select(Upload).where(*waits).order_by(Upload.heartbeat_at.is_not(None), Upload.heartbeat_at, Upload.id)
        found = db.session.scalars(query.limit(1).with_for_update(skip_locked=True, of=Upload)).first()
        if found is not None:
            _sign(found.id, utcnow())
            key: int | None = found.id
        else:
            key = None
        db.session.commit()
    return key


def keep_file(upload: Upload, pieces: Iterable[bytes]) -> None:
    """Seals the beginning of a file, in the session's transaction.

    A file that has more is signed as being worked on: `keep_rest` seals that, and until then no worker begins.
    """
    numbered = enumerate(pieces)
    sealed.seal(upload.id, itertools.islice(numbered, PIECES_AT_ONCE), key_for(SEAL))
    if next(numbered, None) is not None:
        upload.heartbeat_at = utcnow()


def keep_rest(key: int, pieces: Iterable[bytes]) -> None:
    """Seals what `keep_file` has left, some pieces in a transaction: nobody waits long for SQLite's lock.

    Where this ends before its time, the worker finds that the file is not the one that was announced.
    """
    rest = itertools.islice(enumerate(pieces), PIECES_AT_ONCE, None)
    some = list(itertools.islice(rest, PIECES_AT_ONCE))
    while some:
        sealed.seal(key, some, key_for(SEAL))
        some = list(itertools.islice(rest, PIECES_AT_ONCE))
        _sign(key, utcnow() if some else None)
        db.session.commit()


def _sign(key: int, at: dt.datetime | None) -> None:
    """Our sign of life, or that nobody is at work."""
    values = {"heartbeat_at": at, "row_version": Upload.__table__.c.row_version + 1}
    db.session.connection().execute(update(Upload.__table__).where(Upload.__table__.c.id == key).values(values))


def run(key: int, enough: Callable[[], bool]) -> None:
    """Goes on with one upload until its stage is over, in its sender's name and language."""
    with acting(ACCOUNT):
        upload = db.session.get_one(Upload, key, populate_existing=True)
        stage, (by, language) = upload.status, stages.sender_of(upload)
        kind = kind_of(upload.kind)
        if stage != "undoing" and not senders.may_still(by, kind):
            history.begin(act="stop upload")
            db.session.refresh(upload, with_for_update={"of": Upload})
            senders.stop(upload, kind, ACCOUNT)
            db.session.commit()
            return
        db.session.rollback()
    work = {"checking": _check, "entering": _enter, "undoing": _undo}[stage]
    with acting(by), force_locale(language), watched(db.engine) as others:
        try:
            if not work(key, by, enough, others):
                _sign(key, None)  # told to stop: whoever comes next need not wait
                db.session.commit()
        except Lost:
            db.session.rollback()


def _check(key: int, by: Reach, enough: Callable[[], bool], others: Others) -> bool:
    """Reads the file from its beginning and checks the rows behind the cursor."""
    upload = db.session.get_one(Upload, key, populate_existing=True)
    kind, name, cursor, sha256 = kind_of(upload.kind), upload.file_name, upload.cursor, upload.sha256
    phased, expected = kind.is_phased(), [upload.rows_expected]
    db.session.rollback()

    def expect(rows: int) -> None:
        expected[0] = rows

    try:
        pieces = sealed.opener(key, key_for(SEAL))
        if sealed.digest_of(pieces()) != sha256:
            raise FileRefused("cut_off")
        _table, rows = reading.opened(pieces, name, kind.template, phased, expect=expect)
        read = 0
        while some := list(itertools.islice(rows, others.leave_room_for(kind.at_once))):
            if enough():
                return False
            if (read := read + len(some)) > kind.most_rows:
                raise FileRefused("too_many_rows", most=kind.most_rows, found=read)
            if some[-1].number > cursor:
                fresh = [row for row in some if row.number > cursor]
                decided = _decided(key, fresh)
                work = partial(_checked, rows=fresh, decided=decided, cursor=cursor, expected=expected[0])
                cursor = _set(key, "checking", work, others)
    except FileRefused as refused:
        reason = {"code": refused.code, "facts": refused.facts}
        _set(key, "checking", lambda upload: _refused(upload, by, reason), others)
        return True
    _set(key, "checking", lambda upload: _tell("upload_checked", stages.checked(upload), by), others)
    return True


def _decided(key: int, rows: list[Any]) -> list[Any]:
    """What the rows are, found out while others may write; it is asked once more when they are entered."""
    with reading_only():
        upload = db.session.get(Upload, key, populate_existing=True)
        if upload is None:
            raise Lost
        decided = stages.decide_rows(rows, upload)
        db.session.rollback()
    return decided


def _checked(upload: Upload, rows: list[Any], decided: list[Any], cursor: int, expected: int | None) -> int:
    if upload.cursor != cursor:
        raise Lost
    upload.rows_expected = expected
    stages.check_some(upload, rows, decided)
    return upload.cursor


def _refused(upload: Upload, by: Reach, reason: dict[str, Any]) -> None:
    """The file turned out bad behind its beginning: nothing of it is kept but why."""
    rows = UploadRow.__table__
    db.session.connection().execute(delete(rows).where(rows.c.upload_id == upload.id))
    for name in ("new", "changed", "same", "review", "doubled", "refused"):
        setattr(upload, f"rows_{name}", 0)
    upload.problem, upload.status = reason, "refused"
    _tell("upload_refused", upload, by)


def _enter(key: int, by: Reach, enough: Callable[[], bool], others: Others) -> bool:
    return _in_sets(("entering", stages.enter_some, "upload_entered"), key, by, enough, others)


def _undo(key: int, by: Reach, enough: Callable[[], bool], others: Others) -> bool:
    return _in_sets(("undoing", stages.undo_some, "upload_undone"), key, by, enough, others)


def _in_sets(what: tuple[str, Any, str], key: int, by: Reach, enough: Callable[[], bool], others: Others) -> bool:
    """Does a stage by its rule until nothing is left, and tells its sender."""
    stage, rule, kind = what

    def one_set(upload: Upload) -> bool:
        more: bool = rule(upload, by, others.leave_room_for(kind_of(upload.kind).at_once))
        if not more:
            _tell(kind, upload, by)
        return more

    while not enough():
        if not _set(key, stage, one_set, others):
            return True
    return False


def _set(key: int, stage: str, work: Callable[[Upload], Any], others: Others) -> Any:
    """One set of rows: one transaction, one entry of the history; raises Lost where the upload is not ours any more."""
    began = time.monotonic()
    others.look()
    history.begin(act=f"job upload {stage}")
    upload = db.session.get(Upload, key, populate_existing=True)
    if upload is None:
        raise Lost
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status != stage:
        raise Lost
    try:
        given = work(upload)
    except RuleBroken:
        raise Lost from None
    db.session.commit()
    others.stored()
    time.sleep(others.rest(time.monotonic() - began))
    return given


def _tell(kind: str, upload: Upload, by: Reach) -> None:
    """A mail to the sender that the stage is over; `once`, however often it is begun again."""
    to = db.session.get(PortalUser, upload.by_id) if upload.by_id else None
    good = upload.rows_new + upload.rows_changed + upload.rows_same
    facts = {"good": good, "to_fix": upload.rows_refused + upload.rows_review, "kept": upload.rows_kept}
    notices.queue(kind, to, f"{kind}-{upload.id}", by, number=upload.id, **facts)


def forget(key: int) -> None:
    """Takes out an upload that was only to be looked at: its rows set by set, its file, and the mail about it."""
    rows, notice = UploadRow.__table__, Notice.__table__
    last = db.session.scalar(select(func.max(UploadRow.row)).where(UploadRow.upload_id == key)) or 0
    for row in range(0, last + 1, FORGOTTEN_AT_ONCE):
        some = (rows.c.upload_id == key, rows.c.row.between(row, row + FORGOTTEN_AT_ONCE - 1))
        db.session.connection().execute(delete(rows).where(*some))
        db.session.commit()
    history.begin(act="forget upload")
    with acting(notices.OUTBOX):
        told = [f"{kind}-{key}" for kind in ("upload_checked", "upload_refused")]
        db.session.connection().execute(delete(notice).where(notice.c.once.in_(told), notice.c.status == "queued"))
    db.session.delete(db.session.get_one(Upload, key, populate_existing=True))
    db.session.commit()
