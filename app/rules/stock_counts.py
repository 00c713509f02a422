"""Doses found or missing at a count; the Location Manager alone says so (CVMS FAQ 24)."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules import stock
from models.acts import Ask, act
from models.base import RuleBroken, db
from models.scope import Reach
from models.stock import InventoryItem
from models.stock_causes import COUNT_REASONS, DoseCount

MOST_FOUND = 10_000


@act(
    label=_l("More doses in the vials"),
    confirm=_l("When vials give more doses than labelled, for example a sixth one."),
    asks=(
        Ask("doses", _l("Doses more than labelled"), "number"),
        Ask("note", _l("Note"), "long", required=False),
    ),
    icon="fa-plus",
    done=_l("The quantity is raised."),
    on_many=False,
)
def raise_doses(item: InventoryItem, by: Reach, doses: int, note: str | None = None) -> DoseCount:
    """Raises the quantity by what vials gave beyond their label."""
    if not 1 <= doses <= MOST_FOUND:
        raise RuleBroken(_("Please give a number between 1 and %(n)s.", n=MOST_FOUND), field="doses")
    return _counted(stock.hold_still(item), doses, "extra", note, by)


@act(
    label=_l("Enter a count"),
    confirm=_l("The doses that are on hand now, reserved ones included."),
    asks=(
        Ask("doses", _l("Doses counted"), "number"),
        Ask("reason", _l("Reason"), "choice", {code: COUNT_REASONS[code] for code in ("recount", "found", "entry")}),
        Ask("note", _l("Note"), "long"),
    ),
    icon="fa-list-check",
    done=_l("The count is entered."),
    on_many=False,
)
def recount(item: InventoryItem, by: Reach, doses: int, reason: str, note: str) -> DoseCount:
    """Enters what was counted; the difference from the ledger is a movement of its own."""
    stock.hold_still(item)
    if doses == item.doses:
        raise RuleBroken(_("This is what the inventory says already."), field="doses")
    if not 0 <= doses <= item.doses + MOST_FOUND:
        raise RuleBroken(_("This number is not possible."), field="doses")
    if doses < item.reserved:
        words = _("%(n)s doses are reserved for a transfer. Cancel the transfer first.", n=item.reserved)
        raise RuleBroken(words, field="doses")
    return _counted(item, doses - item.doses, reason, note, by)


def _counted(item: InventoryItem, difference: int, reason: str, note: str | None, by: Reach) -> DoseCount:
    count = DoseCount(
        inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, before=item.doses, doses=difference,
        reason=reason, note=note or None, by_id=by.user_id,
    )  # fmt: skip
    db.session.add(count)
    stock.post(count, by)
    return count
