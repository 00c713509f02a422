"""Whether the ledger holds: every balance and total by its movements, every movement by what caused it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, func, literal_column, or_, select, union_all

from models.base import db
from models.doses import Dose
from models.stock import TOTALS, InventoryItem, StockDay, StockMovement
from models.transfers import RESERVING, Transfer


def check_ledger() -> dict[str, Any]:
    """Proves balances, totals and causes: {"items": n, "movements": n, "broken": [..]}.

    Received and counted = given + wasted + returned + moved + on hand, for each lot and location; in the state's sum
    what moved out and not in is in transit. A broken row names what it concerns, and both numbers.
    """
    broken = _balances() + _totals() + _days() + _reserved() + _in_transit() + _doses_that_do_not_agree()
    return {
        "items": db.session.scalar(select(func.count()).select_from(InventoryItem)),
        "movements": db.session.scalar(select(func.count()).select_from(StockMovement)),
        "broken": broken,
    }


def _balances() -> list[dict[str, Any]]:
    moved = (
        select(StockMovement.inventory_item_id, func.sum(StockMovement.doses).label("moved"))
        .group_by(StockMovement.inventory_item_id)
        .subquery()
    )
    total = func.coalesce(moved.c.moved, literal_column("0"))
    wrong = (
        select(InventoryItem.id, InventoryItem.location_id, InventoryItem.lot_id, InventoryItem.doses, total)
        .outerjoin(moved, moved.c.inventory_item_id == InventoryItem.id)
        .where(InventoryItem.doses != total)
    )
    return [
        {"inventory_item": item, "location": location, "lot": lot, "balance": int(balance), "movements": int(sum_)}
        for item, location, lot, balance, sum_ in db.session.execute(wrong)
    ]


def _totals() -> list[dict[str, Any]]:
    """Items whose totals (received, given, wasted ...) are not what the movements of those kinds add up to."""
    signed: dict[str, Any] = {}
    for kind, (name, sign) in TOTALS.items():
        part = case((StockMovement.kind == kind, sign * StockMovement.doses), else_=0)
        signed[name] = part if name not in signed else signed[name] + part
    sums = (
        select(StockMovement.inventory_item_id, *(func.sum(part).label(name) for name, part in signed.items()))
        .group_by(StockMovement.inventory_item_id)
        .subquery()
    )
    kept = {name: getattr(InventoryItem, name) for name in signed}
    differs = [kept[name] != func.coalesce(sums.c[name], literal_column("0")) for name in signed]
    wrong = (
        select(InventoryItem.id, InventoryItem.location_id, InventoryItem.lot_id, *kept.values())
        .add_columns(*(sums.c[name].label(f"moved_{name}") for name in signed))
        .outerjoin(sums, sums.c.inventory_item_id == InventoryItem.id)
        .where(or_(*differs))
    )
    found = []
    for row in db.session.execute(wrong):
        key, location, lot = row[:3]
        for position, name in enumerate(signed, start=3):
            ours, theirs = int(row[position]), int(row[position + len(signed)] or 0)
            if ours != theirs:
                found.append(
                    {"inventory_item": key, "location": location, "lot": lot, "total": name, "says": ours,
                     "movements": theirs}
                )  # fmt: skip
    return found


def _days() -> list[dict[str, Any]]:
    """Days of an item whose sums are not what the movements of the day add up to."""
    keys = ("inventory_item_id", "location_id", "lot_id", "kind")
    sides = union_all(
        select(*(getattr(StockMovement, key) for key in keys), func.date(StockMovement.at).label("day"),
               StockMovement.doses.label("moved"), literal_column("0").label("said")),
        select(*(getattr(StockDay, key) for key in keys), func.date(StockDay.day), literal_column("0"), StockDay.doses),
    ).subquery()  # fmt: skip
    moved, said = func.sum(sides.c.moved), func.sum(sides.c.said)
    by = [sides.c[key] for key in (*keys, "day")]
    query = select(*by, said, moved).group_by(*by).having(moved != said)
    return [
        {"inventory_item": item, "location": location, "lot": lot, "kind": kind, "day": str(day),
         "says": int(says), "movements": int(movements)}
        for item, location, lot, kind, day, says, movements in db.session.execute(query)
    ]  # fmt: skip


def _reserved() -> list[dict[str, Any]]:
    """Items that reserve more or fewer doses than the transfers not yet dispatched ask for."""
    asked = (
        select(Transfer.inventory_item_id, func.sum(Transfer.doses).label("asked"))
        .where(Transfer.status.in_(RESERVING))
        .group_by(Transfer.inventory_item_id)
        .subquery()
    )
    total = func.coalesce(asked.c.asked, literal_column("0"))
    query = (
        select(InventoryItem.id, InventoryItem.reserved, total)
        .outerjoin(asked, asked.c.inventory_item_id == InventoryItem.id)
        .where(InventoryItem.reserved != total)
    )
    return [
        {"inventory_item": item, "reserved": int(kept), "transfers": int(wanted)}
        for item, kept, wanted in db.session.execute(query)
    ]


def _in_transit() -> list[dict[str, Any]]:
    """Lots of which the doses that left one balance and entered no other are not those of transfers under way."""
    moved = (
        select(InventoryItem.lot_id, func.sum(InventoryItem.moved_out - InventoryItem.moved_in).label("n"))
        .group_by(InventoryItem.lot_id)
        .subquery()
    )
    sent = (
        select(Transfer.lot_id, func.sum(Transfer.doses).label("n"))
        .where(Transfer.status == "in_transit")
        .group_by(Transfer.lot_id)
        .subquery()
    )
    under_way = func.coalesce(sent.c.n, literal_column("0"))
    query = (
        select(moved.c.lot_id, moved.c.n, under_way)
        .outerjoin(sent, sent.c.lot_id == moved.c.lot_id)
        .where(moved.c.n != under_way)
    )
    return [
        {"lot": lot, "moved": int(between), "in_transit": int(transfers)}
        for lot, between, transfers in db.session.execute(query)
    ]


def _doses_that_do_not_agree() -> list[dict[str, Any]]:
    """Places and lots whose doses given are not the doses the ledger says were given."""
    given = (
        select(Dose.location_id, Dose.lot_id, func.count().label("n"))
        .where(Dose.status == "given", Dose.is_historical.is_(False), Dose.lot_id.is_not(None))
        .group_by(Dose.location_id, Dose.lot_id)
        .subquery()
    )
    ledger = (
        select(StockMovement.location_id, StockMovement.lot_id, (-func.sum(StockMovement.doses)).label("n"))
        .where(StockMovement.kind.in_(("given", "given_back")))
        .group_by(StockMovement.location_id, StockMovement.lot_id)
        .subquery()
    )
    query = (
        select(given.c.location_id, given.c.lot_id, given.c.n, ledger.c.n)
        .outerjoin(ledger, (ledger.c.location_id == given.c.location_id) & (ledger.c.lot_id == given.c.lot_id))
        .where(func.coalesce(ledger.c.n, 0) != given.c.n)
    )
    return [
        {"location": location, "lot": lot, "doses": int(doses), "given": int(moved or 0)}
        for location, lot, doses, moved in db.session.execute(query)
    ]
