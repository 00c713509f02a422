"""A file of recipients from its bytes to the review, and from the review into the records."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Integer, bindparam, func, or_, select, update

from app import history
from app.rules.clock import today_at
from app.uploads.checking import check
from app.uploads.deciding import Decided, decide
from app.uploads.json_rows import rows_of
from app.uploads.kinds import Known, employer_key
from app.uploads.limits import MOST_ROWS
from app.uploads.reading import Row, Table, read
from app.uploads.recipients import RECIPIENTS
from app.uploads.writing import (
    fill_people,
    insert_people,
    insert_rows,
    link_people,
    one_upload_at_a_time,
    welcome_people,
)
from models.base import RuleBroken, db, utcnow
from models.enrollment import Organization
from models.recipients import PriorityGroup, Recipient
from models.scope import Reach
from models.uploads import OUTCOMES, Upload, UploadRow

FAILED = ("refused", "review")
ROWS = UploadRow.__table__


def groups_now() -> dict[str, str]:
    """The groups of the state's plan: code and who belongs to each."""
    query = select(PriorityGroup.code, PriorityGroup.name).order_by(PriorityGroup.code)
    return dict(db.session.execute(query).tuples().all())


def is_phased_now() -> bool:
    """Whether the plan still opens in phases: some group of it is not open yet."""
    waits = or_(PriorityGroup.opens_on.is_(None), PriorityGroup.opens_on > today_at(None))
    return bool(db.session.scalar(select(PriorityGroup.id).where(waits).limit(1)))


def preview(
    data: bytes,
    file_name: str,
    by: Reach,
    location_id: int | None = None,
    organization_id: int | None = None,
    most_rows: int = MOST_ROWS,
    table: Table | None = None,
) -> Upload:
    """Reads, checks and matches a file and keeps the result for review; enters nobody.

    The place is the one of `by` unless given. Raises FileRefused when the file cannot be taken at all.
    Who holds a lock while reading gives the `table` read before.
    """
    if location_id is None and organization_id is None:
        location_id, organization_id = _place_of(by)
    table = table or read(data, file_name, RECIPIENTS, is_phased_now(), most_rows)
    decided = decide_rows(table.rows)
    upload = Upload(
        kind=RECIPIENTS.kind,
        location_id=location_id,
        organization_id=organization_id,
        file_name="".join(filter(str.isprintable, file_name))[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        by_id=by.user_id,
        **_counts(decided),
    )
    db.session.add(upload)
    db.session.flush()
    insert_rows(ROWS, [_stored(one, upload.id) for one in decided])
    history.changed_in_bulk("UploadRow", "add", upload=upload.id, rows=len(decided))
    history.shown("Recipient", [one.known.id for one in decided if one.known is not None], upload=upload.id)
    return upload


def _place_of(by: Reach) -> tuple[int | None, int | None]:
    if by.kind in ("location", "system") and by.location_id:
        return by.location_id, None
    if by.kind == "organization" and by.organization_id:
        return None, by.organization_id
    raise RuleBroken(_("Please choose the location or organization that the people belong to."), field="location_id")


def commit(upload: Upload, by: Reach) -> Upload:
    """Enters the good rows of a reviewed upload; checks and matches them once more, against what is stored now."""
    one_upload_at_a_time()
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status != "reviewed":
        raise RuleBroken(_("This upload is not waiting any more: it was entered or cancelled."))
    before = _rows_again(upload.id)
    decided = decide_rows([Row(number, typed) for number, typed, _outcome in before])
    new = [one for one in decided if one.outcome == "new"]
    keys = insert_people(new, upload.id)
    welcome_people(new, keys, upload)
    fill_people([one for one in decided if one.outcome == "changed"], upload.id)
    known = [one.known.id for one in decided if one.known is not None]
    link_people(list(dict.fromkeys([*keys, *known])), upload)
    _keep_keys(upload.id, [(one.row.number, key) for one, key in zip(new, keys, strict=True)])
    _keep_changed_minds(upload.id, decided, {number: outcome for number, _typed, outcome in before})
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


def decide_rows(rows: list[Row]) -> list[Decided]:
    """Check and match, the same for preview and commit."""
    known = Known(groups_now(), is_phased_now(), _employers(row.typed.get("Employer") for row in rows))
    return decide(check(rows, RECIPIENTS, known, Recipient.__table__), RECIPIENTS)


def _employers(typed: Iterable[str | None]) -> dict[str, int | None]:
    """The organizations named in the file, by compared name; None where several have it."""
    names = {name for name in typed if name}
    found: dict[str, int | None] = {}
    if not names:
        return found
    wanted = {employer_key(name) for name in names}
    query = select(Organization.id, Organization.name).where(
        Organization.is_active, or_(func.lower(Organization.name).in_(wanted), Organization.name.in_(names))
    )
    for key, name in db.session.execute(query, execution_options={"unscoped": "employer_look_up"}):
        found[employer_key(name)] = None if employer_key(name) in found else key
    return found


def _counts(decided: list[Decided]) -> dict[str, int]:
    tally = Counter(one.outcome for one in decided)
    return {f"rows_{outcome}": tally[outcome] for outcome in OUTCOMES}


def _stored(one: Decided, upload_id: int) -> dict[str, Any]:
    """The row as it is kept for review. Who a row to review looks like is not told: it may be another's patient."""
    return {
        "row_version": 1,
        "created_at": utcnow(),
        "upload_id": upload_id,
        "row": one.row.number,
        "typed": one.row.typed,
        "outcome": one.outcome,
        "errors": [error.stored() for error in one.row.errors],
        "recipient_id": one.known.id if one.known is not None else None,
    }


def _rows_again(upload_id: int) -> list[Any]:
    """What was reviewed and not refused: row number, what was typed, and the outcome shown."""
    query = select(UploadRow.row, UploadRow.typed, UploadRow.outcome).order_by(UploadRow.row)
    return list(db.session.execute(query.where(UploadRow.upload_id == upload_id, UploadRow.outcome != "refused")))


def _keep_keys(upload_id: int, keys: list[tuple[int, int]]) -> None:
    """Notes whom each new row became."""
    if not keys:
        return
    connection = db.session.connection()
    made = rows_of(connection.dialect.name, "made", {"number": Integer(), "key": Integer()}, keys)
    statement = update(ROWS).values(recipient_id=made.c.key)
    connection.execute(statement.where(ROWS.c.upload_id == upload_id, ROWS.c.row == made.c.number))


def _keep_changed_minds(upload_id: int, decided: list[Decided], before: dict[int, str]) -> None:
    """Rows that turned out otherwise than reviewed, because someone else wrote meanwhile."""
    turned = [one for one in decided if one.outcome != before[one.row.number]]
    if not turned:
        return
    statement = update(ROWS).where(ROWS.c.upload_id == upload_id, ROWS.c.row == bindparam("number"))
    kept = ("outcome", "errors", "recipient_id")
    statement = statement.values({name: bindparam(f"new_{name}") for name in kept})
    stored = [(one.row.number, _stored(one, upload_id)) for one in turned]
    rows = [{"number": number} | {f"new_{name}": values[name] for name in kept} for number, values in stored]
    db.session.connection().execute(statement, rows)


def failed_rows(upload: Upload) -> list[Any]:
    """The rows that were not entered and can be mended, in the order of the file, for the fix-file."""
    query = select(UploadRow.row, UploadRow.typed, UploadRow.errors).order_by(UploadRow.row)
    return list(db.session.execute(query.where(UploadRow.upload_id == upload.id, UploadRow.outcome.in_(FAILED))))


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
