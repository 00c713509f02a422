"""The daily inventory report: what may be given at each location, and how long it lasts, from the ledger.

Source: CDC Vaccine Finder inventory guide; levels 0 to 4 from no supply to more than 48 hours.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import and_, case, delete, func, insert, select

from app.rules.clock import today_at
from models.base import db, utcnow
from models.enrollment import Location
from models.inventory_reports import InventoryReportLine
from models.stock import InventoryItem, Lot, StockMovement

PACE = 7  # days whose doses say how fast a location gives


def build(day: dt.date | None = None) -> int:
    """Writes the report of the day, in place of one made earlier that day; answers how many lines."""
    day = day or today_at(None)
    db.session.execute(
        delete(InventoryReportLine)
        .where(InventoryReportLine.report_on == day)
        .execution_options(synchronize_session=False)
    )
    now = utcnow()
    given = _given(now - dt.timedelta(days=PACE))
    rows = [
        {
            "report_on": day, "location_id": place, "vaccine_id": vaccine, "quantity": quantity,
            "in_stock": quantity > 0, "supply_level": level(quantity, given.get((place, vaccine), 0)),
            "quantity_last_updated": now, "created_at": now, "row_version": 1,
        }
        for place, vaccine, quantity in db.session.execute(_on_hand(day))
    ]  # fmt: skip
    if rows:
        db.session.connection().execute(insert(InventoryReportLine.__table__), rows)
    return len(rows)


def _on_hand(day: dt.date) -> Any:
    """Doses that may be given, for every vaccine a location that takes part ever had."""
    usable = and_(InventoryItem.use_by >= day, InventoryItem.hold_reason.is_(None), Lot.status == "available")
    doses = case((usable, InventoryItem.doses - InventoryItem.reserved), else_=0)
    return (
        select(InventoryItem.location_id, Lot.vaccine_id, func.sum(doses))
        .join(InventoryItem.lot)
        .join(InventoryItem.location)
        .where(Location.status == "approved")
        .group_by(InventoryItem.location_id, Lot.vaccine_id)
        .order_by(InventoryItem.location_id, Lot.vaccine_id)
    )


def _given(since: dt.datetime) -> dict[tuple[int, int], int]:
    query = (
        select(StockMovement.location_id, Lot.vaccine_id, -func.sum(StockMovement.doses))
        .join(StockMovement.lot)
        .where(StockMovement.at >= since, StockMovement.kind.in_(("given", "given_back")))
        .group_by(StockMovement.location_id, Lot.vaccine_id)
    )
    return {(place, vaccine): int(doses) for place, vaccine, doses in db.session.execute(query)}


def level(quantity: int, given: int) -> str:
    """For how long the quantity lasts when as many are given as in the last days; 4 when none were."""
    if quantity <= 0:
        return "0"
    days = quantity * PACE / given if given > 0 else float("inf")
    return "1" if days < 1 else "2" if days == 1 else "3" if days <= 2 else "4"
