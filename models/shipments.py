"""Vaccine on its way to a location, and its receipt."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, RuleBroken, about
from models.columns import day, instant, key_to, text, whole
from models.enrollment import Location, StorageUnit
from models.people import PortalUser
from models.scope import Scope
from models.stock import Line, Lot

SHIPMENT_STATUSES = {
    "expected": _l("Expected"),
    "in_transit": _l("In transit"),
    "received": _l("Received"),
    "received_with_issue": _l("Received with an issue"),
    "lost": _l("Lost"),
}
CONDITIONS = {
    "good": _l("Good"),
    "damaged": _l("Damaged"),
    "warm": _l("Arrived warm"),
    "logger": _l("The temperature logger shows an alarm"),
}
UNDER_WAY = ("expected", "in_transit")
ARRIVED = ("received", "received_with_issue")


class Shipment(Entity):
    """Vaccine on its way to a location, and what of it arrived."""

    __tablename__ = "shipment"
    called = (_l("Shipment"), _l("Shipments"))
    scope = Scope(location="location_id", organization="location.organization_id")
    STEPS = {
        "expected": {"in_transit", "received", "received_with_issue", "lost"},
        "in_transit": {"received", "received_with_issue", "lost"},
        "received": set(),
        "received_with_issue": set(),
        "lost": {"received", "received_with_issue"},
    }

    number: Mapped[str] = text(40, about(_l("Shipment number")), required=True, unique=True)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    doses: Mapped[int] = whole(about(_l("Doses shipped")), required=True)
    status: Mapped[str] = text(20, about(_l("Status"), choices=SHIPMENT_STATUSES), required=True, index=True)
    expected_on: Mapped[dt.date | None] = day(about(_l("Expected on")))
    carrier: Mapped[str | None] = text(80, about(_l("Carrier"), example="FedEx"))
    tracking_number: Mapped[str | None] = text(60, about(_l("Tracking number")))
    shipped_on: Mapped[dt.date | None] = day(about(_l("Shipped on")))
    received_at: Mapped[dt.datetime | None] = instant(about(_l("Received at")))
    received_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Received by")))
    doses_received: Mapped[int | None] = whole(about(_l("Doses received")))
    lot_received_id: Mapped[int | None] = key_to("lot.id", about(_l("Lot received")), index=False)
    expiry_on_box: Mapped[dt.date | None] = day(about(_l("Expiry on the box")))
    condition: Mapped[str | None] = text(10, about(_l("Condition"), choices=CONDITIONS))
    temperature_ok: Mapped[bool | None] = mapped_column(nullable=True, info=about(_l("Temperature in range")))
    storage_unit_id: Mapped[int | None] = key_to("storage_unit.id", about(_l("Storage unit")))
    issue: Mapped[str | None] = text(400, about(_l("What was not as announced")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(foreign_keys=[lot_id], info=about(_l("Lot")))
    lot_received: Mapped[Lot | None] = relationship(foreign_keys=[lot_received_id], info=about(_l("Lot received")))
    received_by: Mapped[PortalUser | None] = relationship(info=about(_l("Received by")))
    storage_unit: Mapped[StorageUnit | None] = relationship(info=about(_l("Storage unit")))

    def check(self) -> None:
        super().check()
        if self.doses is not None and self.doses < 1:
            raise RuleBroken(_l("A shipment has at least one dose."), field="doses")

    def movements(self) -> list[Line]:
        """What arrived, in the part that the rule of the receipt says."""
        doses = self.doses if self.doses_received is None else self.doses_received
        lot = self.lot_received_id or self.lot_id
        return [Line(self.location_id, lot, doses, "received")] if doses else []

    def __str__(self) -> str:
        return self.number
