"""Doses that leave the stock without being given: wasted, or sent back."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules import expiry, stock
from models.acts import Ask, act
from models.base import RuleBroken, db
from models.scope import Reach
from models.stock import InventoryItem
from models.stock_causes import DISPOSALS, RETURN_REASONS, RETURN_TO, Return, Wastage

DISPOSAL = Ask("disposal", _l("Disposal"), "choice", DISPOSALS)
DISCOVERED = Ask("discovered_by", _l("Discovered by"), required=False)


def _on_hand(item: InventoryItem) -> bool:
    return item.doses > 0


def _is_over(item: InventoryItem) -> bool:
    return item.doses > 0 and expiry.is_over(item)


def refuse_more_than_available(item: InventoryItem, doses: int) -> None:
    """Raises RuleBroken (field "doses") for none, or for more than is on hand and not reserved."""
    if doses < 1:
        raise RuleBroken(_("Please give at least one dose."), field="doses")
    if doses > item.available:
        words = _("Only %(n)s doses are on hand and not reserved.", n=item.available)
        raise RuleBroken(words, field="doses")


@act(
    label=_l("Log wastage"),
    asks=(
        Ask("doses", _l("Doses"), "number"),
        Ask("vials", _l("Vials"), "number", required=False),
        Ask("reason", _l("Reason"), "choice", "waste_reasons"),
        Ask("is_open_vial", _l("From an open vial"), "yes_no", required=False),
        DISCOVERED,
        DISPOSAL,
        Ask("note", _l("Note"), "long", required=False, help=_l("Needed when the reason is “Other”.")),
    ),
    icon="fa-trash-can",
    done=_l("Wastage is logged."),
    on_many=False,
    may_do=_on_hand,
)
def waste(item: InventoryItem, by: Reach, doses: int, reason: str, disposal: str, **said: Any) -> Wastage:
    """Logs doses that can no longer be given; `said`: vials, is_open_vial, discovered_by, note."""
    refuse_more_than_available(stock.hold_still(item), doses)
    return _wasted(item, by, doses=doses, reason=reason, disposal=disposal, **said)


@act(
    label=_l("Waste what expired"),
    confirm=_l("Everything of this stock that is on hand and not reserved is logged as wasted."),
    asks=(DISPOSAL, DISCOVERED),
    icon="fa-calendar-xmark",
    done=_l("Wastage is logged."),
    may_do=_is_over,
)
def waste_expired(item: InventoryItem, by: Reach, disposal: str, discovered_by: str | None = None) -> Wastage:
    """Logs all that is left of expired stock, in one act."""
    stock.hold_still(item)
    if not expiry.is_over(item):
        raise RuleBroken(_("Lot %(lot)s has not expired.", lot=item.lot.number))
    if item.available < 1:
        raise RuleBroken(_("Of lot %(lot)s nothing is on hand that is not reserved.", lot=item.lot.number))
    reason = "beyond_use" if item.use_by == item.beyond_use_on else "expired"
    return _wasted(item, by, doses=item.available, reason=reason, disposal=disposal, discovered_by=discovered_by)


def _wasted(item: InventoryItem, by: Reach, **said: Any) -> Wastage:
    kept = {name: value for name, value in said.items() if value not in (None, "")}
    wastage = Wastage(inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, by_id=by.user_id, **kept)
    db.session.add(wastage)
    stock.post(wastage, by)
    return wastage


@act(
    label=_l("Send back"),
    confirm=_l("Vaccine is sent back only by instruction of the state."),
    asks=(
        Ask("doses", _l("Doses"), "number"),
        Ask("vials", _l("Vials"), "number", required=False),
        Ask("reason", _l("Reason"), "choice", RETURN_REASONS),
        Ask("to", _l("Sent to"), "choice", RETURN_TO),
        Ask("instruction", _l("Number of the instruction or shipment"), required=False),
        Ask("note", _l("Note"), "long", required=False),
    ),
    icon="fa-truck-arrow-right",
    done=_l("The return is entered."),
    on_many=False,
    may_do=_on_hand,
)
def send_back(item: InventoryItem, by: Reach, doses: int, reason: str, to: str, **said: Any) -> Return:
    """Enters doses sent back; `said`: vials, instruction, note."""
    refuse_more_than_available(stock.hold_still(item), doses)
    kept = {name: value for name, value in said.items() if value not in (None, "")}
    sent = Return(
        inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, by_id=by.user_id, doses=doses,
        reason=reason, to=to, **kept,
    )  # fmt: skip
    db.session.add(sent)
    stock.post(sent, by)
    return sent
