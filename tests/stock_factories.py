"""Rows for tests, as in `factories`: what changes a location's stock."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.rules import expiry, stock_counts
from app.rules import wastage as waste
from models.base import utcnow
from models.enrollment import Location
from models.scope import acting
from models.stock import InventoryItem
from models.stock_causes import DoseCount, ExpiryCheck, ExpiryCorrection, Return, StorageTime, Wastage
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


def expiry_correction(location: Location | None = None) -> ExpiryCorrection:
    item = make.stock(location)
    with acting(make.SEED):
        later = item.lot.expires_on + dt.timedelta(days=30)
        return expiry.correct_expiry(item, make.SEED, expires_on=later, reason="Printed on the box")


def expiry_check(location: Location | None = None) -> ExpiryCheck:
    item = make.stock(location)
    values = {"inventory_item_id": item.id, "location_id": item.location_id, "lot_id": item.lot_id}
    return make.saved(ExpiryCheck(checked_on=utcnow().date(), **values))


def storage_time(**more: Any) -> StorageTime:
    more.setdefault("vaccine", None) or more.update(vaccine=make.vaccine())
    return make.saved(StorageTime(**{"state": "refrigerated", "days": 30, "source": "Label", **more}))
