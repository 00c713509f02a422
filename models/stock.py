"""Vaccine, where it lies, and the ledger that says how it came and went."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, RuleBroken, about, utcnow
from models.columns import day, instant, key_to, text, whole, yes_no
from models.enrollment import Location, StorageUnit
from models.ink import Ink
from models.people import PortalUser
from models.scope import Scope

LOT_STATUSES = {"available": _l("Available"), "recalled": _l("Recalled")}
MOVEMENT_KINDS = {
    "received": _l("Received"),
    "given": _l("Given"),
    "given_back": _l("Taken back from a voided dose"),
    "wasted": _l("Wasted"),
    "counted": _l("Counted"),
    "moved_in": _l("Moved in"),
    "moved_out": _l("Moved out"),
    "returned": _l("Returned"),
}
SHIPMENT_STATUSES = {"expected": _l("Expected"), "received": _l("Received"), "lost": _l("Lost")}
CONDITIONS = {"good": _l("Good"), "damaged": _l("Damaged"), "warm": _l("Arrived warm")}
# EUA vaccines without a final date carry this placeholder (NC DHHS guidance for providers).
PLACEHOLDER_EXPIRY = dt.date(2069, 12, 31)
LONGEST_INTERVAL = 3650  # days between two doses; a longer one is a slip of the pen


class Vaccine(Entity):
    """A product as CDC's code sets name it."""

    __tablename__ = "vaccine"
    called = (_l("Vaccine"), _l("Vaccines"))
    scope = Scope.everyone

    name: Mapped[str] = text(160, about(_l("Name")), required=True)
    short_name: Mapped[str] = text(40, about(_l("Short name")), required=True)
    cvx: Mapped[str] = text(3, about(_l("CVX code"), example="208"), required=True, index=True)
    mvx: Mapped[str | None] = text(3, about(_l("MVX code"), example="PFR"))
    manufacturer: Mapped[str] = text(80, about(_l("Manufacturer")), required=True)
    ndc_unit_of_use: Mapped[str | None] = text(13, about(_l("NDC, unit of use")))
    ndc_unit_of_sale: Mapped[str | None] = text(13, about(_l("NDC, unit of sale")))
    doses_per_vial: Mapped[int | None] = whole(about(_l("Doses per vial")))
    dose_volume_ml: Mapped[Any] = mapped_column(Numeric(4, 2), nullable=True, info=about(_l("Dose volume (ml)")))
    route: Mapped[str | None] = text(6, about(_l("Route"), choices="routes"))
    min_age_years: Mapped[Any] = mapped_column(Numeric(4, 1), nullable=True, info=about(_l("Minimum age (years)")))
    doses_in_series: Mapped[int | None] = whole(about(_l("Doses in the series")))
    min_interval_days: Mapped[int | None] = whole(about(_l("Minimum interval (days)")))
    cap_color: Mapped[str | None] = text(20, about(_l("Cap color")))
    authorized_on: Mapped[dt.date | None] = day(about(_l("Authorized on")))
    fact_sheet_on: Mapped[dt.date | None] = day(about(_l("Edition of the fact sheet")))
    is_active: Mapped[bool] = yes_no(about(_l("In use")), default=True)

    def check(self) -> None:
        super().check()
        if self.min_interval_days is not None and not 0 <= self.min_interval_days <= LONGEST_INTERVAL:
            raise RuleBroken(_l("The interval is at most %(n)s days.", n=LONGEST_INTERVAL), field="min_interval_days")

    def __str__(self) -> str:
        return self.short_name


class Lot(Entity):
    """A manufacturer's lot of a vaccine."""

    __tablename__ = "lot"
    called = (_l("Lot"), _l("Lots"))
    scope = Scope.everyone
    STEPS = {"available": {"recalled"}, "recalled": {"available"}}
    __table_args__ = (UniqueConstraint("vaccine_id", "number"),)

    vaccine_id: Mapped[int] = key_to("vaccine.id", about(_l("Vaccine")), required=True)
    number: Mapped[str] = text(40, about(_l("Lot number"), example="EN6201"), required=True, index=True)
    expires_on: Mapped[dt.date] = day(
        about(_l("Expires on"), help=_l("12/31/2069 stands for a date not yet known.")), required=True, index=True
    )
    status: Mapped[str] = text(10, about(_l("Status"), choices=LOT_STATUSES), required=True)
    vaccine: Mapped[Vaccine] = relationship(info=about(_l("Vaccine")))

    def __str__(self) -> str:
        return self.number


class InventoryItem(Entity):
    """The balance of a lot at a location; changed by `rules.stock.post` alone."""

    __tablename__ = "inventory_item"
    called = (_l("Inventory item"), _l("Vaccine inventory"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (
        UniqueConstraint("location_id", "lot_id"),
        CheckConstraint("doses >= 0", name="not_below_zero"),
    )

    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True, index=False)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    doses: Mapped[int] = whole(about(_l("Doses on hand")), required=True, default=0)
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))

    def __str__(self) -> str:
        return f"{self.lot}"


class StockMovement(Ink):
    """One line of the ledger: so many doses of a lot came to or left a location, and why."""

    __tablename__ = "stock_movement"
    called = (_l("Stock movement"), _l("Stock movements"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (
        UniqueConstraint("cause", "kind", "inventory_item_id"),
        CheckConstraint("doses <> 0", name="moves_something"),
        Index("ix_stock_movement_location_at", "location_id", "at"),
        Index("ix_stock_movement_at", "at", "id"),
    )

    inventory_item_id: Mapped[int] = key_to("inventory_item.id", about(_l("Inventory item")), required=True)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True, index=False)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    doses: Mapped[int] = whole(about(_l("Doses"), help=_l("Plus what came, minus what left.")), required=True)
    kind: Mapped[str] = text(12, about(_l("Kind"), choices=MOVEMENT_KINDS), required=True)
    cause: Mapped[str] = text(40, about(_l("Cause")), required=True)
    inventory_item: Mapped[InventoryItem] = relationship(info=about(_l("Inventory item")))
    at: Mapped[dt.datetime] = instant(about(_l("At")), required=True, default=utcnow)
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))


class Shipment(Entity):
    """Vaccine on its way to a location, and its receipt."""

    __tablename__ = "shipment"
    called = (_l("Shipment"), _l("Shipments"))
    scope = Scope(location="location_id", organization="location.organization_id")
    STEPS = {"expected": {"received", "lost"}, "received": set(), "lost": {"received"}}

    number: Mapped[str] = text(40, about(_l("Shipment number")), required=True, unique=True)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    doses: Mapped[int] = whole(about(_l("Doses")), required=True)
    status: Mapped[str] = text(10, about(_l("Status"), choices=SHIPMENT_STATUSES), required=True)
    expected_on: Mapped[dt.date | None] = day(about(_l("Expected on")))
    received_at: Mapped[dt.datetime | None] = instant(about(_l("Received at")))
    received_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Received by")))
    condition: Mapped[str | None] = text(10, about(_l("Condition"), choices=CONDITIONS))
    temperature_ok: Mapped[bool | None] = mapped_column(nullable=True, info=about(_l("Temperature in range")))
    storage_unit_id: Mapped[int | None] = key_to("storage_unit.id", about(_l("Storage unit")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))
    received_by: Mapped[PortalUser | None] = relationship(info=about(_l("Received by")))
    storage_unit: Mapped[StorageUnit | None] = relationship(info=about(_l("Storage unit")))

    def check(self) -> None:
        super().check()
        if self.doses is not None and self.doses < 1:
            raise RuleBroken(_l("A shipment has at least one dose."), field="doses")

    def movements(self) -> list[tuple[int, int, int, str]]:
        """(location key, lot key, doses, kind) of each line this cause posts to the ledger."""
        return [(self.location_id, self.lot_id, self.doses, "received")]

    def __str__(self) -> str:
        return self.number
