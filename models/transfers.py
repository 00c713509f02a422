"""Vaccine moved from one enrolled site to another: asked for, approved, sent, received."""

import datetime as dt
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, RuleBroken, about, utcnow
from models.columns import day, instant, key_to, text, whole, yes_no
from models.enrollment import Location
from models.ink import Ink
from models.people import PortalUser
from models.scope import Scope
from models.shipments import CONDITIONS
from models.stock import STORAGE_STATES, InventoryItem, Line, Lot

TRANSFER_KINDS = {
    "transfer": _l("Transfer (unplanned, any two enrolled sites)"),
    "redistribution": _l("Redistribution (planned, within one organization)"),
}
TRANSFER_STATUSES = {
    "requested": _l("Waits for approval"),
    "approved": _l("Approved"),
    "refused": _l("Not approved"),
    "cancelled": _l("Cancelled"),
    "in_transit": _l("In transit"),
    "received": _l("Received"),
    "received_with_discrepancy": _l("Received with a discrepancy"),
}
RESERVING = ("requested", "approved")
PROGRAM_RULES = {
    "transfer_approval": _l("Transfers and redistributions are approved by the Immunization Branch before they move")
}


class ProgramRule(Entity):
    """A step of the program that the state may leave out; what is not entered here is on."""

    __tablename__ = "program_rule"
    called = (_l("Rule of the program"), _l("Rules of the program"))
    scope = Scope.everyone

    code: Mapped[str] = text(40, about(_l("Code")), required=True, unique=True)
    name: Mapped[str] = text(200, about(_l("Rule"), format="translated"), required=True)
    is_on: Mapped[bool] = yes_no(about(_l("In force")), default=True)

    def __str__(self) -> str:
        return self.code


class Transfer(Entity):
    """Doses of a lot on their way from one site to another; seen by both ends."""

    __tablename__ = "transfer"
    called = (_l("Transfer"), _l("Transfers and redistributions"))
    scope = Scope(
        location=("from_location_id", "to_location_id"),
        organization=("from_location.organization_id", "to_location.organization_id"),
    )
    STEPS = {
        "requested": {"approved", "refused", "cancelled"},
        "approved": {"in_transit", "refused", "cancelled"},
        "in_transit": {"received", "received_with_discrepancy"},
        "received": set(),
        "received_with_discrepancy": set(),
        "refused": set(),
        "cancelled": set(),
    }
    __table_args__ = (CheckConstraint("from_location_id <> to_location_id", name="moves_somewhere"),)

    number: Mapped[str] = text(20, about(_l("Number")), required=True, unique=True)
    kind: Mapped[str] = text(14, about(_l("Kind"), choices=TRANSFER_KINDS), required=True, default="transfer")
    from_location_id: Mapped[int] = key_to("location.id", about(_l("From")), required=True)
    to_location_id: Mapped[int] = key_to(
        "location.id", about(_l("To"), open_reference="transfer_destination"), required=True
    )
    inventory_item_id: Mapped[int] = key_to("inventory_item.id", about(_l("Inventory item")), required=True)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    doses: Mapped[int] = whole(about(_l("Doses")), required=True)
    vials: Mapped[int | None] = whole(about(_l("Vials")))
    reason: Mapped[str] = text(400, about(_l("Reason")), required=True)
    wanted_on: Mapped[dt.date | None] = day(about(_l("Wanted on")))
    contact_from: Mapped[str | None] = text(120, about(_l("Contact at the sending site")))
    contact_to: Mapped[str | None] = text(120, about(_l("Contact at the receiving site")))
    status: Mapped[str] = text(30, about(_l("Status"), choices=TRANSFER_STATUSES), required=True, index=True)
    requested_at: Mapped[dt.datetime] = instant(about(_l("Requested at")), required=True, default=utcnow, index=True)
    requested_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Requested by")), index=False)
    decided_at: Mapped[dt.datetime | None] = instant(about(_l("Decided at")))
    decided_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Decided by")), index=False)
    dispatched_at: Mapped[dt.datetime | None] = instant(about(_l("Dispatched at")))
    storage_state: Mapped[str | None] = text(12, about(_l("Storage state"), choices=STORAGE_STATES))
    transporter: Mapped[str | None] = text(120, about(_l("Transporter")))
    equipment: Mapped[str | None] = text(120, about(_l("Cold-chain equipment")))
    temperature_packed: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 1), nullable=True, info=about(_l("Temperature when packed (°C)"))
    )
    received_at: Mapped[dt.datetime | None] = instant(about(_l("Received at")))
    received_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Received by")), index=False)
    doses_received: Mapped[int | None] = whole(about(_l("Doses received")))
    temperature_received: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 1), nullable=True, info=about(_l("Temperature at receipt (°C)"))
    )
    condition: Mapped[str | None] = text(10, about(_l("Condition"), choices=CONDITIONS))
    discrepancy_reason: Mapped[str | None] = text(400, about(_l("Why the quantity differs")))
    from_location: Mapped[Location] = relationship(foreign_keys=[from_location_id], info=about(_l("From")))
    to_location: Mapped[Location] = relationship(foreign_keys=[to_location_id], info=about(_l("To")))
    inventory_item: Mapped[InventoryItem] = relationship(info=about(_l("Inventory item")))
    lot: Mapped[Lot] = relationship(info=about(_l("Lot")))
    requested_by: Mapped[PortalUser | None] = relationship(
        foreign_keys=[requested_by_id], info=about(_l("Requested by"))
    )
    decided_by: Mapped[PortalUser | None] = relationship(foreign_keys=[decided_by_id], info=about(_l("Decided by")))
    received_by: Mapped[PortalUser | None] = relationship(foreign_keys=[received_by_id], info=about(_l("Received by")))

    def check(self) -> None:
        super().check()
        if self.doses is not None and self.doses < 1:
            raise RuleBroken(_l("Please give at least one dose."), field="doses")
        if None not in (self.vials, self.doses) and not 1 <= (self.vials or 0) <= self.doses:
            raise RuleBroken(_l("There are more vials than doses."), field="vials")

    def movements(self) -> list[Line]:
        """At dispatch the doses leave; at receipt as many arrive, and what differs is a line of its own."""
        if self.status == "in_transit":
            return [Line(self.from_location_id, self.lot_id, -self.doses, "moved_out", self.inventory_item_id)]
        arrived = [Line(self.to_location_id, self.lot_id, self.doses, "moved_in")]
        difference = (self.doses if self.doses_received is None else self.doses_received) - self.doses
        if not difference:
            return arrived
        return [*arrived, Line(self.to_location_id, self.lot_id, difference, "discrepancy")]

    def __str__(self) -> str:
        return self.number


class TransferEvent(Ink):
    """One step of a transfer, as both ends see it."""

    __tablename__ = "transfer_event"
    called = (_l("Step of a transfer"), _l("Steps"))
    scope = Scope(
        location=("from_location_id", "to_location_id"),
        organization=("from_location.organization_id", "to_location.organization_id"),
    )

    transfer_id: Mapped[int] = key_to("transfer.id", about(_l("Transfer")), required=True)
    from_location_id: Mapped[int] = key_to(
        "location.id", about(_l("From"), open_reference="transfer_destination"), required=True
    )
    to_location_id: Mapped[int] = key_to(
        "location.id", about(_l("To"), open_reference="transfer_destination"), required=True
    )
    at: Mapped[dt.datetime] = instant(about(_l("At")), required=True, default=utcnow, index=True)
    status: Mapped[str] = text(30, about(_l("Status"), choices=TRANSFER_STATUSES), required=True)
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")), index=False)
    words: Mapped[str | None] = text(400, about(_l("Note")))
    transfer: Mapped[Transfer] = relationship(info=about(_l("Transfer")))
    from_location: Mapped[Location] = relationship(foreign_keys=[from_location_id], info=about(_l("From")))
    to_location: Mapped[Location] = relationship(foreign_keys=[to_location_id], info=about(_l("To")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))
