"""What changes a location's stock besides doses and deliveries: counts, wastage, returns, expiry and storage."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, relationship

from models.base import Entity, RuleBroken, about, utcnow
from models.columns import day, instant, key_to, long_text, text, whole, yes_no
from models.enrollment import Location
from models.ink import Ink
from models.people import PortalUser
from models.scope import Scope
from models.stock import STORAGE_STATES, InventoryItem, Line, Lot, Vaccine

COUNT_REASONS = {
    "extra": _l("More doses in the vials than labelled"),
    "recount": _l("Recounted"),
    "found": _l("Found again after a loss"),
    "entry": _l("An earlier entry was wrong"),
    "late_dose": _l("A dose was recorded late"),  # written with the dose, never chosen
}
DISPOSALS = {
    "medical_waste": _l("Destroyed as medical waste"),
    "set_apart": _l("Set apart and labelled “do not use”"),
    "nothing_left": _l("Nothing left to dispose of"),
}
RETURN_REASONS = {
    "not_ordered": _l("Not ordered, or too much delivered"),
    "recall": _l("Recall"),
    "instruction": _l("Instruction of the state"),
    "closing": _l("The location closes"),
}
RETURN_TO = {
    "state": _l("The state's depot"),
    "manufacturer": _l("The manufacturer"),
    "distributor": _l("The distributor"),
}
CORRECTION_STATUSES = {
    "reported": _l("Waits for the state"),
    "confirmed": _l("Confirmed for the lot"),
    "set_right": _l("Set right by the state"),
    "refused": _l("Not confirmed"),
}


class AtItem:
    """What every cause says: of which stock, where, by whom and when."""

    inventory_item_id: Mapped[int] = key_to("inventory_item.id", about(_l("Inventory item")), required=True)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    at: Mapped[dt.datetime] = instant(about(_l("At")), required=True, default=utcnow, index=True)
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")), index=False)

    @declared_attr
    def inventory_item(cls) -> Mapped[InventoryItem]:
        mine = f"{cls.__name__}.inventory_item_id"  # type: ignore[attr-defined]
        return relationship(foreign_keys=mine, info=about(_l("Inventory item")))

    @declared_attr
    def location(cls) -> Mapped[Location]:
        return relationship(info=about(_l("Location")))

    @declared_attr
    def lot(cls) -> Mapped[Lot]:
        return relationship(info=about(_l("Lot")))

    @declared_attr
    def by(cls) -> Mapped[PortalUser | None]:
        return relationship(foreign_keys=f"{cls.__name__}.by_id", info=about(_l("By")))  # type: ignore[attr-defined]

    def line(self, doses: int, kind: str) -> list[Line]:
        """The one line that this cause posts to the ledger."""
        return [Line(self.location_id, self.lot_id, doses, kind, self.inventory_item_id)]


class DoseCount(AtItem, Ink):
    """A count that found more or fewer doses than the ledger; CVMS FAQ 24: the Location Manager raises the quantity."""

    __tablename__ = "dose_count"
    called = (_l("Dose count"), _l("Dose counts"))
    scope = Scope(location="location_id", organization="location.organization_id")

    before: Mapped[int] = whole(about(_l("On hand before")), required=True)
    doses: Mapped[int] = whole(about(_l("Difference"), help=_l("Plus what was found, minus what was missing.")))
    reason: Mapped[str] = text(10, about(_l("Reason"), choices=COUNT_REASONS), required=True)
    note: Mapped[str | None] = long_text(about(_l("Note")))

    of_dose = None  # the key of the dose recorded late; the ledger keeps it

    def movement_facts(self) -> dict[str, Any]:
        """Which dose was found again, where it was recorded late."""
        return {"dose_id": self.of_dose} if self.of_dose is not None else {}

    def movements(self) -> list[Line]:
        """Plus what was found, minus what was missing."""
        return self.line(self.doses, "counted") if self.doses else []


class Wastage(AtItem, Ink):
    """Doses that can no longer be given; the fields and reasons of the program's wastage log."""

    __tablename__ = "wastage"
    called = (_l("Wastage"), _l("Wastage"))
    scope = Scope(location="location_id", organization="location.organization_id")

    doses: Mapped[int] = whole(about(_l("Doses")), required=True)
    vials: Mapped[int | None] = whole(about(_l("Vials")))
    reason: Mapped[str] = text(12, about(_l("Reason"), choices="waste_reasons"), required=True)
    is_open_vial: Mapped[bool] = yes_no(about(_l("From an open vial")))
    discovered_by: Mapped[str | None] = text(120, about(_l("Discovered by")))
    disposal: Mapped[str] = text(14, about(_l("Disposal"), choices=DISPOSALS), required=True)
    note: Mapped[str | None] = long_text(about(_l("Note")))

    def check(self) -> None:
        super().check()
        if self.reason == "other" and not (self.note or "").strip():
            raise RuleBroken(_l("Please say in the note what happened."), field="note")
        if self.vials is not None and self.vials > self.doses:
            raise RuleBroken(_l("There are more vials than doses."), field="vials")

    def movements(self) -> list[Line]:
        """What was wasted leaves."""
        return self.line(-self.doses, "wasted")


class Return(AtItem, Ink):
    """Unopened doses sent back by instruction of the state."""

    __tablename__ = "stock_return"
    called = (_l("Return"), _l("Returns"))
    scope = Scope(location="location_id", organization="location.organization_id")

    doses: Mapped[int] = whole(about(_l("Doses")), required=True)
    vials: Mapped[int | None] = whole(about(_l("Vials")))
    reason: Mapped[str] = text(12, about(_l("Reason"), choices=RETURN_REASONS), required=True)
    to: Mapped[str] = text(12, about(_l("Sent to"), choices=RETURN_TO), required=True)
    instruction: Mapped[str | None] = text(60, about(_l("Number of the instruction or shipment")))
    note: Mapped[str | None] = long_text(about(_l("Note")))

    def check(self) -> None:
        super().check()
        if self.vials is not None and self.vials > self.doses:
            raise RuleBroken(_l("There are more vials than doses."), field="vials")

    def movements(self) -> list[Line]:
        """What was sent back leaves."""
        return self.line(-self.doses, "returned")


class ExpiryCorrection(AtItem, Entity):
    """A wrong expiry mended by a location for its own vials, until the state confirms or refuses it (CVMS FAQ 25)."""

    __tablename__ = "expiry_correction"
    called = (_l("Expiry correction"), _l("Expiry corrections"))
    scope = Scope(location="location_id", organization="location.organization_id")
    STEPS = {
        "reported": {"confirmed", "set_right", "refused"},
        "confirmed": set(),
        "set_right": set(),
        "refused": set(),
    }

    before: Mapped[dt.date] = day(about(_l("Expiry before")), required=True)
    expires_on: Mapped[dt.date] = day(about(_l("Expiry corrected to")), required=True)
    reason: Mapped[str] = text(400, about(_l("Reason")), required=True)
    status: Mapped[str] = text(10, about(_l("Status"), choices=CORRECTION_STATUSES), required=True, index=True)
    decided_at: Mapped[dt.datetime | None] = instant(about(_l("Decided at")))
    decided_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Decided by")), index=False)
    decided_by: Mapped[PortalUser | None] = relationship(
        foreign_keys="ExpiryCorrection.decided_by_id", info=about(_l("Decided by"))
    )

    def __str__(self) -> str:
        return f"{self.lot}"


class ExpiryCheck(AtItem, Ink):
    """Somebody looked up the expiry of a lot without a final date, before its first dose of the day."""

    __tablename__ = "expiry_check"
    called = (_l("Expiry check"), _l("Expiry checks"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (UniqueConstraint("inventory_item_id", "checked_on"),)

    checked_on: Mapped[dt.date] = day(about(_l("Day")), required=True)


class StorageMove(AtItem, Ink):
    """Some vials of a lot moved to another storage state, where another beyond-use date holds."""

    __tablename__ = "storage_move"
    called = (_l("Move to another storage state"), _l("Moves to another storage state"))
    scope = Scope(location="location_id", organization="location.organization_id")

    doses: Mapped[int] = whole(about(_l("Doses")), required=True)
    from_state: Mapped[str | None] = text(12, about(_l("Storage state before"), choices=STORAGE_STATES))
    to_state: Mapped[str] = text(12, about(_l("Storage state"), choices=STORAGE_STATES), required=True)
    since: Mapped[dt.date] = day(about(_l("Since")), required=True)
    to_item_id: Mapped[int] = key_to("inventory_item.id", about(_l("Where they are now")), required=True, index=False)
    to_item: Mapped[InventoryItem] = relationship(
        foreign_keys="StorageMove.to_item_id", info=about(_l("Where they are now"))
    )

    def movements(self) -> list[Line]:
        """As many arrive in one part as leave the other."""
        arrives = Line(self.location_id, self.lot_id, self.doses, "moved_in", self.to_item_id)
        return [*self.line(-self.doses, "moved_out"), arrives]


class StorageTime(Entity):
    """How long a vaccine keeps in a storage state, and who says so."""

    __tablename__ = "storage_time"
    called = (_l("Storage time"), _l("Storage times"))
    scope = Scope.everyone
    __table_args__ = (UniqueConstraint("vaccine_id", "state"),)

    vaccine_id: Mapped[int] = key_to("vaccine.id", about(_l("Vaccine")), required=True, index=False)
    state: Mapped[str] = text(12, about(_l("Storage state"), choices=STORAGE_STATES), required=True)
    days: Mapped[int | None] = whole(about(_l("Days"), help=_l("Empty: until the expiry of the lot.")))
    source: Mapped[str] = text(200, about(_l("Source")), required=True)
    vaccine: Mapped[Vaccine] = relationship(info=about(_l("Vaccine")))

    def check(self) -> None:
        super().check()
        if self.days is not None and not 1 <= self.days <= 730:
            raise RuleBroken(_l("A storage time is between 1 and 730 days."), field="days")

    def __str__(self) -> str:
        return f"{self.vaccine}"
