"""What the state decides about those who take part: the story of each location."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, relationship

from models.base import about
from models.columns import key_to, text
from models.enrollment import LOCATION_STATUSES, Location
from models.ink import Ink
from models.people import PortalUser
from models.scope import Scope


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
