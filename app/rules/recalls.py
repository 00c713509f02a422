"""The recall of a lot: from the lot to every place, balance, transfer, dose, person and proof, by sets of rows."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import recall_notices, recall_reach, transfers
from models.acts import Ask, act
from models.base import RuleBroken, db, utcnow
from models.recalls import Recall
from models.scope import Reach
from models.stock import Lot
from models.transfers import RESERVING, Transfer


@act(
    label=_l("Recall"),
    confirm=_l("First you see how far the recall reaches. Nothing happens before you put it in force."),
    asks=(Ask("reason", _l("Reason"), "long", help=_l("The locations read it in their mail.")),),
    icon="fa-ban",
    done=_l("This is how far the recall reaches; it is not in force yet."),
    on_many=False,
    may_do=lambda lot: lot.status == "available",
)
def recall(lot: Lot, by: Reach, reason: str) -> Recall:
    """The dry run: counts what a recall of the lot reaches, and changes nothing."""
    if lot.status != "available":
        raise RuleBroken(_("This lot is recalled already."))
    counted = Recall(lot=lot, reason=reason, asked_by_id=by.user_id)
    db.session.add(counted)
    db.session.flush()
    recall_reach.count(counted)
    return counted


def plan(counted: Recall, by: Reach) -> Recall:
    """The dry run, begun at the list of recalls."""
    lot = counted.lot if counted.lot is not None else db.session.get_one(Lot, counted.lot_id)
    if lot.status != "available":
        raise RuleBroken(_("This lot is recalled already."), field="lot")
    counted.asked_by_id = by.user_id
    db.session.add(counted)
    db.session.flush()
    recall_reach.count(counted)
    return counted


@act(
    label=_l("Put in force"),
    confirm=_l("From now on this lot cannot be given or moved anywhere, and the locations are told. Recall it?"),
    icon="fa-ban",
    done=_l("The lot is recalled; the locations are being told."),
    on_many=False,
    may_do=lambda counted: counted.status == "dry_run",
)
def put_in_force(counted: Recall, by: Reach) -> Recall:
    """Recalls the lot: its stock cannot be given, transfers not yet sent end, and every location is told.

    The lot is held first: a dose being recorded is written before, and counted, or finds the lot recalled.
    """
    still = {"of": Lot, "key_share": True}  # what names the lot, as a wastage does, need not wait
    lot = db.session.get_one(Lot, counted.lot_id, with_for_update=still, populate_existing=True)
    if counted.status != "dry_run" or lot.status != "available":
        raise RuleBroken(_("This lot is recalled already."))
    lot.status, lot.recalled_at = "recalled", utcnow()
    for transfer in db.session.scalars(
        select(Transfer).where(Transfer.lot_id == lot.id, Transfer.status.in_(RESERVING)).with_for_update(of=Transfer)
    ):
        transfers.end(transfer, "refused", by, _("The lot is recalled."))
    counted.status = "in_force"
    counted.in_force_at, counted.in_force_by_id = lot.recalled_at, by.user_id
    db.session.flush()
    recall_reach.count(counted)
    counted.notices = recall_notices.queue(counted, by)
    return counted


@act(
    label=_l("Lift the recall"),
    confirm=_l("Let this lot be given again?"),
    icon="fa-rotate-left",
    may_do=lambda lot: lot.status == "recalled",
)
def release(lot: Lot, by: Reach) -> Lot:
    """Lifts a recall."""
    if lot.status != "recalled":
        raise RuleBroken(_("This lot is not recalled."))
    lot.status, lot.recalled_at = "available", None
    for one in db.session.scalars(select(Recall).where(Recall.lot_id == lot.id, Recall.status == "in_force")):
        one.status, one.lifted_at = "lifted", utcnow()
    return lot
