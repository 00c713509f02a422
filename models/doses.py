"""Check-in, the dose given, and the proof of it."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, RuleBroken, about, utcnow
from models.columns import day, instant, key_to, long_text, text, yes_no
from models.enrollment import Location
from models.people import PortalUser
from models.recipients import Recipient, linked, new_public_id
from models.scope import Reach, Scope
from models.stock import Line, Lot, Vaccine

VISIT_STATUSES = {
    "checked_in": _l("Checked in"),
    "vaccinated": _l("Vaccinated"),
    "left": _l("Left without vaccine"),
    "removed": _l("Entered in error"),
}
DOSE_STATUSES = {"given": _l("Given"), "voided": _l("Voided")}
DISPOSITIONS = {"return": _l("Back to stock"), "waste": _l("To waste")}


def recorded_late(dialect: str) -> str:
    """Which doses were recorded more than 24 hours after they were given (CDC Provider Agreement), as that SQL."""
    apart = {
        "sqlite": "julianday(created_at) - julianday(given_at) > 1",
        "postgresql": "created_at - given_at > interval '1 day'",
    }
    return f"NOT is_historical AND status <> 'voided' AND {apart[dialect]}"


LATE: dict[str, Any] = {f"{name}_where": sql(recorded_late(name)) for name in ("sqlite", "postgresql")}


class Visit(Entity):
    """A person at a location on a day, from check-in on."""

    __tablename__ = "visit"
    called = (_l("Visit"), _l("Visits"))
    scope = Scope(location="location_id", recipient="recipient_id")
    STEPS = {
        "checked_in": {"vaccinated", "left", "removed"},
        "vaccinated": {"checked_in"},
        "left": {"checked_in"},
        "removed": set(),
    }
    __table_args__ = (
        Index("ix_visit_queue", "location_id", "status", "checked_in_at"),
        Index("ix_visit_checked_in_at", "checked_in_at", "id"),
    )

    key: Mapped[str] = text(36, about(_l("Idempotency key")), required=True, unique=True)
    recipient_id: Mapped[int] = key_to("recipient.id", about(_l("Recipient")), required=True)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True, index=False)
    visited_on: Mapped[dt.date] = day(about(_l("Day")), required=True)
    status: Mapped[str] = text(12, about(_l("Status"), choices=VISIT_STATUSES), required=True)
    checked_in_at: Mapped[dt.datetime] = instant(about(_l("Checked in at")), required=True, default=utcnow)
    checked_in_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Checked in by")))
    recipient: Mapped[Recipient] = relationship(info=about(_l("Recipient"), personal=True))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    checked_in_by: Mapped[PortalUser | None] = relationship(info=about(_l("Checked in by")))


class Dose(Entity):
    """A dose given to a person; never edited or deleted, voided with a reason."""

    __tablename__ = "dose"
    called = (_l("Dose"), _l("Doses"))
    scope = Scope(location="location_id", organization="location.organization_id", recipient="recipient_id")
    STEPS = {"given": {"voided"}, "voided": set()}
    __table_args__ = (
        Index("ix_dose_location_given", "location_id", "given_on", "id"),
        Index("ix_dose_recipient_given", "recipient_id", "given_on"),
        Index("ix_dose_given", "given_on", "id"),
        Index("ix_dose_late", "given_on", "location_id", **LATE),
        Index("ix_dose_late_here", "location_id", "given_on", **LATE),
    )

    key: Mapped[str] = text(36, about(_l("Idempotency key")), required=True, unique=True)
    recipient_id: Mapped[int] = key_to("recipient.id", about(_l("Recipient")), required=True, index=False)
    visit_id: Mapped[int | None] = key_to("visit.id", about(_l("Visit")))
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")), index=False)
    vaccine_id: Mapped[int] = key_to("vaccine.id", about(_l("Vaccine")), required=True)
    lot_id: Mapped[int | None] = key_to("lot.id", about(_l("Lot")))
    dose_number: Mapped[str] = text(3, about(_l("Dose number"), choices="dose_numbers"), required=True)
    body_site: Mapped[str | None] = text(4, about(_l("Body site"), choices="body_sites"))
    route: Mapped[str | None] = text(6, about(_l("Route"), choices="routes"))
    given_at: Mapped[dt.datetime] = instant(about(_l("Given at")), required=True)
    given_on: Mapped[dt.date] = day(about(_l("Given on")), required=True)
    given_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Vaccinator")))
    given_by_suffix: Mapped[str | None] = text(3, about(_l("Title"), choices="provider_suffixes"))
    fact_sheet_on: Mapped[dt.date | None] = day(about(_l("Edition of the fact sheet given")))
    is_historical: Mapped[bool] = yes_no(about(_l("Given elsewhere")))
    override_reason: Mapped[str | None] = text(400, about(_l("Why given in spite of the warning"), personal=True))
    note: Mapped[str | None] = long_text(about(_l("Note"), personal=True))
    status: Mapped[str] = text(10, about(_l("Status"), choices=DOSE_STATUSES), required=True, index=True)
    void_reason: Mapped[str | None] = text(400, about(_l("Why voided")))
    void_disposition: Mapped[str | None] = text(6, about(_l("What became of the dose"), choices=DISPOSITIONS))
    voided_at: Mapped[dt.datetime | None] = instant(about(_l("Voided at")))
    voided_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Voided by")))
    recipient: Mapped[Recipient] = relationship(info=about(_l("Recipient"), personal=True))
    visit: Mapped[Visit | None] = relationship(info=about(_l("Visit")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    vaccine: Mapped[Vaccine] = relationship(info=about(_l("Vaccine")))
    lot: Mapped[Lot | None] = relationship(info=about(_l("Lot")))
    given_by: Mapped[PortalUser | None] = relationship(foreign_keys=[given_by_id], info=about(_l("Vaccinator")))
    voided_by: Mapped[PortalUser | None] = relationship(foreign_keys=[voided_by_id], info=about(_l("Voided by")))

    def check(self) -> None:
        super().check()
        if self.status == "voided" and not (self.void_reason or "").strip():
            raise RuleBroken(_l("Please say why the dose is voided."), field="void_reason")

    def movement_facts(self) -> dict[str, Any]:
        """What the ledger's lines say besides: which dose they are of."""
        return {"dose_id": self.id}

    def movements(self) -> list[Line]:
        """One dose leaves the lot; a voided one comes back, or comes back and is wasted."""
        if self.is_historical or self.location_id is None or self.lot_id is None:
            return []
        if self.status == "given":
            return [Line(self.location_id, self.lot_id, -1, "given")]
        back = Line(self.location_id, self.lot_id, 1, "given_back")
        waste = Line(self.location_id, self.lot_id, -1, "wasted")
        return [back, waste] if self.void_disposition == "waste" else [back]


def _of_people_in_reach(entity: Any, reach: Reach) -> Any:
    return entity.recipient_id.in_(_people(reach))


def _people(reach: Reach) -> Any:
    from sqlalchemy import select

    return select(Recipient.id).where(linked(Recipient, reach)).scalar_subquery()


class Proof(Entity):
    """A printed proof of vaccination: what it says, and whether it still holds."""

    __tablename__ = "proof"
    called = (_l("Proof of vaccination"), _l("Proofs of vaccination"))
    scope = Scope(location=_of_people_in_reach, recipient="recipient_id")
    __table_args__ = (Index("ix_proof_issued_at", "issued_at", "id"),)

    public_id: Mapped[str] = text(24, about(_l("Proof number")), required=True, unique=True)
    recipient_id: Mapped[int] = key_to("recipient.id", about(_l("Recipient")), required=True)
    issued_at: Mapped[dt.datetime] = instant(about(_l("Issued at")), required=True, default=utcnow)
    issued_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Issued by")))
    content: Mapped[dict[str, Any]] = mapped_column(
        JSON, nullable=False, info=about(_l("What the paper shows"), personal=True)
    )
    revoked_at: Mapped[dt.datetime | None] = instant(about(_l("Revoked at")))
    recipient: Mapped[Recipient] = relationship(info=about(_l("Recipient"), personal=True))
    issued_by: Mapped[PortalUser | None] = relationship(info=about(_l("Issued by")))

    def __init__(self, **values: Any):
        super().__init__(**{"public_id": new_public_id() + new_public_id(), **values})

    def __str__(self) -> str:
        return self.public_id
