"""Vaccine, where it lies, and the ledger that says how it came and went."""

import datetime as dt
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Date, Index, Numeric, UniqueConstraint, bindparam, case, event, inspect, select
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship
from sqlalchemy.orm.attributes import set_committed_value

from models.base import Entity, RuleBroken, about, utcnow
from models.columns import day, instant, key_to, text, total, whole, yes_no
from models.enrollment import Location
from models.ink import Ink
from models.people import PortalUser
from models.scope import Scope

LOT_STATUSES = {"available": _l("Not recalled"), "recalled": _l("Recalled")}
MOVEMENT_KINDS = {
    "received": _l("Received"),
    "given": _l("Given"),
    "given_back": _l("Taken back from a voided dose"),
    "wasted": _l("Wasted"),
    "counted": _l("Counted"),
    "moved_in": _l("Moved in"),
    "moved_out": _l("Moved out"),
    "returned": _l("Returned"),
    "discrepancy": _l("Discrepancy at receipt"),
}
# Which total of an inventory item a movement adds to, and with what sign.
TOTALS = {
    "received": ("received", 1),
    "given": ("given", -1),
    "given_back": ("given", -1),
    "wasted": ("wasted", -1),
    "returned": ("returned", -1),
    "moved_in": ("moved_in", 1),
    "moved_out": ("moved_out", -1),
    "counted": ("counted", 1),
    "discrepancy": ("discrepancy", 1),
}
STORAGE_STATES = {
    "ultra_cold": _l("Ultra-cold (-80 to -60 °C)"),
    "frozen": _l("Frozen (-25 to -15 °C)"),
    "refrigerated": _l("Refrigerated (2 to 8 °C)"),
    "room": _l("Room temperature (up to 25 °C)"),
}
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
    below_age_years: Mapped[Any] = mapped_column(
        Numeric(4, 1),
        nullable=True,
        info=about(_l("Only below this age (years)"), help=_l("12 for a vaccine for 5 through 11 years.")),
    )
    doses_in_series: Mapped[int | None] = whole(about(_l("Doses in the series")))
    min_interval_days: Mapped[int | None] = whole(about(_l("Minimum interval (days)")))
    cap_color: Mapped[str | None] = text(20, about(_l("Cap color")))
    diluent: Mapped[str | None] = text(80, about(_l("Diluent"), example="0.9% NaCl, 1.8 ml"))
    authorized_on: Mapped[dt.date | None] = day(about(_l("Authorized on")))
    fact_sheet_on: Mapped[dt.date | None] = day(about(_l("Edition of the fact sheet")))
    is_active: Mapped[bool] = yes_no(about(_l("In use")), default=True)

    def check(self) -> None:
        super().check()
        if self.min_interval_days is not None and not 0 <= self.min_interval_days <= LONGEST_INTERVAL:
            raise RuleBroken(_l("The interval is at most %(n)s days.", n=LONGEST_INTERVAL), field="min_interval_days")
        if self.below_age_years is not None and self.below_age_years <= (self.min_age_years or 0):
            raise RuleBroken(_l("This is not above the minimum age."), field="below_age_years")

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
    recalled_at: Mapped[dt.datetime | None] = instant(about(_l("Recalled since")))
    vaccine: Mapped[Vaccine] = relationship(info=about(_l("Vaccine")))

    def __str__(self) -> str:
        return self.number


class InventoryItem(Entity):
    """The balance of a lot at a location in one storage state, with what came and went; changed by `rules.stock` alone.

    What arrives lies in the part named ""; vials moved to another storage state, or come in another, are a part of
    their own, with their own beyond-use date.
    """

    __tablename__ = "inventory_item"
    called = (_l("Inventory item"), _l("Vaccine inventory"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (
        UniqueConstraint("location_id", "lot_id", "part"),
        CheckConstraint("doses >= 0", name="not_below_zero"),
        CheckConstraint("reserved >= 0 AND reserved <= doses", name="reserved_is_here"),
    )

    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True, index=False)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    part: Mapped[str] = text(24, about(_l("Part of the lot")), required=True, default="", server_default="")
    doses: Mapped[int] = whole(about(_l("Doses on hand")), required=True, default=0)
    reserved: Mapped[int] = total(about(_l("Reserved"), help=_l("For transfers not yet dispatched.")))
    received: Mapped[int] = total(about(_l("Doses received")))
    given: Mapped[int] = total(about(_l("Doses given")))
    wasted: Mapped[int] = total(about(_l("Doses wasted")))
    returned: Mapped[int] = total(about(_l("Doses returned")))
    moved_in: Mapped[int] = total(about(_l("Doses moved in")))
    moved_out: Mapped[int] = total(about(_l("Doses moved out")))
    counted: Mapped[int] = total(about(_l("Dose counts"), help=_l("What counts added and took away.")))
    discrepancy: Mapped[int] = total(about(_l("Discrepancies at receipt")))
    storage_state: Mapped[str | None] = text(12, about(_l("Storage state"), choices=STORAGE_STATES))
    storage_since: Mapped[dt.date | None] = day(about(_l("In this storage state since")))
    expires_on: Mapped[dt.date | None] = day(
        about(_l("Expiry corrected to"), help=_l("By this location, for its own vials, in place of the lot's date."))
    )
    beyond_use_on: Mapped[dt.date | None] = day(about(_l("Beyond-use date")))
    use_by: Mapped[dt.date | None] = day(
        about(_l("Use by"), help=_l("The earlier of the expiry and the beyond-use date.")), index=True
    )
    hold_reason: Mapped[str | None] = text(400, about(_l("On hold because")))
    held_since: Mapped[dt.datetime | None] = instant(about(_l("On hold since")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))

    @property
    def available(self) -> int:
        """Doses that no transfer has reserved."""
        return self.doses - self.reserved

    @property
    def expiry(self) -> dt.date:
        """The expiry in force here: the location's own correction, else the lot's."""
        return self.expires_on or self.lot.expires_on

    def was_held(self, at: dt.datetime) -> bool:
        """Whether these vials were on hold at that instant (UTC) already, and are still."""
        return self.hold_reason is not None and (self.held_since is None or at >= self.held_since)

    def check(self) -> None:
        super().check()
        if self.hold_reason is None:
            self.held_since = None
        elif self.held_since is None:
            self.held_since = utcnow()
        if self.lot is not None:
            self.use_by = min(filter(None, (self.expiry, self.beyond_use_on)))

    def __str__(self) -> str:
        return f"{self.lot}"


@event.listens_for(Lot, "after_update")
def _use_by_follows(_mapper: Any, connection: Any, lot: Lot) -> None:
    """What a lot's expiry says holds wherever no location has corrected it."""
    if not inspect(lot).attrs.expires_on.history.has_changes():
        return
    item, expiry = InventoryItem.__table__, bindparam("expiry", lot.expires_on, Date)
    every = select(item.c.id).where(item.c.lot_id == lot.id).order_by(item.c.id)
    connection.execute(every.with_for_update())  # in the order in which everybody takes them
    sooner = case((item.c.beyond_use_on < expiry, item.c.beyond_use_on), else_=expiry)
    connection.execute(item.update().where(item.c.lot_id == lot.id, item.c.expires_on.is_(None)).values(use_by=sooner))
    for one in list(object_session(lot).identity_map.values()):
        if isinstance(one, InventoryItem) and one.__dict__.get("lot_id") == lot.id:
            stays = [one.__dict__.get(name) for name in ("expires_on", "beyond_use_on")]
            set_committed_value(one, "use_by", min(filter(None, (stays[0] or lot.expires_on, stays[1]))))


class Line(NamedTuple):
    """What a cause posts: so many doses of a lot at a place, and of which part; the first one where none is said."""

    location_id: int
    lot_id: int
    doses: int
    kind: str
    item_id: int | None = None


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
    cause: Mapped[str] = text(40, about(_l("Cause"), format="cause"), required=True)
    dose_id: Mapped[int | None] = key_to("dose.id", about(_l("Dose")), index=False)
    inventory_item: Mapped[InventoryItem] = relationship(info=about(_l("Inventory item")))
    at: Mapped[dt.datetime] = instant(about(_l("At")), required=True, default=utcnow)
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))


class StockDay(Entity):
    """What the ledger moved of an inventory item in a day (UTC), by kind: a sum for figures, kept by `rules.stock`."""

    __tablename__ = "stock_day"
    called = (_l("Stock of a day"), _l("Stock by day"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (
        UniqueConstraint("inventory_item_id", "kind", "day"),
        Index("ix_stock_day_day", "day", "id"),
        Index("ix_stock_day_location_day", "location_id", "day"),
    )

    inventory_item_id: Mapped[int] = key_to(
        "inventory_item.id", about(_l("Inventory item")), required=True, index=False
    )
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True, index=False)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    kind: Mapped[str] = text(12, about(_l("Kind"), choices=MOVEMENT_KINDS), required=True)
    day: Mapped[dt.date] = day(about(_l("Day")), required=True)
    doses: Mapped[int] = whole(about(_l("Doses"), help=_l("Plus what came, minus what left.")), required=True)
    inventory_item: Mapped[InventoryItem] = relationship(info=about(_l("Inventory item")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))
