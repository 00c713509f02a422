"""Part of a lot moved to another storage state, where another beyond-use date holds."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules import stock, storage, wastage
from app.rules.clock import today_at
from models.acts import Ask, act
from models.base import RuleBroken, db
from models.scope import Reach
from models.stock import STORAGE_STATES, InventoryItem
from models.stock_causes import StorageMove


@act(
    label=_l("Move some to another storage state"),
    confirm=_l("For example vials taken from the freezer to thaw. They get a beyond-use date of their own; write it on "
               "the box."),
    asks=(
        Ask("doses", _l("Doses"), "number"),
        Ask("state", _l("Storage state"), "choice", STORAGE_STATES),
        Ask("since", _l("Since"), "date", start=lambda item: today_at(item.location)),
    ),
    icon="fa-temperature-arrow-up",
    done=_l("Moved; the vials are a line of their own in the inventory."),
    on_many=False,
    may_do=lambda item: item.available > 0,
)  # fmt: skip
def move_some(item: InventoryItem, by: Reach, doses: int, state: str, since: dt.date) -> StorageMove:
    """Moves doses to another storage state: as many leave one part of the lot as arrive in the other."""
    stock.held(item.location_id, item.lot_id)
    wastage.refuse_more_than_available(item, doses)
    if state == item.storage_state:
        raise RuleBroken(_("These vials are in this storage state already."), field="state")
    storage.refuse_freezing_again(item, state)
    if since > today_at(item.location):
        raise RuleBroken(_("This day is in the future."), field="since")
    key = stock.part(item.location_id, item.lot_id, storage.named(state, since))
    move = StorageMove(
        inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, doses=doses, by_id=by.user_id,
        from_state=item.storage_state, to_state=state, since=since, to_item_id=key,
    )  # fmt: skip
    db.session.add(move)
    stock.post(move, by)
    to = db.session.get_one(InventoryItem, key)
    to.expires_on = item.expires_on
    if to.hold_reason is None:
        to.hold_reason, to.held_since = item.hold_reason, item.held_since
    to.beyond_use_on = min(filter(None, (to.beyond_use_on, item.beyond_use_on)), default=None)
    storage.enter(to, state, since)
    db.session.flush()
    return move
