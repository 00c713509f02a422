"""The figures of a place's or the state's stock, each by one aggregate of the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import case, func, select
from sqlalchemy import text as sql

from app.rules.clock import today_at
from models.base import db
from models.doses import Dose, recorded_late
from models.shipments import Shipment
from models.stock import InventoryItem, Lot, StockDay, Vaccine
from models.stock_causes import Wastage
from models.transfers import Transfer

WEEKS = 8
MOST_COUNTED = 10_000  # past it a count says "10,000+" instead of reading on
PACE = 28  # days whose doses say how long the supply lasts
SHOWN = {"received": "received", "given": "given", "given_back": "given", "wasted": "wasted"}


@dataclass
class Figures:
    """What the start page draws: weeks with doses by kind, products on hand, and single numbers."""

    weeks: list[dt.date] = field(default_factory=list)
    by_week: dict[str, list[int]] = field(default_factory=dict)
    products: list[tuple[str, int, int | None]] = field(default_factory=list)  # name, on hand, days of supply
    open_rate: float | None = None
    closed_rate: float | None = None
    discrepancies: int = 0
    late: int = 0


def gather() -> Figures:
    """The figures of the rows in reach: five statements whatever there is."""
    today = today_at(None)
    monday = today - dt.timedelta(days=today.weekday())
    weeks = [monday - dt.timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    since = dt.datetime.combine(weeks[0], dt.time())
    found = Figures(weeks=weeks)
    given = _by_week(found)
    found.products = _on_hand(given)
    _wastage(found, since)
    found.discrepancies = _discrepancies(since)
    found.late = _late(since)
    return found


def _by_week(found: Figures) -> dict[int, int]:
    """Fills the weeks; answers the doses given in the last days by vaccine."""
    query = (
        select(StockDay.day, Lot.vaccine_id, StockDay.kind, func.sum(StockDay.doses))
        .join(StockDay.lot)
        .where(StockDay.day >= found.weeks[0], StockDay.kind.in_(SHOWN))
        .group_by(StockDay.day, Lot.vaccine_id, StockDay.kind)
    )
    found.by_week = {name: [0] * WEEKS for name in ("received", "given", "wasted")}
    pace_from = today_at(None) - dt.timedelta(days=PACE)
    pace: dict[int, int] = {}
    for on, vaccine, kind, doses in db.session.execute(query):
        week = min(max((on - found.weeks[0]).days // 7, 0), WEEKS - 1)
        sign = 1 if kind == "received" else -1
        found.by_week[SHOWN[kind]][week] += sign * int(doses)
        if SHOWN[kind] == "given" and on >= pace_from:
            pace[vaccine] = pace.get(vaccine, 0) - int(doses)
    return pace


def _on_hand(pace: dict[int, int]) -> list[tuple[str, int, int | None]]:
    query = (
        select(Vaccine.id, Vaccine.short_name, func.sum(InventoryItem.doses))
        .join(InventoryItem.lot)
        .join(Lot.vaccine)
        .where(InventoryItem.doses > 0)
        .group_by(Vaccine.id, Vaccine.short_name)
        .order_by(Vaccine.short_name)
    )
    return [
        (name, int(doses), int(doses * PACE / pace[vaccine]) if pace.get(vaccine, 0) > 0 else None)
        for vaccine, name, doses in db.session.execute(query)
    ]


def _wastage(found: Figures, since: dt.datetime) -> None:
    """The share of doses that left as waste, from open vials and from closed ones."""
    sums = [func.sum(case((Wastage.is_open_vial.is_(is_open), Wastage.doses), else_=0)) for is_open in (True, False)]
    opened, closed = db.session.execute(select(*sums).where(Wastage.at >= since)).one()
    used = sum(found.by_week["given"]) + int(opened or 0) + int(closed or 0)
    if used > 0:
        found.open_rate, found.closed_rate = int(opened or 0) / used, int(closed or 0) / used


def _discrepancies(since: dt.datetime) -> int:
    """Receipts that were not what was announced or sent."""
    transfers = (
        select(func.count(Transfer.id))
        .where(Transfer.status == "received_with_discrepancy", Transfer.received_at >= since)
        .scalar_subquery()
    )
    query = select(func.count(Shipment.id) + func.coalesce(transfers, 0)).where(
        Shipment.status == "received_with_issue", Shipment.received_at >= since
    )
    return int(db.session.scalar(query) or 0)


def _late(since: dt.datetime) -> int:
    """Doses recorded more than a day after they were given, one past MOST_COUNTED at most; indexes hold just these.

    In the order of an index: PostgreSQL, which cannot tell how few they are, would look for the first 10,000 in the
    table.
    """
    late = sql(recorded_late(db.session.get_bind().dialect.name))
    rows = select(Dose.id).where(late, Dose.given_on >= since.date()).order_by(Dose.given_on)
    rows = rows.limit(MOST_COUNTED + 1).subquery()
    return int(db.session.scalar(select(func.count()).select_from(rows)) or 0)
