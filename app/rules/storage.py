"""In what state stock is kept, until when that lets it be used, and stock that must not be used for now."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import stock
from app.rules.clock import today_at
from models.acts import Ask, act
from models.base import RuleBroken, db
from models.scope import Reach
from models.stock import STORAGE_STATES, InventoryItem
from models.stock_causes import StorageTime

WARMTH = tuple(STORAGE_STATES)  # from the coldest on: what is thawed is not frozen again
STATE_OF_UNIT = {"ultra_cold": "ultra_cold", "freezer": "frozen", "refrigerator": "refrigerated"}


@act(
    label=_l("Storage state"),
    confirm=_l("When vials are moved to a warmer place, their beyond-use date begins to count. Write it on the box."),
    asks=(
        Ask("state", _l("Storage state"), "choice", STORAGE_STATES),
        Ask("since", _l("Since"), "date"),
    ),
    icon="fa-temperature-half",
    on_many=False,
)  # fmt: skip
def set_storage(item: InventoryItem, by: Reach, state: str, since: dt.date) -> InventoryItem:
    """Notes in what state vials are kept since when; the beyond-use date follows from the vaccine's storage times."""
    stock.hold_still(item)
    if since > today_at(item.location):
        raise RuleBroken(_("This day is in the future."), field="since")
    refuse_freezing_again(item, state)
    enter(item, state, since)
    return item


def refuse_freezing_again(item: InventoryItem, state: str) -> None:
    """Frozen vials may go back to ultra-cold once (product label); nothing thawed is frozen again."""
    may_cool = item.storage_state == "frozen" and state == "ultra_cold"
    if item.storage_state and WARMTH.index(state) < WARMTH.index(item.storage_state) and not may_cool:
        raise RuleBroken(_("Thawed vials are not frozen again."), field="state")


def named(state: str, since: dt.date) -> str:
    """The name of the part of a lot that came to a storage state on a day: what keeps the same date is one part."""
    return f"{state}-{since.isoformat()}"


def part_for(location_id: int, lot_id: int, state: str | None, since: dt.date | None) -> int:
    """The part of a lot that vials join which arrive in a storage state: only one where they keep the same date."""
    stock.held(location_id, lot_id)
    main = stock.part(location_id, lot_id)
    item = db.session.get_one(InventoryItem, main)
    if None in (state, since, item.storage_state) or (item.storage_state == state and item.beyond_use_on is None):
        return main
    return stock.part(location_id, lot_id, named(state or "", since or today_at(item.location)))


def enter(item: InventoryItem, state: str, since: dt.date) -> None:
    """Puts stock into a storage state; a beyond-use date that ran already is never put off."""
    time = db.session.scalars(
        select(StorageTime).where(StorageTime.vaccine_id == item.lot.vaccine_id, StorageTime.state == state)
    ).first()
    until = None if time is None or time.days is None else since + dt.timedelta(days=time.days)
    known = [day for day in (item.beyond_use_on, until) if day is not None]
    item.storage_state, item.storage_since = state, since
    item.beyond_use_on = min(known) if known else None


@act(
    label=_l("Put on hold"),
    confirm=_l("Stock on hold is labelled “do not use”: it is not offered where doses are recorded."),
    asks=(Ask("reason", _l("Reason"), "long"),),
    icon="fa-hand",
    may_do=lambda item: not item.hold_reason,
)
def put_on_hold(item: InventoryItem, by: Reach, reason: str) -> InventoryItem:
    """Keeps stock from being given, for example after a temperature out of range, until it is decided."""
    stock.hold_still(item)
    item.hold_reason = reason
    return item


@act(
    label=_l("Let it be used"),
    confirm=_l("Did the manufacturer or the state say that these vials may be used?"),
    icon="fa-check",
    may_do=lambda item: bool(item.hold_reason),
)
def take_off_hold(item: InventoryItem, by: Reach) -> InventoryItem:
    """Lets stock on hold be given again."""
    stock.hold_still(item)
    item.hold_reason = None
    return item
