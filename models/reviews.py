"""What the state decides about those who take part: remarks on an application, and the story of each location."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, relationship

from models.applications import Application, Section
from models.base import Entity, RuleBroken, about
from models.columns import instant, key_to, long_text, text, whole
from models.enrollment import LOCATION_STATUSES, Location
from models.ink import Ink
from models.people import PortalUser
from models.scope import Reach, Scope

LONGEST_REMARK = 1_000


def _sent_to_location(entity: Any, reach: Reach) -> ColumnElement[bool]:
    mine = entity.section.has(Section.location_id == reach.location_id)
    return and_(entity.sent_at.is_not(None), mine)


def _sent_to_organization(entity: Any, reach: Reach) -> ColumnElement[bool]:
    mine = entity.application.has(Application.organization_id == reach.organization_id)
    return and_(entity.sent_at.is_not(None), mine)


class ChangeRequest(Entity):
    """A reviewer's remark on one field of an application: a draft until it is sent with the request for changes."""

    __tablename__ = "change_request"
    called = (_l("Requested change"), _l("Requested changes"))
    scope = Scope(location=_sent_to_location, organization=_sent_to_organization)
    __table_args__ = (UniqueConstraint("section_id", "round", "path"),)

    application_id: Mapped[int] = key_to("application.id", about(_l("Application")), required=True)
    section_id: Mapped[int] = key_to("application_section.id", about(_l("Section")), required=True, index=False)
    round: Mapped[int] = whole(about(_l("Submission")), required=True)
    path: Mapped[str] = text(160, about(_l("Field")), required=True)
    remark: Mapped[str] = long_text(about(_l("Remark")), required=True)
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")))
    sent_at: Mapped[dt.datetime | None] = instant(about(_l("Sent at")))
    application: Mapped[Application] = relationship(info=about(_l("Application")))
    section: Mapped[Section] = relationship(info=about(_l("Section")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))

    def check(self) -> None:
        super().check()
        if len(self.remark or "") > LONGEST_REMARK:
            raise RuleBroken(_l("This is too long: at most %(n)s characters.", n=LONGEST_REMARK), field="remark")


class LocationEvent(Ink):
    """One step in the life of a location: approved, suspended, withdrawn, closed; by whom, when and why."""

    __tablename__ = "location_event"
    called = (_l("Step of a location"), _l("Steps of locations"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (Index("ix_location_event_created_at", "created_at", "id"),)

    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    status: Mapped[str] = text(10, about(_l("Status"), choices=LOCATION_STATUSES), required=True)
    reason: Mapped[str | None] = text(400, about(_l("Reason")))
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By"), open_reference="the state's staff act here"))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))
