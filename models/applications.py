"""Enrolling an organization: the application, its sections, what was submitted, and what happened when."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ColumnElement, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, about
from models.columns import instant, key_to, long_text, text, whole, yes_no
from models.enrollment import Location, Organization
from models.ink import Ink
from models.people import PortalUser
from models.scope import Reach, Scope

APPLICATION_KINDS = {"enrollment": _l("Enrollment"), "amendment": _l("Amendment")}
ORIGINS = {
    "invitation": _l("Invited by the state"),
    "self": _l("Registered by itself"),
    "amendment": _l("Change of an approved enrollment"),
    "redcap": _l("Migrated from REDCap"),
}
APPLICATION_STATUSES = {
    "draft": _l("Draft"),
    "invited": _l("Invited"),
    "awaiting_sections": _l("Awaiting Section B"),
    "awaiting_signatures": _l("Awaiting signatures"),
    "submitted": _l("Submitted, waits for review"),
    "in_review": _l("Under review"),
    "changes_requested": _l("Changes requested"),
    "approved": _l("Approved"),
    "rejected": _l("Rejected"),
    "withdrawn": _l("Withdrawn"),
}
OPEN = ("draft", "awaiting_sections", "changes_requested")  # the applicant may still write
DECIDED = ("approved", "rejected", "withdrawn")
SECTION_KINDS = {"A": _l("Section A: organization"), "B": _l("Section B: location")}
SECTION_STATUSES = {
    "not_started": _l("Not started"),
    "in_progress": _l("In progress"),
    "complete": _l("Complete"),
    "taken_out": _l("Taken out"),
}
EVENT_KINDS = {
    "invited": _l("Invited"),
    "invited_again": _l("Invitation sent again"),
    "invitation_revoked": _l("Invitation revoked"),
    "started": _l("Started"),
    "coordinator_invited": _l("Vaccine Coordinator invited"),
    "coordinator_joined": _l("Vaccine Coordinator registered"),
    "section_complete": _l("Section complete"),
    "submitted": _l("Submitted"),
    "resubmitted": _l("Submitted again"),
    "signatures_asked": _l("Signatures asked for"),
    "signed": _l("Signed"),
    "declined": _l("Signature declined"),
    "ready": _l("Waits for review"),
    "claimed": _l("Review begun"),
    "released": _l("Review given back"),
    "changes_requested": _l("Changes requested"),
    "approved": _l("Approved"),
    "rejected": _l("Rejected"),
    "withdrawn": _l("Withdrawn"),
    "suspended": _l("Suspended"),
    "reinstated": _l("Reinstated"),
    "closed": _l("Closed"),
    "migrated": _l("Migrated from REDCap"),
    "noted": _l("Noted"),
}


def _of_my_section(reach: Reach) -> Any:
    """The applications that hold a section of the location in force."""
    return select(Section.application_id).where(Section.location_id == reach.location_id).scalar_subquery()


def _mine(entity: Any, reach: Reach) -> ColumnElement[bool]:
    return entity.id.in_(_of_my_section(reach))


def _of_mine(entity: Any, reach: Reach) -> ColumnElement[bool]:
    return entity.application_id.in_(_of_my_section(reach))


class Application(Entity):
    """An organization asking to take part, or to change what was approved of it."""

    __tablename__ = "application"
    called = (_l("Application"), _l("Applications"))
    scope = Scope(location=_mine, organization="organization_id")
    STEPS = {
        "draft": {"invited", "awaiting_sections", "awaiting_signatures", "submitted", "withdrawn"},
        "invited": {"draft", "withdrawn"},
        "awaiting_sections": {"draft", "awaiting_signatures", "submitted", "withdrawn"},
        "awaiting_signatures": {"submitted", "changes_requested", "withdrawn"},
        "submitted": {"in_review", "withdrawn"},
        "in_review": {"submitted", "changes_requested", "approved", "rejected"},
        "changes_requested": {"awaiting_signatures", "submitted", "withdrawn"},
        "approved": set(),
        "rejected": set(),
        "withdrawn": set(),
    }
    STARTS = {"draft", "approved"}  # what was agreed on paper before comes in as approved
    __table_args__ = (Index("ix_application_waiting", "status", "ready_at"),)

    number: Mapped[str] = text(20, about(_l("Application number")), required=True, unique=True)
    kind: Mapped[str] = text(12, about(_l("Kind"), choices=APPLICATION_KINDS), required=True, default="enrollment")
    origin: Mapped[str] = text(12, about(_l("How it began"), choices=ORIGINS), required=True, default="invitation")
    organization_id: Mapped[int] = key_to("organization.id", about(_l("Organization")), required=True)
    organization_name: Mapped[str] = text(160, about(_l("Name of the organization")), required=True)
    status: Mapped[str] = text(20, about(_l("Status"), choices=APPLICATION_STATUSES), required=True)
    administrator_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Organization Administrator")))
    administrator_first_name: Mapped[str | None] = text(
        64, about(_l("Administrator's first name"), personal=True)
    )  # fmt: skip
    administrator_last_name: Mapped[str | None] = text(64, about(_l("Administrator's last name"), personal=True))
    administrator_email: Mapped[str | None] = text(
        254, about(_l("Administrator's e-mail"), format="email", personal=True)
    )  # fmt: skip
    language: Mapped[str] = text(5, about(_l("Language of mails"), choices="languages"), required=True, default="en")
    is_another: Mapped[bool] = yes_no(
        about(_l("It is another organization"), help=_l("Tick only when told of one that is known already."))
    )
    amends_id: Mapped[int | None] = key_to("application.id", about(_l("Changes what was approved by")))
    reviewer_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Reviewer")))
    claimed_at: Mapped[dt.datetime | None] = instant(about(_l("Review begun at")))
    submitted_at: Mapped[dt.datetime | None] = instant(about(_l("Submitted at")))
    ready_at: Mapped[dt.datetime | None] = instant(about(_l("Waits for review since")))
    decided_at: Mapped[dt.datetime | None] = instant(about(_l("Decided at")))
    round: Mapped[int] = whole(about(_l("Times submitted")), required=True, default=0)
    signed_round: Mapped[int | None] = whole(about(_l("Signed as submitted the time")))
    organization: Mapped[Organization] = relationship(info=about(_l("Organization")))
    administrator: Mapped[PortalUser | None] = relationship(
        foreign_keys=[administrator_id], info=about(_l("Organization Administrator"), personal=True)
    )
    reviewer: Mapped[PortalUser | None] = relationship(foreign_keys=[reviewer_id], info=about(_l("Reviewer")))
    amends: Mapped["Application | None"] = relationship(
        remote_side="Application.id", info=about(_l("Changes what was approved by"))
    )
    sections: Mapped[list["Section"]] = relationship(
        back_populates="application", order_by="Section.kind, Section.id", info=about(_l("Sections"))
    )

    def __str__(self) -> str:
        return f"{self.number} {self.organization_name}"


class Section(Entity):
    """Section A of an application, or Section B of one of its locations; `content` is keyed by declared fields.

    content: {group: {field: value}} or, for a repeated group, {group: [{"key": ..., field: value}, ...]};
    remarks: {path: words} where the path of a field is "group.field" or "group.<key>.field" (see app.rules.declared).
    """

    __tablename__ = "application_section"
    called = (_l("Section of an application"), _l("Sections of applications"))
    scope = Scope(location="location_id", organization="application.organization_id")
    STEPS = {
        "not_started": {"in_progress", "complete", "taken_out"},
        "in_progress": {"complete", "not_started", "taken_out"},
        "complete": {"in_progress", "taken_out"},
        "taken_out": set(),  # its location is not listed any more
    }
    STARTS = {"not_started", "in_progress", "complete"}

    application_id: Mapped[int] = key_to("application.id", about(_l("Application")), required=True)
    kind: Mapped[str] = text(1, about(_l("Section"), choices=SECTION_KINDS), required=True)
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")))
    name: Mapped[str] = text(160, about(_l("Name")), required=True)
    row_key: Mapped[str | None] = text(36, about(_l("Its row among the locations of Section A")))
    coordinator_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Vaccine Coordinator")))
    coordinator_first_name: Mapped[str | None] = text(64, about(_l("Coordinator's first name"), personal=True))
    coordinator_last_name: Mapped[str | None] = text(64, about(_l("Coordinator's last name"), personal=True))
    coordinator_email: Mapped[str | None] = text(254, about(_l("Coordinator's e-mail"), format="email", personal=True))
    invited_at: Mapped[dt.datetime | None] = instant(about(_l("Coordinator invited at")))
    status: Mapped[str] = text(12, about(_l("Status"), choices=SECTION_STATUSES), required=True)
    completed_at: Mapped[dt.datetime | None] = instant(about(_l("Complete since")))
    content: Mapped[dict[str, Any]] = mapped_column(
        JSON, nullable=False, default=dict, info=about(_l("What it says"), personal=True)
    )
    remarks: Mapped[dict[str, Any]] = mapped_column(
        JSON, nullable=False, default=dict, info=about(_l("Remarks of the review"))
    )
    application: Mapped[Application] = relationship(back_populates="sections", info=about(_l("Application")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    coordinator: Mapped[PortalUser | None] = relationship(info=about(_l("Vaccine Coordinator"), personal=True))

    def __str__(self) -> str:
        return f"{SECTION_KINDS[self.kind]}, {self.name}"


class ApplicationEvent(Ink):
    """One thing that happened to an application: a line of its timeline."""

    __tablename__ = "application_event"
    called = (_l("Event of an application"), _l("Events of applications"))
    scope = Scope(location=_of_mine, organization="application.organization_id")
    __table_args__ = (Index("ix_application_event_created_at", "created_at", "id"),)

    application_id: Mapped[int] = key_to("application.id", about(_l("Application")), required=True)
    kind: Mapped[str] = text(30, about(_l("What happened"), choices=EVENT_KINDS), required=True)
    words: Mapped[str | None] = long_text(about(_l("Words")))
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")))
    application: Mapped[Application] = relationship(info=about(_l("Application")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))


class SubmittedVersion(Ink):
    """All sections of an application as they were submitted in one round; what is signed and reviewed.

    content: {"sections": [{"kind", "location_id", "row_key", "name", "content"}, ...]}, Section A first.
    """

    __tablename__ = "submitted_version"
    called = (_l("Submitted version"), _l("Submitted versions"))
    scope = Scope(organization="application.organization_id")
    __table_args__ = (
        UniqueConstraint("application_id", "round"),
        Index("ix_submitted_version_created_at", "created_at", "id"),
    )

    application_id: Mapped[int] = key_to("application.id", about(_l("Application")), required=True)
    round: Mapped[int] = whole(about(_l("Submission")), required=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON, nullable=False, info=about(_l("Content"), personal=True))
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Submitted by")))
    application: Mapped[Application] = relationship(info=about(_l("Application")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("Submitted by")))
