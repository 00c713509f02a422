"""What the sets of a file before this one hold: found by keys in the database, so that memory stays small."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from sqlalchemy import select

from app.uploads.cells import Known
from app.uploads.checking import check
from app.uploads.deciding import Decided, Earlier
from app.uploads.json_rows import among
from app.uploads.kept_rows import ROWS
from app.uploads.reading import Row
from app.uploads.recipients import RECIPIENTS
from models.base import db
from models.recipients import Recipient
from models.uploads import Upload


def earlier_rows(upload: Upload, decided: list[Decided]) -> list[Any]:
    """Good rows of earlier sets with the same keys as these: number, key and what was typed."""
    if not upload.cursor or not decided:
        return []
    connection = db.session.connection()
    keys = list(dict.fromkeys(one.key for one in decided))
    query = select(ROWS.c.row, ROWS.c.same_key, ROWS.c.typed).where(
        ROWS.c.upload_id == upload.id,
        ROWS.c.row + 0 <= upload.cursor,  # no range of an index: SQLite would walk through all rows before this set
        ROWS.c.outcome != "refused",
        among(connection.dialect.name, ROWS.c.same_key, keys),
    )
    return sorted(connection.execute(query), key=attrgetter("row"))


def _not_alone(upload: Upload, decided: list[Decided]) -> list[Decided]:
    """Those that may stand in an earlier set as well: all while a file is checked, and then those found so."""
    if upload.status != "entering" or not decided:
        return decided
    here = ROWS.c.row.between(decided[0].row.number, decided[-1].row.number)
    query = select(ROWS.c.row).where(ROWS.c.upload_id == upload.id, here, ROWS.c.outcome.in_(("doubled", "review")))
    found = set(db.session.connection().scalars(query))
    return [one for one in decided if one.row.number in found] if found else []


def earlier_people(upload: Upload, decided: list[Decided]) -> Earlier:
    """The same as people: their values, which tell two of one name and birth date apart."""
    decided = _not_alone(upload, decided)
    rows = earlier_rows(upload, decided)
    if not rows:
        return {}
    identities = {one.key: one.identity for one in decided}
    read_again = check([Row(row.row, row.typed) for row in rows], RECIPIENTS, Known(), Recipient.__table__)
    found: Earlier = {}
    for row, again in zip(rows, read_again, strict=True):
        found.setdefault(identities[row.same_key], []).append((row.row, again.values))
    return found


def entered_by(upload: Upload, keys: set[int]) -> set[int]:
    """Which of these people the upload itself has entered."""
    if not upload.cursor or upload.status != "entering":
        return set()
    mine = (ROWS.c.upload_id == upload.id, ROWS.c.outcome == "new", ROWS.c.recipient_id.in_(keys))
    return set(db.session.connection().scalars(select(ROWS.c.recipient_id).where(*mine)))
