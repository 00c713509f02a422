"""Until when stock may be given: wrong expiry mended by a location, settled by the state; placeholders looked up daily.

Sources: CVMS FAQ 25 (a wrong expiry is mended in the vaccine inventory); 12/31/2069 stands for a date not yet final.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from app.rules import stock
from app.rules.clock import today_at
from models.acts import Ask, act
from models.base import RuleBroken, db, utcnow
from models.scope import Reach
from models.stock import PLACEHOLDER_EXPIRY, InventoryItem, Lot
from models.stock_causes import ExpiryCheck, ExpiryCorrection


def is_over(item: InventoryItem) -> bool:
    """Whether the stock is past its expiry or its beyond-use date, by the clock of its location."""
    return item.use_by is not None and item.use_by < today_at(item.location)


@act(
    label=_l("Correct the expiry"),
    confirm=_l("For the vials of this location. The state is told and decides for the lot."),
    asks=(
        Ask("expires_on", _l("Expiry on the vials"), "date"),
        Ask("reason", _l("Reason"), "long", help=_l("Where the right date was found.")),
    ),
    icon="fa-calendar-check",
    done=_l("Corrected here. The state is asked to confirm it for the lot."),
    on_many=False,
)
def correct_expiry(item: InventoryItem, by: Reach, expires_on: dt.date, reason: str) -> ExpiryCorrection:
    """Mends a wrong expiry for the vials of one location, with a reason; what is unexpired shows again."""
    parts = stock.held(item.location_id, item.lot_id)
    if expires_on == item.expiry:
        raise RuleBroken(_("This is the expiry that stands there already."), field="expires_on")
    if item.lot.vaccine.authorized_on and expires_on < item.lot.vaccine.authorized_on:
        raise RuleBroken(_("This is before the vaccine was authorized."), field="expires_on")
    if expires_on > PLACEHOLDER_EXPIRY:
        raise RuleBroken(_("This date is not possible."), field="expires_on")
    correction = ExpiryCorrection(
        inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, before=item.expiry,
        expires_on=expires_on, reason=reason, by_id=by.user_id,
    )  # fmt: skip
    for earlier in _open(ExpiryCorrection.location_id == item.location_id, ExpiryCorrection.lot_id == item.lot_id):
        _settle(earlier, "refused", by)
    for one in parts:
        one.expires_on = expires_on
    db.session.add(correction)
    db.session.flush()
    return correction


@act(
    label=_l("Confirm for the lot"),
    confirm=_l("This becomes the expiry of the lot at every location. Confirm it?"),
    icon="fa-check",
    on_many=False,
    may_do=lambda correction: correction.status == "reported",
)
def confirm_expiry(correction: ExpiryCorrection, by: Reach) -> ExpiryCorrection:
    """The state confirms a correction: it is the lot's expiry from now on, everywhere."""
    if correction.status != "reported":
        raise RuleBroken(_("This was decided already."))
    correction.lot.expires_on = correction.expires_on
    _back_to_the_lot(correction.lot)
    _settle(correction, "confirmed", by)
    _settle_all(correction.lot, by)
    return correction


@act(
    label=_l("Refuse"),
    confirm=_l("The lot's own expiry holds again at this location. Refuse the correction?"),
    icon="fa-xmark",
    may_do=lambda correction: correction.status == "reported",
)
def refuse_expiry(correction: ExpiryCorrection, by: Reach) -> ExpiryCorrection:
    """The state refuses a correction: the lot's own expiry holds again at the location."""
    if correction.status != "reported":
        raise RuleBroken(_("This was decided already."))
    for one in stock.held(correction.location_id, correction.lot_id):
        one.expires_on = None
    _settle(correction, "refused", by)
    return correction


def set_right(lot: Lot, by: Reach) -> Lot:
    """The state says a lot's expiry: it holds at every location, and what locations reported is settled by it."""
    _back_to_the_lot(lot)
    _settle_all(lot, by)
    return lot


def _back_to_the_lot(lot: Lot) -> None:
    """No location's own expiry holds any more; lot, balances and corrections are always taken in this order."""
    mended = select(InventoryItem).where(InventoryItem.lot_id == lot.id, InventoryItem.expires_on.is_not(None))
    for item in db.session.scalars(mended.order_by(InventoryItem.id).with_for_update(of=InventoryItem)):
        item.expires_on = None
    db.session.flush()


def _settle_all(lot: Lot, by: Reach) -> None:
    for correction in _open(ExpiryCorrection.lot_id == lot.id):
        _settle(correction, "set_right", by)


def _open(*where: Any) -> list[ExpiryCorrection]:
    return list(db.session.scalars(select(ExpiryCorrection).where(ExpiryCorrection.status == "reported", *where)))


def _settle(correction: ExpiryCorrection, status: str, by: Reach) -> None:
    correction.status = status
    correction.decided_at, correction.decided_by_id = utcnow(), by.user_id


def looked_up(items: list[InventoryItem], today: dt.date) -> set[int]:
    """Keys of those items without a final expiry that somebody looked up today."""
    open_ = [item.id for item in items if item.expiry == PLACEHOLDER_EXPIRY]
    if not open_:
        return set()
    query = select(ExpiryCheck.inventory_item_id).where(
        ExpiryCheck.inventory_item_id.in_(open_), ExpiryCheck.checked_on == today
    )
    return set(db.session.scalars(query))


def needs_look_up(item: InventoryItem, today: dt.date) -> bool:
    """Whether the expiry is a placeholder that nobody looked up today."""
    return item.expiry == PLACEHOLDER_EXPIRY and item.id not in looked_up([item], today)


def refuse_if_over(item: InventoryItem, given_on: dt.date) -> None:
    """Raises RuleBroken (field "lot") for stock past its expiry or beyond-use date on the day of the dose."""
    if item.expiry < given_on:
        raise RuleBroken(_("This lot has expired."), field="lot")
    if item.beyond_use_on is not None and item.beyond_use_on < given_on:
        words = _("These vials are past their beyond-use date of %(day)s.", day=format_date(item.beyond_use_on))
        raise RuleBroken(words, field="lot")


def refuse_unless_looked_up(item: InventoryItem, today: dt.date, said: bool, by: Reach) -> None:
    """Before the day's first dose of a lot without a final expiry, somebody says that it was looked up."""
    if not needs_look_up(item, today):
        return
    if not said:
        words = _(
            "The expiry of this lot is not final. Please look it up with the manufacturer and confirm that it may be "
            "given today."
        )
        raise RuleBroken(words, field="expiry_checked")
    key = (ExpiryCheck.inventory_item_id == item.id, ExpiryCheck.checked_on == today)
    stock.hold_still(item)
    if not db.session.scalar(select(exists(select(ExpiryCheck.id).where(*key)))):
        db.session.add(
            ExpiryCheck(
                inventory_item_id=item.id, location_id=item.location_id, lot_id=item.lot_id, checked_on=today,
                by_id=by.user_id,
            )
        )  # fmt: skip
        db.session.flush()
