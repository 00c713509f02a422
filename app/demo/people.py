"""Made-up people by the hundred thousand, with two doses each and the stock these came from; for benchmarks.

Written by sets: people in bulk, what follows from them by INSERT ... SELECT. The ledger holds after each chunk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    DateTime,
    FromClause,
    Integer,
    String,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from app import history
from app.demo import crowd
from app.demo.crowd import INSTANT, Crowd, Site
from app.rules import stock, stock_days
from app.rules.clock import to_utc, today_at
from app.uploads.json_rows import rows_of
from models.base import db, utcnow
from models.bulk import insert_many
from models.doses import Dose
from models.recipients import Recipient, RecipientLink
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem, StockMovement

CHUNK = 5_000
SPARE = 40  # doses of each shipment that are left over
SLOTS = 97  # how many different days and hours the doses of a chunk have
APART = 60  # days between a person's doses
NEWEST = 3  # days ago, of the newest dose
BIG_EACH = 20  # chunks, one of which goes to the first site: of a million people it has a hundred thousand doses
LATE_EACH = 32  # one slot of so many is entered two days after its doses were given
GENERATOR = Reach.system("people")
PEOPLE, LINKS, DOSES, MOVEMENTS, ITEMS = (
    entity.__table__ for entity in (Recipient, RecipientLink, Dose, StockMovement, InventoryItem)
)


def people(n: int, seed: int, today: dt.date | None = None) -> Iterator[int]:
    """Adds `n` people; yields how many are done after each chunk, where the caller commits.

    The same seed on the same database makes the same people; a second run adds others.
    """
    today = today or today_at(None)
    with acting(GENERATOR):
        rng = Random(f"{seed}:{_newest(PEOPLE)}")  # noqa: S311 - made-up data, the same for the same seed
        sites = crowd.sites(-(-n // CHUNK), today)
    for chunk, start in enumerate(range(0, n, CHUNK)):
        size = min(CHUNK, n - start)
        with acting(GENERATOR):
            _chunk(rng, size, sites[0 if chunk % BIG_EACH == BIG_EACH - 1 else chunk % len(sites)], today)
        yield start + size


def _newest(table: Any) -> int:
    return db.session.connection().scalar(select(func.coalesce(func.max(table.c.id), 0)))


def _chunk(rng: Random, size: int, site: Site, today: dt.date) -> None:
    """`size` people of one site, and what follows from each."""
    before, earlier, stamp = _newest(PEOPLE), _newest(DOSES), utcnow()
    item_id = _receive(site, before, 2 * size + SPARE, today)
    connection = db.session.connection()
    members = Crowd(rng, site.county, today, stamp)
    made = {"row_version": 1, "created_at": stamp}
    with _references_known(connection):
        _insert(connection, Crowd.COLUMNS, [members.row(before + number) for number in range(1, size + 1)])
        _follow(connection, rng, site, item_id, made, size, (before, earlier), today)
    history.changed_in_bulk("Recipient", "add", rows=size)
    history.changed_in_bulk("Dose", "add", rows=2 * size)


@contextlib.contextmanager
def _references_known(connection: Connection) -> Iterator[None]:
    """Where PostgreSQL lets this role, references are not looked up again: each comes of a row that was just read."""
    may = connection.dialect.name == "postgresql" and connection.scalar(text(
        "SELECT has_parameter_privilege('session_replication_role', 'SET')"
    ))  # fmt: skip
    if may:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    yield
    if may:
        connection.execute(text("SET LOCAL session_replication_role = origin"))


def _follow(connection: Connection, rng: Random, site: Site, item_id: int, made: dict[str, Any], size: int,
            newest: tuple[int, int], today: dt.date) -> None:  # fmt: skip
    """What follows from each of the people behind the `newest` that were there."""
    before, earlier = newest
    mine = (PEOPLE.c.id > before) & (PEOPLE.c.created_at == made["created_at"])
    link = {"recipient_id": PEOPLE.c.id, "location_id": site.location_id, "how": "dose"}
    _copy(connection, LINKS, link | made, mine)
    slots = _slots(connection.dialect.name, rng, today)
    for number in ("1", "2"):
        # An outer join, though each person has a slot: SQLite then goes through the people in their order.
        joined = PEOPLE.outerjoin(slots, PEOPLE.c.id % SLOTS == slots.c.place)
        _copy(connection, DOSES, made | _dose(number, site, slots), mine, joined)
    theirs = (DOSES.c.id > earlier) & (DOSES.c.recipient_id > before)
    _give(connection, site, item_id, theirs, made, 2 * size)


def _insert(connection: Connection, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """People as one value to PostgreSQL, as tuples to SQLite's driver: not one by one through the compiler."""
    if connection.dialect.name == "postgresql":
        insert_many(connection, PEOPLE, [dict(zip(columns, row, strict=True)) for row in rows])
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {PEOPLE.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own names
    connection.exec_driver_sql(statement, rows)


def _receive(site: Site, before: int, doses: int, today: dt.date) -> int:
    """A shipment for the chunk comes into the site's stock before its first dose; answers the balance's key."""
    day = today - dt.timedelta(days=crowd.days_back(today) + 1)
    shipment = Shipment(
        number=f"SYN-{before:09}", location_id=site.location_id, lot_id=site.lot_id, doses=doses, expected_on=day,
        received_at=dt.datetime.combine(day, dt.time(14)), condition="good",
    )  # fmt: skip
    shipment.status = "received"
    db.session.add(shipment)
    return stock.post(shipment, GENERATOR, at=shipment.received_at)[0].inventory_item_id


def _slots(dialect: str, rng: Random, today: dt.date) -> FromClause:
    """Days and hours of the first and the second dose, and the arm; each person falls into one of them."""
    rows = []
    for place in range(SLOTS):
        first = today - dt.timedelta(days=rng.randrange(APART + NEWEST, crowd.days_back(today) + 1))
        hour = dt.timedelta(hours=9, minutes=rng.randrange(8 * 60))
        days = (first, first + dt.timedelta(days=APART))
        at = (to_utc(dt.datetime.combine(day, dt.time()) + hour, None) for day in days)
        entered = dt.timedelta(days=2) if place % LATE_EACH == 1 else dt.timedelta(minutes=3)
        at = [moment for given in at for moment in (given, given + entered)]
        rows.append((place, rng.choice(("LD", "LD", "RD")), *map(str, days), *(one.strftime(INSTANT) for one in at)))
    kinds = {"place": Integer(), "arm": String(), "on_1": Date(), "on_2": Date(), "at_1": DateTime(),
             "entered_1": DateTime(), "at_2": DateTime(), "entered_2": DateTime()}  # fmt: skip
    return rows_of(dialect, "slots", kinds, rows)


def _dose(number: str, site: Site, slots: FromClause) -> dict[str, Any]:
    """The columns of everybody's first or second dose."""
    return {
        "key": PEOPLE.c.public_id + f"-{number}", "recipient_id": PEOPLE.c.id, "location_id": site.location_id,
        "vaccine_id": site.vaccine_id, "lot_id": site.lot_id, "dose_number": number, "body_site": slots.c.arm,
        "route": site.route, "given_at": slots.c[f"at_{number}"], "given_on": slots.c[f"on_{number}"],
        "given_by_id": site.vaccinator_id, "given_by_suffix": "RN", "is_historical": False, "status": "given",
        "created_at": slots.c[f"entered_{number}"],
    }  # fmt: skip


def _copy(
    connection: Connection, table: Any, values: dict[str, Any], where: ColumnElement[bool], source: Any = None
) -> None:
    """INSERT INTO table SELECT values WHERE ...: literals take the type of their column."""
    columns = {
        name: value if isinstance(value, ColumnElement) else literal(value, table.c[name].type)
        for name, value in values.items()
    }
    query = select(*columns.values()).where(where)
    query = query if source is None else query.select_from(source)
    connection.execute(insert(table).from_select(list(columns), query, include_defaults=False))


def _give(
    connection: Connection, site: Site, item_id: int, mine: ColumnElement[bool], made: dict[str, Any], doses: int
) -> None:
    """The movement of each dose, and the balance less all of them."""
    last = _newest(MOVEMENTS)
    _copy(connection, MOVEMENTS, {
        "inventory_item_id": item_id, "location_id": site.location_id, "lot_id": site.lot_id, "doses": -1,
        "kind": "given", "cause": literal("Dose:") + cast(DOSES.c.id, String), "at": DOSES.c.given_at,
        "by_id": site.vaccinator_id, **made,
    }, mine)  # fmt: skip
    new = (MOVEMENTS.c.id > last) & (MOVEMENTS.c.created_at == made["created_at"])
    stock_days.add(new & (MOVEMENTS.c.inventory_item_id == item_id) & (MOVEMENTS.c.kind == "given"))
    connection.execute(update(ITEMS).where(ITEMS.c.id == item_id).values(
        doses=ITEMS.c.doses - doses, given=ITEMS.c.given + doses, row_version=ITEMS.c.row_version + 1
    ))  # fmt: skip
    db.session.expire_all()
