"""Who takes part: organizations, their locations, and where vaccine is kept."""

import datetime as dt
import re
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import Mapped, relationship, validates

from models.base import Entity, about
from models.columns import Address, day, key_to, text, yes_no
from models.scope import Reach, Scope

ORGANIZATION_KINDS = {
    "provider": _l("Healthcare provider"),
    "employer": _l("Employer or other invited organization"),
    "state": _l("State office"),
}
# "applying": an enrollment is under way; nothing is kept or given there yet.
ORGANIZATION_STATUSES = {
    "approved": _l("Approved"),
    "applying": _l("Applying"),
    "suspended": _l("Suspended"),
    "withdrawn": _l("Withdrawn"),
    "closed": _l("Closed"),
}
LOCATION_STATUSES = ORGANIZATION_STATUSES
UNIT_KINDS = {
    "refrigerator": _l("Refrigerator (2 to 8 °C)"),
    "freezer": _l("Freezer (-25 to -15 °C)"),
    "ultra_cold": _l("Ultra-cold freezer (-80 to -60 °C)"),
}


def _own_organization(entity: Any, reach: Reach) -> ColumnElement[bool]:
    """The organization that the location in force belongs to."""
    mine = select(Location.organization_id).where(Location.id == reach.location_id)
    return entity.id.in_(mine.scalar_subquery())


class Organization(Address, Entity):
    """A healthcare provider, an invited employer, or the state office."""

    __tablename__ = "organization"
    called = (_l("Organization"), _l("Organizations"))
    scope = Scope(location=_own_organization, organization="id")
    STEPS = {
        "approved": {"suspended", "closed"},
        "applying": {"approved", "withdrawn"},
        "suspended": {"approved", "closed"},
        "withdrawn": set(),
        "closed": set(),
    }
    STARTS = {"approved", "applying"}

    number: Mapped[str] = text(20, about(_l("Organization number")), required=True, unique=True)
    name: Mapped[str] = text(160, about(_l("Name"), example="Alamance Family Medicine"), required=True, index=True)
    kind: Mapped[str] = text(10, about(_l("Kind"), choices=ORGANIZATION_KINDS), required=True, default="provider")
    is_active: Mapped[bool] = yes_no(about(_l("Takes part")), default=True)
    status: Mapped[str] = text(10, about(_l("Status"), choices=ORGANIZATION_STATUSES), required=True)
    locations: Mapped[list["Location"]] = relationship(back_populates="organization", info=about(_l("Locations")))

    def check(self) -> None:
        super().check()
        if self.status in ("applying", "withdrawn", "closed"):
            self.is_active = False  # approval sets it

    def __str__(self) -> str:
        return self.name


class Location(Address, Entity):
    """A place where vaccine is kept and given."""

    __tablename__ = "location"
    called = (_l("Location"), _l("Locations"))
    scope = Scope(location="id", organization="organization_id")
    STEPS = {
        "approved": {"suspended", "withdrawn", "closed"},
        "applying": {"approved", "withdrawn"},
        "suspended": {"approved", "withdrawn", "closed"},
        "withdrawn": {"approved"},
        "closed": set(),
    }
    STARTS = {"approved", "applying"}

    organization_id: Mapped[int] = key_to("organization.id", about(_l("Organization")), required=True)
    number: Mapped[str] = text(20, about(_l("Location number")), required=True, unique=True)
    name: Mapped[str] = text(160, about(_l("Name")), required=True, index=True)
    provider_pin: Mapped[str | None] = text(
        9,
        about(_l("Provider PIN"), format="pin", example="NCA650001", help=_l("NCA and six digits, from VFC papers.")),
        unique=True,
    )
    provider_type: Mapped[str | None] = text(3, about(_l("Provider type"), choices="provider_types"))
    time_zone: Mapped[str] = text(40, about(_l("Time zone")), required=True, default="America/New_York")
    status: Mapped[str] = text(10, about(_l("Status"), choices=LOCATION_STATUSES), required=True)
    status_on: Mapped[dt.date | None] = day(about(_l("So since")))
    status_reason: Mapped[str | None] = text(400, about(_l("Reason")))
    records_until: Mapped[dt.date | None] = day(about(_l("Records may be changed until")))
    paper_pack_on: Mapped[dt.date | None] = day(about(_l("Paper forms printed on")))
    organization: Mapped[Organization] = relationship(back_populates="locations", info=about(_l("Organization")))
    storage_units: Mapped[list["StorageUnit"]] = relationship(
        back_populates="location", info=about(_l("Storage units"))
    )

    @validates("provider_pin")
    def _with_letters(self, _key: str, typed: str | None) -> str | None:
        return pin_of(typed)

    @classmethod
    def offered(cls) -> ColumnElement[bool]:
        """Which locations a form offers to choose from: those that take, or took, part."""
        never = or_(cls.status == "applying", and_(cls.status == "withdrawn", cls.status_on.is_(None)))
        return not_(never)

    def __str__(self) -> str:
        return self.name


class StorageUnit(Entity):
    """A refrigerator or freezer of a location."""

    __tablename__ = "storage_unit"
    called = (_l("Storage unit"), _l("Storage units"))
    scope = Scope(location="location_id", organization="location.organization_id")

    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    name: Mapped[str] = text(80, about(_l("Name"), example=_l("Refrigerator 1")), required=True)
    brand: Mapped[str | None] = text(80, about(_l("Brand")))
    model: Mapped[str | None] = text(80, about(_l("Model")))
    unit_kind: Mapped[str] = text(12, about(_l("Kind"), choices=UNIT_KINDS), required=True, default="refrigerator")
    is_in_use: Mapped[bool] = yes_no(about(_l("In use")), default=True)
    row_key: Mapped[str | None] = text(36, about(_l("Its row in Section B")))
    location: Mapped[Location] = relationship(back_populates="storage_units", info=about(_l("Location")))

    def __str__(self) -> str:
        return self.name


def pin_of(typed: str | None) -> str | None:
    """A Provider PIN as it is stored: people type it with the letters or without, the papers print it with blanks."""
    plain = re.sub(r"[\s-]", "", typed or "").upper()
    return f"NCA{plain}" if re.fullmatch(r"\d{6}", plain) else plain or None
