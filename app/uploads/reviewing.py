"""What a person sees before entering an upload: each wrong cell named, what would be added, and what speaks against."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from app.uploads.cells import Wrong, day
from app.uploads.checking import FAMILIES
from app.uploads.columns import Column
from app.uploads.deciding import Decided
from app.uploads.kind import Kind
from app.uploads.kinds import kind_of
from app.uploads.reading import Row
from app.uploads.stages import cancel, decide_rows
from models.base import db
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import Reach
from models.uploads import KEPT, OUTCOMES, Upload, UploadRow

FEW = 20  # rows; of fewer nobody is asked whether they fit the place
MOST_SHOWN = 300  # rows of one outcome on the page; the fix-file has them all


@dataclass(frozen=True)
class WrongCell:
    """One wrong cell, named as the spreadsheet shows it, with what was typed and how to mend it."""

    row: int
    column: str
    typed: str
    message: str
    how: str


@dataclass
class Family:
    """All wrong cells of one kind, and what that kind means."""

    code: str
    words: Any
    cells: list[WrongCell] = field(default_factory=list)


@dataclass(frozen=True)
class Named:
    """A row by what the uploader typed: who it is, what was read as its date, and what is said of the row.

    `key` is the person it became, where the reader may see that person.
    """

    row: int
    name: str
    typed_date: str
    date: dt.date | None
    said: list[str]
    key: int | None = None
    fills: list[tuple[str, str, str]] = field(default_factory=list)


def rows_of(upload: Upload, outcome: str, most: int = MOST_SHOWN) -> list[Any]:
    """The first rows of an outcome, in the order of the file."""
    columns = (UploadRow.id, UploadRow.row, UploadRow.typed, UploadRow.errors, UploadRow.recipient_id)
    mine = (UploadRow.upload_id == upload.id, UploadRow.outcome == outcome)
    return list(db.session.execute(select(*columns).where(*mine).order_by(UploadRow.row).limit(most)))


def families(rows: Iterable[Any], kind: Kind) -> list[Family]:
    """The wrong cells of refused rows, by kind of error in the order of the kinds."""
    columns = {column.header: column for column in kind.template.columns}
    found = {code: Family(code, words) for code, words in FAMILIES.items()}
    for row in rows:
        for error in row.errors:
            header = error["column"]
            how = how_to_fix(columns.get(header), error)
            cell = WrongCell(row.row, header, row.typed.get(header, ""), error["message"], how)
            found[error["code"]].cells.append(cell)
    return [family for family in found.values() if family.cells]


def how_to_fix(column: Column | None, error: dict[str, str]) -> str:
    """What a column wants, with an example unless it was given already or may not fit the rest of the row."""
    if column is None:
        return ""
    said = str(column.help)
    if not column.example or error["code"] == "BUSR" or column.example in said + error["message"]:
        return said
    example = _("For example: %(example)s", example=column.example)
    return f"{said} {example}" if said else example


def named(rows: Iterable[Any], kind: Kind, fills: dict[int, list[tuple[str, str, str]]] | None = None) -> list[Named]:
    """Rows as what they name; only what the file says, never what is stored of anybody."""
    rows = list(rows)
    keys = _in_reach(row._mapping.get("recipient_id") for row in rows)
    return [
        Named(
            row=row.row,
            name=" ".join(row.typed[part] for part in kind.named_by if row.typed.get(part)),
            typed_date=row.typed.get(kind.date_column, ""),
            date=_date(row.typed.get(kind.date_column, "")),
            said=[error["message"] for error in row.errors],
            key=key if (key := row._mapping.get("recipient_id")) in keys else None,
            fills=(fills or {}).get(row.row, []),
        )
        for row in rows
    ]


def _in_reach(keys: Iterable[int | None]) -> set[int]:
    """Those of these people whom the reader may see."""
    wanted = {key for key in keys if key}
    return set(db.session.scalars(select(Recipient.id).where(Recipient.id.in_(wanted)))) if wanted else set()


def _date(typed: str) -> dt.date | None:
    """What the one rule for dates reads in a text."""
    try:
        return day(typed)
    except Wrong:
        return None


def fills_now(rows: Iterable[Any], upload: Upload) -> dict[int, list[tuple[str, str, str]]]:
    """What each row would change of the record known, as things stand: heading, old and new value, by row number."""
    headers = {column.field: column.header for column in kind_of(upload.kind).template.columns}
    decided = decide_rows([Row(row.row, row.typed) for row in rows], upload)
    return {
        one.row.number: [
            (headers[name], _old(one, name), one.row.typed[headers[name]]) for name in headers if name in one.fills
        ]
        for one in decided
    }


def _old(one: Decided, name: str) -> str:
    """What stands in the record now, where it is the place's own to see; of people only what is empty is filled."""
    return str(one.old.get(name) or "")


def rows_in_all(upload: Upload) -> int:
    """How many rows the file has."""
    return sum(getattr(upload, f"rows_{outcome}") for outcome in OUTCOMES)


def looks_wrong(upload: Upload) -> bool:
    """Whether it may be the wrong file: most rows are refused, or nobody in it has to do with the place."""
    total = rows_in_all(upload)
    return upload.rows_refused * 2 > total or (not upload.fits_place and total >= FEW)


def places(upload: Upload) -> list[tuple[str, int]]:
    """Where the rows of a file for several locations go: name and number of rows."""
    query = (
        select(Location.name, func.count())
        .join(UploadRow, UploadRow.location_id == Location.id)
        .where(UploadRow.upload_id == upload.id, UploadRow.outcome.in_(("new", "changed", "same")))
        .group_by(Location.id, Location.name)
        .order_by(Location.name)
    )
    return list(db.session.execute(query).tuples().all())


def kept(upload: Upload, kind: Kind) -> list[Named]:
    """The rows that could not be taken back, and why."""
    query = select(UploadRow.row, UploadRow.typed, UploadRow.errors, UploadRow.kept).order_by(UploadRow.row)
    rows = db.session.execute(
        query.where(UploadRow.upload_id == upload.id, UploadRow.kept.is_not(None)).limit(MOST_SHOWN)
    )
    found = []
    for row in rows:
        (one,) = named([row], kind)
        found.append(replace(one, said=[str(KEPT.get(row.kept, row.kept))]))
    return found


def replace_waiting(upload: Upload, by: Reach) -> None:
    """Puts aside what the same person sent before of the same file for the same place and has not entered."""
    waits = (Upload.status.in_(("checking", "reviewed")), Upload.is_held.is_(False), Upload.by_id == by.user_id)
    for earlier in db.session.scalars(_same_file(upload).where(*waits)).all():
        cancel(earlier, by)


def entered_before(upload: Upload) -> Upload | None:
    """The last time that this very file was entered for this place."""
    query = _same_file(upload).where(Upload.status == "committed").order_by(Upload.committed_at.desc())
    return db.session.scalars(query.limit(1)).first()


def _same_file(upload: Upload) -> Select[tuple[Upload]]:
    """Other uploads of the same bytes for the same place."""
    return select(Upload).where(
        Upload.sha256 == upload.sha256,
        Upload.kind == upload.kind,
        Upload.id != upload.id,
        Upload.location_id.is_not_distinct_from(upload.location_id),
        Upload.organization_id.is_not_distinct_from(upload.organization_id),
    )
