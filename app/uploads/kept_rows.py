"""The rows of an upload as they are kept: stored in bulk, taken up again, and told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Boolean, Integer, bindparam, func, select, update

from app.uploads.deciding import Decided
from app.uploads.json_rows import rows_of
from app.uploads.kinds import kind_of
from app.uploads.writing import insert_rows
from models.base import db, utcnow
from models.uploads import OUTCOMES, Upload, UploadRow

ROWS = UploadRow.__table__
NO_ERRORS: list[Any] = []  # one for all: what is the same object is written out once


def _stored(one: Decided, upload_id: int, keeps: str, now: dt.datetime) -> dict[str, Any]:
    """The row as it is kept for review. Who a row to review looks like is not told: it may be another's patient."""
    return {
        "row_version": 1,
        "created_at": now,
        "upload_id": upload_id,
        "row": one.row.number,
        "typed": one.row.typed,
        "outcome": one.outcome,
        "errors": [error.stored() for error in one.row.errors] if one.row.errors else NO_ERRORS,
        "recipient_id": None,
        "made_id": None,
        "location_id": one.location_id,
        "same_key": one.key if one.is_compared else None,
        "is_linked": False,
        keeps: one.known.id if one.known is not None else None,
    }


def store(upload: Upload, decided: Iterable[Decided]) -> None:
    """Keeps rows that were checked."""
    keeps, upload_id, now = kind_of(upload.kind).keeps, upload.id, utcnow()
    insert_rows(ROWS, [_stored(one, upload_id, keeps, now) for one in decided])


def next_rows(upload: Upload, most: int, outcomes: Iterable[str] = ()) -> list[Any]:
    """The rows after the last one done; of these outcomes, or all but the refused ones."""
    wanted = ROWS.c.outcome.in_(list(outcomes)) if outcomes else ROWS.c.outcome != "refused"
    columns = [
        ROWS.c[name]
        for name in ("row", "typed", "outcome", "recipient_id", "made_id", "location_id", "changes", "is_linked")
    ]
    query = select(*columns).where(ROWS.c.upload_id == upload.id, ROWS.c.row > upload.cursor, wanted)
    return list(db.session.connection().execute(query.order_by(ROWS.c.row).limit(most)))


def keep_results(upload: Upload, decided: list[Decided], keys: Iterable[tuple[int, int]]) -> None:
    """Notes what each new row became, whom the place sees by it, and what was changed."""
    keeps = kind_of(upload.kind).keeps
    connection = db.session.connection()
    became = dict(keys)
    facts = [
        (one.row.number, became.get(one.row.number) or (one.known.id if one.known is not None else None), one.is_linked)
        for one in decided
        if one.row.number in became or one.is_linked
    ]
    if facts:
        columns = {"number": Integer(), "key": Integer(), "linked": Boolean()}
        made = rows_of(connection.dialect.name, "made", columns, facts)
        statement = update(ROWS).values({keeps: made.c.key, "is_linked": made.c.linked})
        connection.execute(statement.where(ROWS.c.upload_id == upload.id, ROWS.c.row == made.c.number))
    changed = [
        {"number": one.row.number, "what": {name: [one.old.get(name), value] for name, value in one.fills.items()}}
        for one in decided
        if one.outcome == "changed"
    ]
    if changed:
        statement = update(ROWS).where(ROWS.c.upload_id == upload.id, ROWS.c.row == bindparam("number"))
        connection.execute(statement.values(changes=bindparam("what", type_=JSON)), plain(changed))


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Old and new values as JSON can hold them."""
    from app.history import plain as one

    return [row | {"what": {name: [one(old), one(new)] for name, (old, new) in row["what"].items()}} for row in rows]


def keep_changed_minds(upload: Upload, decided: list[Decided], before: dict[int, str]) -> None:
    """Rows that turned out otherwise than reviewed, because someone else wrote meanwhile."""
    turned = [one for one in decided if one.outcome != before[one.row.number]]
    if not turned:
        return
    keeps = kind_of(upload.kind).keeps
    statement = update(ROWS).where(ROWS.c.upload_id == upload.id, ROWS.c.row == bindparam("number"))
    kept = ("outcome", "errors", keeps)
    statement = statement.values({name: bindparam(f"new_{name}") for name in kept})
    stored = [(one.row.number, _stored(one, upload.id, keeps, utcnow())) for one in turned]
    rows = [{"number": number} | {f"new_{name}": values[name] for name in kept} for number, values in stored]
    db.session.connection().execute(statement, rows)


def count_again(upload: Upload) -> None:
    """Sets the figures of an upload by its rows."""
    query = select(ROWS.c.outcome, func.count()).where(ROWS.c.upload_id == upload.id).group_by(ROWS.c.outcome)
    found = dict(db.session.connection().execute(query).tuples().all())
    for outcome in OUTCOMES:
        setattr(upload, f"rows_{outcome}", found.get(outcome, 0))


def failed_rows(upload: Upload) -> list[Any]:
    """The rows that were not entered and can be mended, in the order of the file, for the fix-file."""
    failed = kind_of(upload.kind).failed
    query = select(UploadRow.row, UploadRow.typed, UploadRow.errors).order_by(UploadRow.row)
    return list(db.session.execute(query.where(UploadRow.upload_id == upload.id, UploadRow.outcome.in_(failed))))


def summary(upload: Upload, most: int = 100_000) -> dict[str, Any]:
    """An upload in figures, and every error by row and column: for commands and the API."""
    counts = {outcome: getattr(upload, f"rows_{outcome}") for outcome in OUTCOMES}
    wrong = (UploadRow.upload_id == upload.id, UploadRow.outcome.in_(("refused", "review", "doubled")))
    query = select(UploadRow.row, UploadRow.errors).where(*wrong).order_by(UploadRow.row).limit(most)
    errors = [{"row": number, **error} for number, found in db.session.execute(query) for error in found]
    return {"rows": sum(counts.values()), **counts, "errors": errors, "file_error": None}
