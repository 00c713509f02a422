"""A file of any kind from its bytes to the review, and from the review into the records."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Integer, bindparam, select, update

from app import history
from app.uploads.checking import check
from app.uploads.deciding import Decided
from app.uploads.json_rows import rows_of
from app.uploads.kind import Kind
from app.uploads.kinds import kind_of
from app.uploads.reading import Row, Table, read
from app.uploads.writing import insert_rows
from models.base import RuleBroken, db, utcnow
from models.scope import Reach
from models.uploads import OUTCOMES, Upload, UploadRow

ROWS = UploadRow.__table__


def preview(
    data: bytes,
    file_name: str,
    by: Reach,
    location_id: int | None = None,
    organization_id: int | None = None,
    most_rows: int | None = None,
    table: Table | None = None,
    kind: Kind | None = None,
) -> Upload:
    """Reads, checks and matches a file and keeps the result for review; enters nobody.

    The place is the one of `by` unless given. Raises FileRefused when the file cannot be taken at all.
    Who holds a lock while reading gives the `table` read before. The kind is recipients unless given.
    """
    kind = kind or kind_of("recipients")
    if location_id is None and organization_id is None:
        location_id, organization_id = _place_of(by, kind)
    table = table or read(data, file_name, kind.template, kind.is_phased(), most_rows or kind.most_rows)
    upload = Upload(
        kind=kind.name,
        location_id=location_id,
        organization_id=organization_id,
        file_name="".join(filter(str.isprintable, file_name))[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        by_id=by.user_id,
    )
    db.session.add(upload)
    db.session.flush()
    decided = decide_rows(table.rows, upload)
    for name, count in _counts(decided).items():
        setattr(upload, name, count)
    insert_rows(ROWS, [_stored(one, upload) for one in decided])
    history.changed_in_bulk("UploadRow", "add", upload=upload.id, rows=len(decided))
    if kind.keeps == "recipient_id":
        history.shown("Recipient", [one.known.id for one in decided if one.known is not None], upload=upload.id)
    upload.status = "reviewed"
    db.session.flush()
    return upload


def _place_of(by: Reach, kind: Kind) -> tuple[int | None, int | None]:
    if by.kind in ("location", "system") and by.location_id:
        return by.location_id, None
    if by.kind == "organization" and by.organization_id:
        return None, by.organization_id
    if not kind.needs_place:
        return None, None
    raise RuleBroken(_("Please choose the location or organization that the people belong to."), field="location_id")


def commit(upload: Upload, by: Reach) -> Upload:
    """Enters the good rows of a reviewed upload; checks and matches them once more, against what is stored now."""
    kind = kind_of(upload.kind)
    kind.lock()
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status != "reviewed":
        raise RuleBroken(_("This upload is not waiting any more: it was entered or cancelled."))
    before = _rows_again(upload.id)
    decided = decide_rows([Row(number, typed) for number, typed, _outcome in before], upload)
    _keep_keys(upload.id, kind.keeps, list(kind.enter(decided, upload, by).items()))
    _keep_changed_minds(upload, decided, {number: outcome for number, _typed, outcome in before})
    refused = upload.rows_refused
    for name, count in _counts(decided).items():
        setattr(upload, name, count)
    upload.rows_refused += refused
    upload.status = "committed"
    upload.committed_at = utcnow()
    db.session.flush()
    return upload


def cancel(upload: Upload, by: Reach) -> Upload:
    """Puts a reviewed upload aside; nobody is entered."""
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status != "reviewed":
        raise RuleBroken(_("This upload is not waiting any more: it was entered or cancelled."))
    upload.status = "cancelled"
    db.session.flush()
    return upload


def decide_rows(rows: list[Row], upload: Upload) -> list[Decided]:
    """Check and match, the same for preview and commit."""
    kind = kind_of(upload.kind)
    return kind.decide(check(rows, kind.template, kind.known(rows, upload), kind.table), upload)


def _counts(decided: list[Decided]) -> dict[str, int]:
    tally = Counter(one.outcome for one in decided)
    return {f"rows_{outcome}": tally[outcome] for outcome in OUTCOMES}


def _stored(one: Decided, upload: Upload) -> dict[str, Any]:
    """The row as it is kept for review. Who a row to review looks like is not told: it may be another's patient."""
    keeps = kind_of(upload.kind).keeps
    return {
        "row_version": 1,
        "created_at": utcnow(),
        "upload_id": upload.id,
        "row": one.row.number,
        "typed": one.row.typed,
        "outcome": one.outcome,
        "errors": [error.stored() for error in one.row.errors],
        "recipient_id": None,
        "made_id": None,
        "is_linked": False,
    } | {keeps: one.known.id if one.known is not None else None}


def _rows_again(upload_id: int) -> list[Any]:
    """What was reviewed and not refused: row number, what was typed, and the outcome shown."""
    query = select(UploadRow.row, UploadRow.typed, UploadRow.outcome).order_by(UploadRow.row)
    return list(db.session.execute(query.where(UploadRow.upload_id == upload_id, UploadRow.outcome != "refused")))


def _keep_keys(upload_id: int, keeps: str, keys: list[tuple[int, int]]) -> None:
    """Notes what each new row became."""
    if not keys:
        return
    connection = db.session.connection()
    made = rows_of(connection.dialect.name, "made", {"number": Integer(), "key": Integer()}, keys)
    statement = update(ROWS).values({keeps: made.c.key})
    connection.execute(statement.where(ROWS.c.upload_id == upload_id, ROWS.c.row == made.c.number))


def _keep_changed_minds(upload: Upload, decided: list[Decided], before: dict[int, str]) -> None:
    """Rows that turned out otherwise than reviewed, because someone else wrote meanwhile."""
    turned = [one for one in decided if one.outcome != before[one.row.number]]
    if not turned:
        return
    statement = update(ROWS).where(ROWS.c.upload_id == upload.id, ROWS.c.row == bindparam("number"))
    kept = ("outcome", "errors", kind_of(upload.kind).keeps)
    statement = statement.values({name: bindparam(f"new_{name}") for name in kept})
    stored = [(one.row.number, _stored(one, upload)) for one in turned]
    rows = [{"number": number} | {f"new_{name}": values[name] for name in kept} for number, values in stored]
    db.session.connection().execute(statement, rows)


def failed_rows(upload: Upload) -> list[Any]:
    """The rows that were not entered and can be mended, in the order of the file, for the fix-file."""
    failed = kind_of(upload.kind).failed
    query = select(UploadRow.row, UploadRow.typed, UploadRow.errors).order_by(UploadRow.row)
    return list(db.session.execute(query.where(UploadRow.upload_id == upload.id, UploadRow.outcome.in_(failed))))


def summary(upload: Upload) -> dict[str, Any]:
    """An upload in figures, and every error by row and column: for commands and the API."""
    counts = {outcome: getattr(upload, f"rows_{outcome}") for outcome in OUTCOMES}
    query = select(UploadRow.row, UploadRow.errors).order_by(UploadRow.row)
    errors = [
        {"row": number, **error}
        for number, found in db.session.execute(query.where(UploadRow.upload_id == upload.id))
        for error in found
    ]
    return {"rows": sum(counts.values()), **counts, "errors": errors, "file_error": None}
