"""Rows for tests, as in `factories`: what changes a location's stock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.rules import expiry, recalls, stock_counts, storage_moves, transfers
from app.rules import wastage as waste
from app.rules.clock import today_at
from models.account_history import AccountHistory
from models.agreements import RedistributionAgreement, RedistributionPlace
from models.base import db
from models.enrollment import Location
from models.inventory_reports import InventoryReportLine
from models.recalls import Recall, RecallPlace
from models.scope import acting
from models.stock import InventoryItem, StockDay
from models.stock_causes import DoseCount, ExpiryCheck, ExpiryCorrection, Return, StorageMove, StorageTime, Wastage
from models.transfers import ProgramRule, Transfer, TransferEvent
from tests import factories as make


def dose_count(location: Location | None = None) -> DoseCount:
    with acting(make.SEED):
        return stock_counts.raise_doses(make.stock(location), make.SEED, doses=5)


def wastage(location: Location | None = None, item: InventoryItem | None = None, **more: Any) -> Wastage:
    with acting(make.SEED):
        said = {"doses": 3, "reason": "broken", "disposal": "medical_waste", **more}
        return waste.waste(item or make.stock(location), make.SEED, **said)


def stock_return(location: Location | None = None) -> Return:
    with acting(make.SEED):
        return waste.send_back(make.stock(location), make.SEED, doses=10, reason="not_ordered", to="state")


def storage_move(location: Location | None = None) -> StorageMove:
    item = make.stock(location)
    with acting(make.SEED):
        since = today_at(None) - dt.timedelta(days=1)
        return storage_moves.move_some(item, make.SEED, doses=20, state="refrigerated", since=since)


def expiry_correction(location: Location | None = None) -> ExpiryCorrection:
    item = make.stock(location)
    with acting(make.SEED):
        later = item.lot.expires_on + dt.timedelta(days=30)
        return expiry.correct_expiry(item, make.SEED, expires_on=later, reason="Printed on the box")


def expiry_check(location: Location | None = None) -> ExpiryCheck:
    item = make.stock(location)
    values = {"inventory_item_id": item.id, "location_id": item.location_id, "lot_id": item.lot_id}
    return make.saved(ExpiryCheck(checked_on=today_at(None), **values))


def storage_time(**more: Any) -> StorageTime:
    more.setdefault("vaccine", None) or more.update(vaccine=make.vaccine())
    return make.saved(StorageTime(**{"state": "refrigerated", "days": 30, "source": "Label", **more}))


def transfer(location: Location | None = None, doses: int = 10, **more: Any) -> Transfer:
    """A transfer asked for, from the location or, with `to`, to it."""
    to = more.pop("to", None) or make.location()
    item = more.pop("item", None) or make.stock(location)
    with acting(make.SEED):
        said = {"to_location": to, "lot": item.lot, "doses": doses, "reason": "They have none", **more}
        return transfers.request(Transfer(**said), make.SEED.at(item.location_id))


def transfer_event(location: Location | None = None, transfer: Transfer | None = None) -> TransferEvent:
    one = transfer or globals()["transfer"](location)
    ends = {"from_location_id": one.from_location_id, "to_location_id": one.to_location_id}
    return make.saved(TransferEvent(transfer_id=one.id, status="approved", **ends))


def recall(**more: Any) -> Recall:
    item = more.pop("item", None) or make.stock(make.location())
    with acting(make.SEED):
        return recalls.recall(item.lot, make.SEED, reason="Particles in vials")


def recall_place(recall: Recall | None = None, **more: Any) -> RecallPlace:
    return make.saved(RecallPlace(recall=recall or globals()["recall"](), location=make.location(), on_hand=3))


def account_history(location: Location | None = None) -> AccountHistory:
    given = make.dose(location=location)
    with acting(make.SEED):
        return db.session.query(AccountHistory).filter_by(dose_id=given.id).one()


def stock_day(location: Location | None = None) -> StockDay:
    item = make.stock(location)
    with acting(make.SEED):
        return db.session.query(StockDay).filter_by(inventory_item_id=item.id).one()


def inventory_report_line(location: Location | None = None) -> InventoryReportLine:
    values = {"report_on": today_at(None), "quantity": 3, "in_stock": True, "supply_level": "4"}
    place = location or make.location()
    return make.saved(InventoryReportLine(location=place, vaccine=make.vaccine(), **values))


def program_rule() -> ProgramRule:
    return make.saved(ProgramRule(code=f"rule-{next(make.numbers)}", name="A rule of the program"))


def redistribution_agreement(organization: Any, *places: Location) -> RedistributionAgreement:
    """An approved agreement of an organization for these places."""
    values = {
        "cmo_name": "A Chief", "cmo_title": "CMO", "cmo_email": "cmo@example.org", "cmo_license_state": "NC",
        "cmo_license_number": "1", "ceo_name": "An Officer", "ceo_title": "CEO", "ceo_email": "ceo@example.org",
    }  # fmt: skip
    number = f"RA-{next(make.numbers)}"
    agreement = RedistributionAgreement(organization=organization, number=number, cold_chain="Validated", **values)
    make.saved(agreement)
    for status in ("awaiting_signatures", "submitted", "approved"):
        agreement.status = status
        make.saved(agreement)
    for place in places:
        make.saved(RedistributionPlace(agreement=agreement, location=place))
    return agreement


AT_PLACE: dict[str, Any] = {
    "AccountHistory": lambda place: account_history(place),
    "InventoryReportLine": lambda place: inventory_report_line(place),
    "Recall": lambda place: recall(),
    "RecallPlace": lambda place: recall_place(),
    "DoseCount": lambda place: dose_count(place),
    "ExpiryCheck": lambda place: expiry_check(place),
    "ExpiryCorrection": lambda place: expiry_correction(place),
    "ProgramRule": lambda place: program_rule(),
    "Return": lambda place: stock_return(place),
    "StockDay": lambda place: stock_day(place),
    "StorageMove": lambda place: storage_move(place),
    "StorageTime": lambda place: storage_time(),
    "Transfer": lambda place: transfer(place),
    "TransferEvent": lambda place: transfer_event(place),
    "Wastage": lambda place: wastage(place),
}

__all__ = [
    "account_history",
    "inventory_report_line",
    "recall",
    "recall_place",
    "dose_count",
    "expiry_check",
    "expiry_correction",
    "program_rule",
    "redistribution_agreement",
    "stock_return",
    "storage_move",
    "storage_time",
    "transfer",
    "transfer_event",
    "wastage",
]
