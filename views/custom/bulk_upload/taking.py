"""What the page does besides showing: takes a file, finds uploads and their rows, says how far the work is."""

from __future__ import annotations

import io
import os
from functools import partial
from typing import Any

from flask import abort, current_app, g, send_file
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import history
from app.jobs.uploads import keep_file, keep_rest
from app.languages import grouped
from app.rules.clock import today_at
from app.uploads import reviewing, sealed, stages
from app.uploads.kind import Kind
from app.uploads.limits import MEGABYTE
from app.uploads.reading import check_size, read_some
from app.uploads.refused import FileRefused
from models.base import db, utcnow
from models.recipients import PriorityGroup
from models.uploads import Upload
from views.custom.bulk_upload.forms import FileForm
from views.page import saved
from views.page_words import day

RECENT = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"xlsx": XLSX, "csv": "text/csv"}


def taken(form: FileForm, kind: Kind) -> Upload | None:
    """Reads the beginning of the file sent and keeps it; None with the reason at the field.

    A short file is checked at once and waits for review; a longer one waits for the worker.
    """
    stream, name, most = form.file.data.stream, form.file.data.filename or "", rows_here(kind)
    location_id, phased, size = form.location_id, kind.is_phased(), stream.seek(0, os.SEEK_END)
    pieces = partial(sealed.in_pieces, stream)
    db.session.rollback()  # nobody waits for the database while a file is read
    try:
        check_size(pieces, size, kind.most_bytes(name))
        table, is_whole = read_some(pieces, size, name, kind.template, phased, most)
        if not is_whole and kind.most_rows <= most:
            raise FileRefused("too_many_rows", most=kind.most_rows, found=f"{kind.most_rows}+")
    except FileRefused as refused:
        form.file.errors = [refused.reason]
        return None

    sha256 = sealed.digest_of(pieces())

    def keep() -> Upload:
        upload = stages.receive(name, sha256, g.reach, kind, table, location_id)
        keep_file(upload, pieces())
        if is_whole:
            for rows in stages.in_sets(table.rows, kind.at_once):
                stages.check_some(upload, rows)
            stages.checked(upload)
        reviewing.replace_waiting(upload, g.reach)
        return upload

    upload = saved(keep, form)
    if upload is not None:
        keep_rest(upload.id, pieces())
        if not is_whole:
            knock()
    return upload


def knock() -> None:
    """Wakes the worker; its queue is imported by whoever sends the first long file, not by every process at start."""
    from app import worker

    worker.knock(current_app)


def rows_here(kind: Kind) -> int:
    """As many rows as are done in the request; where no file can be longer than one set, that is all of them."""
    most: int = current_app.config["UPLOAD_ROWS_AT_ONCE"]
    return kind.most_rows if kind.most_rows <= kind.at_once else most


def is_long(upload: Upload, kind: Kind) -> bool:
    """Whether the worker has to do it."""
    return reviewing.rows_in_all(upload) - upload.rows_refused > rows_here(kind)


def progress(upload: Upload) -> dict[str, Any]:
    """How far the work under way has come: in words, and as figures for the bar."""
    done, expected = upload.rows_done, upload.rows_expected
    left = None
    if expected and done and upload.stage_at:
        spent = (utcnow() - upload.stage_at).total_seconds()
        left = max(0, round(spent / done * (expected - done)))
    words = _("%(done)s rows so far", done=grouped(done))
    if expected:
        said = {"done": grouped(min(done, expected)), "expected": grouped(expected)}
        words = _("%(done)s of about %(expected)s rows", **said)
    if left is not None:
        words += " · " + time_left(left)
    return {"status": upload.status, "done": done, "expected": expected, "words": words}


def time_left(seconds: int) -> str:
    """The remaining time, as people say it."""
    if seconds < 60:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    return ngettext("about %(num)s minute left", "about %(num)s minutes left", minutes)


def reached(pk: int, kind: Kind) -> Upload:
    """An upload of this kind of the place in force; 404 otherwise."""
    places = (joinedload(Upload.location), joinedload(Upload.organization), joinedload(Upload.by))
    query = select(Upload).where(Upload.id == pk, Upload.kind == kind.name).options(*places)
    upload = db.session.scalars(query).first()
    if upload is None:
        abort(404)
    return upload


def recent(kind: Kind) -> list[Upload]:
    """The last uploads of the place; for state staff, who see every place, one's own."""
    query = select(Upload).where(Upload.kind == kind.name)
    query = query.options(joinedload(Upload.by), joinedload(Upload.location))
    if g.reach.kind == "state":
        query = query.where(Upload.by_id == g.reach.user_id)
    return list(db.session.scalars(query.order_by(Upload.created_at.desc(), Upload.id.desc()).limit(RECENT)))


def shown_rows(upload: Upload) -> dict[str, list[Any]]:
    """The rows by outcome, noted as shown."""
    outcomes = ("refused", "review", "doubled", "changed", "same", "new")
    rows = {name: reviewing.rows_of(upload, name) if getattr(upload, f"rows_{name}") else [] for name in outcomes}
    seen = [row for some in rows.values() for row in some]
    history.shown("UploadRow", [row.id for row in seen], upload=upload.id)
    history.shown("Recipient", [row.recipient_id for row in seen if row.recipient_id], upload=upload.id)
    return rows


def has_good_rows(upload: Upload, kind: Kind) -> bool:
    """Whether entering would do anything."""
    return bool(upload.rows_new or upload.rows_changed or kind.joining(upload))


def dated(kind: Kind) -> dict[str, str]:
    """The groups that a column of this kind may name, each with the day it opens: code and words."""
    if not (codes := kind.groups()):
        return {}
    query = select(PriorityGroup.code, PriorityGroup.name, PriorityGroup.opens_on).order_by(PriorityGroup.code)
    query = query.where(PriorityGroup.code.in_(codes))
    return {code: f"{_(name)} ({opening(opens_on)})" for code, name, opens_on in db.session.execute(query)}


def opening(opens_on: Any) -> str:
    """Since when, or from when, a group is open."""
    if opens_on is None:
        return _("not open yet")
    if opens_on <= today_at(None):
        return _("open since %(day)s", day=day(opens_on))
    return _("opens on %(day)s", day=day(opens_on))


def sizes(kind: Kind) -> dict[str, int]:
    """The megabytes of the largest workbook and of the largest file of text that are taken."""
    return {name: kind.most_bytes(f"a.{name}") // MEGABYTE for name in TYPES}


def sent(data: bytes, ending: str, name: str) -> Any:
    """A file to save, named for what it is and for nobody."""
    return send_file(io.BytesIO(data), TYPES[ending], as_attachment=True, download_name=f"{name}.{ending}")
