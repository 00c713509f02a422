"""Takes back what an upload of people entered, as far as nobody has touched it since; the rest stays and is named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, func, select, update

from app import history
from app.rules import welcomes
from app.uploads.kept_rows import ROWS
from app.uploads.writing import BULK
from models.base import db
from models.notices import Notice
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import Upload

PEOPLE, LINKS, NOTICES = Recipient.__table__, RecipientLink.__table__, Notice.__table__
# What points at a person without having worked with them: mails, this upload's own rows and links are looked at apart.
OWN = {LINKS.name, NOTICES.name, ROWS.name}


@acting(BULK)  # whether somebody worked with a person since is asked of every place
def take_back(rows: list[Any], upload: Upload) -> int:
    """Takes out new people, empties what was filled in, ends links; notes what stays (`UploadRow.kept`), counts it."""
    new = {row.recipient_id: row.row for row in rows if row.outcome == "new" and row.recipient_id}
    kept: dict[int, str] = {new[key]: "touched" for key in _touched(set(new), upload)}
    gone = [key for key, number in new.items() if number not in kept]
    _take_out(gone, upload)
    for row in rows:
        if row.outcome == "changed" and row.changes and not _put_back(row, upload):
            kept[row.row] = "changed"
    known = [row for row in rows if row.is_linked and row.recipient_id and (row.outcome != "new" or row.row in kept)]
    for row in _unlink([row for row in known if row.outcome != "new"], upload):
        kept.setdefault(row.row, "listed")
    if kept:
        statement = update(ROWS).where(ROWS.c.upload_id == upload.id, ROWS.c.row == bindparam("number"))
        values = [{"number": number, "why": why} for number, why in kept.items()]
        db.session.connection().execute(statement.values(kept=bindparam("why")), values)
    return len(kept)


def _pointing() -> Iterable[tuple[Table, Any]]:
    """Every table and column that names a person: those of today and those to come."""
    for table in PEOPLE.metadata.sorted_tables:
        for column in table.c:
            if any(key.column.table is PEOPLE for key in column.foreign_keys):
                yield table, column


def _touched(keys: set[int], upload: Upload) -> set[int]:
    """Those of these people with whom somebody has worked since the upload entered them."""
    if not keys:
        return set()
    connection = db.session.connection()
    worked = PEOPLE.c.row_version != 1
    query = select(PEOPLE.c.id).where(PEOPLE.c.id.in_(keys), worked | (PEOPLE.c.registration != "uploaded"))
    touched = set(connection.scalars(query))
    for table, column in _pointing():
        query = select(column).where(column.in_(keys)).distinct()
        if table is ROWS:
            query = query.where(ROWS.c.upload_id != upload.id)
        elif table is LINKS:  # another place's, or one by something else than this upload
            query = query.where(_not_by(upload))
        elif table is NOTICES:
            query = query.where(NOTICES.c.kind != "welcome")
        touched.update(connection.scalars(query))
    return touched


def _not_by(upload: Upload) -> Any:
    """Links that this upload's rows did not make."""
    made = (
        select(ROWS.c.id)
        .where(
            ROWS.c.upload_id == upload.id,
            ROWS.c.recipient_id == LINKS.c.recipient_id,
            ROWS.c.is_linked,
            _same_place(upload),
        )
        .exists()
    )
    return ~(made & (LINKS.c.how == "upload"))


def _same_place(upload: Upload) -> Any:
    """Whether a link is of the place of a row of this upload."""
    at = LINKS.c.location_id == func.coalesce(ROWS.c.location_id, upload.location_id)
    if upload.organization_id is None:
        return at
    return at | and_(ROWS.c.location_id.is_(None), LINKS.c.organization_id == upload.organization_id)


def _take_out(keys: list[int], upload: Upload) -> None:
    """Takes people out, their links and mails not sent; a mail that was sent stays, without them."""
    if not keys:
        return
    connection = db.session.connection()
    connection.execute(delete(LINKS).where(LINKS.c.recipient_id.in_(keys)))
    theirs = NOTICES.c.recipient_id.in_(keys)
    connection.execute(delete(NOTICES).where(theirs, NOTICES.c.status != "sent"))
    # Another person may get the key: what was sent for this one must not count as sent for that one.
    sent = {"recipient_id": None, "once": f"undone-{upload.id}-" + NOTICES.c.once}
    connection.execute(update(NOTICES).where(theirs).values(sent | {"row_version": NOTICES.c.row_version + 1}))
    welcomes.revoke_many(list(connection.scalars(select(PEOPLE.c.public_id).where(PEOPLE.c.id.in_(keys)))))
    mine = (ROWS.c.upload_id == upload.id, ROWS.c.recipient_id.in_(keys))
    connection.execute(update(ROWS).where(*mine).values(recipient_id=None, is_linked=False))
    connection.execute(delete(PEOPLE).where(PEOPLE.c.id.in_(keys)))
    history.changed_in_bulk("Recipient", "remove", keys, upload=upload.id)


def _put_back(row: Any, upload: Upload) -> bool:
    """Gives each field its old value where it still has the upload's; answers whether all had."""
    connection = db.session.connection()
    now = connection.execute(select(PEOPLE).where(PEOPLE.c.id == row.recipient_id)).mappings().first()
    if now is None:
        return True
    back = {name: old for name, (old, new) in row.changes.items() if history.plain(now[name]) == new}
    if back:
        values = back | {"row_version": PEOPLE.c.row_version + 1}
        connection.execute(update(PEOPLE).where(PEOPLE.c.id == row.recipient_id).values(values))
        history.changed_in_bulk(
            "Recipient", "edit", [row.recipient_id], upload=upload.id,
            values={str(row.recipient_id): {name: [row.changes[name][1], old] for name, old in back.items()}},
        )  # fmt: skip
    return len(back) == len(row.changes)


def _unlink(rows: list[Any], upload: Upload) -> list[Any]:
    """Takes people known before off the list that this upload put them on; answers those who were there since."""
    keys = {row.recipient_id: row for row in rows}
    if not keys:
        return []
    connection = db.session.connection()
    mine = [
        LINKS.c.recipient_id.in_(keys),
        ROWS.c.upload_id == upload.id,
        ROWS.c.recipient_id == LINKS.c.recipient_id,
        ROWS.c.is_linked,
        LINKS.c.how == "upload",
        _same_place(upload),
    ]
    links = connection.execute(select(LINKS.c.id, LINKS.c.recipient_id, LINKS.c.location_id).where(*mine)).all()
    since = _seen_at(links)
    ended = [link for link in links if (link.recipient_id, link.location_id) not in since]
    connection.execute(delete(LINKS).where(LINKS.c.id.in_([link.id for link in ended])))
    history.changed_in_bulk(
        "RecipientLink", "remove", upload=upload.id, recipients=[link.recipient_id for link in ended]
    )
    return [keys[link.recipient_id] for link in links if link not in ended]


def _seen_at(links: list[Any]) -> set[tuple[int, int | None]]:
    """(person, location) of those for whom something is written down there: a visit, a dose, an appointment."""
    found: set[tuple[int, int | None]] = set()
    people = {link.recipient_id for link in links}
    for table, column in _pointing():
        if table.name in OWN or "location_id" not in table.c:
            continue
        query = select(column, table.c.location_id).where(column.in_(people)).distinct()
        found.update((person, place) for person, place in db.session.connection().execute(query))
    return found
