"""Writes the people of an upload in bulk: through SQLAlchemy Core, never a flush or savepoint a row."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Integer, Text, bindparam, func, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from app import history
from app.rules import welcomes
from app.rules.recipients import UPLOAD_LOCK
from app.uploads.deciding import Decided
from app.uploads.json_rows import rows_of
from models.base import BigId, db, utcnow
from models.bulk import claim_keys, insert_many
from models.enrollment import Location
from models.recipients import ALPHABET, Recipient, RecipientLink
from models.scope import Reach, acting
from models.uploads import Upload

# People are not in reach of the place that uploads them until they are linked to it; where rows go is decided before.
BULK = Reach.system("upload")
PEOPLE, LINKS = Recipient.__table__, RecipientLink.__table__
CHUNK = 2_000
_LETTERS = bytes(ord(ALPHABET[byte % 32]) if byte % 32 < len(ALPHABET) else 0 for byte in range(256))
_LEFT_OUT = bytes(byte for byte in range(256) if byte % 32 >= len(ALPHABET))  # so that each letter is as likely


def public_ids(count: int) -> list[str]:
    """As many random numbers for people as `models.recipients.new_public_id` would give, faster."""
    letters = ""
    while len(letters) < 12 * count:
        letters += secrets.token_bytes(13 * count + 12).translate(_LETTERS, _LEFT_OUT).decode()
    return [letters[at : at + 12] for at in range(0, 12 * count, 12)]


def one_upload_at_a_time() -> None:
    """Two uploads of the same people must not both find nobody: PostgreSQL waits here, SQLite did at BEGIN."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(UPLOAD_LOCK))))


def insert_rows(table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Bulk insert; all rows have the same keys."""
    insert_many(db.session.connection(), table, rows)


@acting(BULK)
def insert_people(new: list[Decided], upload_id: int) -> tuple[list[int], list[str]]:
    """Writes the new people and returns their keys and random numbers, in order."""
    if not new:
        return [], []
    now = utcnow()
    keys, numbers = claim_keys(db.session.connection(), PEOPLE, len(new)), public_ids(len(new))
    rows = []
    for one, key, public_id in zip(new, keys, numbers, strict=True):
        first_key, last_key, _born = one.identity
        rows.append(
            {name: value for name, value in one.row.values.items() if name != "location_id"}
            | {
                "id": key, "row_version": 1, "created_at": now, "public_id": public_id, "registration": "uploaded",
                "registered_at": None, "first_key": first_key, "last_key": last_key,
            }
        )  # fmt: skip
    insert_rows(PEOPLE, rows)
    history.changed_in_bulk("Recipient", "add", keys, upload=upload_id)
    return keys, numbers


def welcome_people(new: Iterable[tuple[Decided, str]], keys: list[int], upload: Upload) -> None:
    """Queues the invitation to each new person with an address, in the name of the place."""
    by_place: dict[int | None, list[welcomes.Person]] = {}
    for (one, public_id), key in zip(new, keys, strict=True):
        values = one.row.values
        by_place.setdefault(one.location_id or upload.location_id, []).append(
            (key, public_id, values["email"], values["language"])
        )
    for location_id, people in by_place.items():
        place = db.session.get(Location, location_id) if location_id else upload.organization
        welcomes.welcome_many(people, location_id, place.name if place else "")


@acting(BULK)
def fill_people(changed: Iterable[Decided], upload_id: int) -> None:
    """Adds missing facts to known people; one statement for each set of columns."""
    by_fields: dict[tuple[str, ...], list[Decided]] = {}
    for one in changed:
        by_fields.setdefault(tuple(one.fills), []).append(one)
    connection = db.session.connection()
    for fields, some in by_fields.items():
        statement = update(PEOPLE).where(PEOPLE.c.id == bindparam("key"))
        # Only where it is still empty: never over what someone entered meanwhile.
        values = {name: func.coalesce(func.nullif(PEOPLE.c[name], ""), bindparam(f"new_{name}")) for name in fields}
        for name in set(fields) & {"employer_id"}:
            values[name] = func.coalesce(PEOPLE.c[name], bindparam(f"new_{name}"))
        statement = statement.values(row_version=PEOPLE.c.row_version + 1, **values)
        rows = [{"key": one.known.id} | {f"new_{name}": one.fills[name] for name in fields} for one in some]
        connection.execute(statement, rows)
        history.changed_in_bulk(
            "Recipient", "edit", [one.known.id for one in some], upload=upload_id,
            values={str(one.known.id): _before_after(one) for one in some},
        )  # fmt: skip


def _before_after(one: Decided) -> dict[str, list[Any]]:
    return {name: [one.known._mapping[name], value] for name, value in one.fills.items()}


@acting(BULK)
def link_people(decided: Iterable[tuple[Decided, int]], upload: Upload) -> None:
    """From now on the place of a row sees its person, and notes so; those it sees already stay as they are."""
    by_place: dict[int | None, dict[int, Decided]] = {}
    for one, key in decided:
        by_place.setdefault(one.location_id or upload.location_id, {}).setdefault(key, one)
    linked: list[int] = []
    for location_id, rows in by_place.items():
        for key in _link(list(rows), location_id, None if location_id else upload.organization_id):
            rows[key].is_linked = True
            linked.append(key)
    history.changed_in_bulk("RecipientLink", "add", upload=upload.id, recipients=linked)


def _link(keys: Sequence[int], location_id: int | None, organization_id: int | None) -> Iterator[int]:
    """Links people to one place; answers those who were not yet."""
    connection = db.session.connection()
    now = utcnow()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    for start in range(0, len(keys), CHUNK):
        chunk = [[key] for key in keys[start : start + CHUNK]]
        some = rows_of(connection.dialect.name, "keys", {"key": Integer()}, chunk)
        wanted = select(
            some.c.key.cast(BigId),
            literal(location_id, BigId),
            literal(organization_id, BigId),
            literal("upload", Text),
            literal(1),
            literal(now),
        ).where(true())  # fmt: skip - or SQLite takes what follows for the beginning of a join
        names = ["recipient_id", "location_id", "organization_id", "how", "row_version", "created_at"]
        known = ["location_id" if location_id else "organization_id", "recipient_id"]
        statement = dialect.insert(LINKS).from_select(names, wanted).on_conflict_do_nothing(index_elements=known)
        yield from connection.scalars(statement.returning(LINKS.c.recipient_id)).all()
