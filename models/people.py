"""Who may sign in, and as what at which places."""

import datetime as dt
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, ColumnElement, Index, Integer, String, exists, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, RuleBroken, about
from models.columns import day, key_to, text, yes_no
from models.enrollment import Location, Organization
from models.recipients import Recipient
from models.scope import Reach, Scope

LANGUAGES = {"en": "English", "es": "Español"}

# The canonical list; what each may do is in app/access.md.
PROFILES = {
    "State Administrator": _l("State Administrator"),
    "State Immunization Staff": _l("State Immunization Staff"),
    "Help Desk": _l("Help Desk"),
    "Auditor": _l("Auditor"),
    "Organization Administrator": _l("Organization Administrator"),
    "Vaccine Coordinator": _l("Vaccine Coordinator"),
    "Healthcare Location Manager": _l("Healthcare Location Manager"),
    "Healthcare Provider": _l("Healthcare Provider"),
    "Front Desk": _l("Front Desk"),
    "Inventory Manager": _l("Inventory Manager"),
    "Organization Portal": _l("Organization Portal"),
    "Recipient": _l("Recipient"),
}
# Those for one location each: what a place's own people may be.
AT_A_LOCATION = {
    name: PROFILES[name]
    for name in (
        "Vaccine Coordinator", "Healthcare Location Manager", "Healthcare Provider", "Front Desk", "Inventory Manager",
    )
}  # fmt: skip
# Access to a location that nobody uses for so long ends by itself.
LAPSES_AFTER = dt.timedelta(days=90)

# Those that rules of the field name: who enrolls an organization, who coordinates a location, who manages it.
ADMINISTRATOR, COORDINATOR, MANAGER = "Organization Administrator", "Vaccine Coordinator", "Healthcare Location Manager"


def _colleague(entity: Any, reach: Reach) -> ColumnElement[bool]:
    """Oneself, and whoever has a membership at the place or organization in force."""
    if (reach.location_id if reach.kind == "location" else reach.organization_id) is None:
        return _oneself(entity, reach)
    places = (
        [Membership.location_id == reach.location_id]
        if reach.kind == "location"
        else [
            Membership.organization_id == reach.organization_id,
            Membership.location_id.in_(select(Location.id).where(Location.organization_id == reach.organization_id)),
        ]
    )
    mine = exists().where(Membership.user_id == entity.id, or_(*places)).correlate_except(Membership)
    return or_(entity.id == reach.user_id, mine)


def _oneself(entity: Any, reach: Reach) -> ColumnElement[bool]:
    return entity.id == reach.user_id


class PortalUser(User):
    """A person who signs in; what they may do is in their memberships."""

    __tablename__ = "ab_user"
    called: ClassVar[Any] = (_l("User"), _l("Users"))
    scope: ClassVar[Any] = Scope(location=_colleague, organization=_colleague, recipient=_oneself)

    ncid: Mapped[str | None] = mapped_column(String(80), info=about(_l("NCID username")))
    phone: Mapped[str | None] = mapped_column(String(10), info=about(_l("Phone"), format="phone", personal=True))
    language: Mapped[str | None] = mapped_column(String(5), info=about(_l("Language"), choices=LANGUAGES))
    is_demo: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default="0", nullable=False, info=about(_l("Demo account"))
    )
    is_system: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default="0", nullable=False, info=about(_l("System account"))
    )
    row_version: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", nullable=False, info=about(_l("Version"))
    )
    session_epoch: Mapped[int] = mapped_column(
        Integer, default=1, server_default="1", nullable=False, info=about(_l("Session epoch"))
    )

    def __str__(self) -> str:
        return self.get_full_name()


WORDS_OF_USER = {
    "first_name": about(_l("First name"), personal=True),
    "last_name": about(_l("Last name"), personal=True),
    "username": about(_l("Username"), personal=True),
    "password": about(_l("Password")),
    "active": about(_l("May sign in")),
    "email": about(_l("E-mail"), format="email", personal=True),
    "last_login": about(_l("Last sign-in"), format="instant"),
    "login_count": about(_l("Sign-ins")),
    "fail_login_count": about(_l("Failed sign-ins")),
    "created_on": about(_l("Made at"), format="instant"),
    "changed_on": about(_l("Changed at"), format="instant"),
}
for _name, _words in WORDS_OF_USER.items():
    User.__table__.c[_name].info.update(_words)  # FAB's own columns get our words

# "ADMIN" beside "admin" would lock both out: FAB looks names up without regard to case.
Index("uq_ab_user_username_lower", func.lower(User.__table__.c.username), unique=True)
Index("uq_ab_user_email_lower", func.lower(User.__table__.c.email), unique=True)


class Membership(Entity):
    """What a person may be at a place: one profile, and the place, organization or recipient it is for."""

    __tablename__ = "membership"
    called = (_l("Membership"), _l("Memberships"))
    scope = Scope(
        location=("location_id", lambda entity, reach: entity.user_id == reach.user_id),
        organization=("organization_id", "location.organization_id"),
        recipient=lambda entity, reach: entity.user_id == reach.user_id,
    )

    user_id: Mapped[int] = key_to("ab_user.id", about(_l("User")), required=True)
    profile: Mapped[str] = text(40, about(_l("Profile"), choices=PROFILES), required=True)
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")))
    organization_id: Mapped[int | None] = key_to("organization.id", about(_l("Organization")))
    recipient_id: Mapped[int | None] = key_to("recipient.id", about(_l("Recipient")))
    starts_on: Mapped[dt.date | None] = day(about(_l("From")))
    ends_on: Mapped[dt.date | None] = day(about(_l("Until")))
    is_default: Mapped[bool] = yes_no(about(_l("In force after sign-in")))
    last_used_on: Mapped[dt.date | None] = day(about(_l("Last used")))
    lapses_on: Mapped[dt.date | None] = day(
        about(_l("Lapses on"), help=_l("When nobody uses it until then.")), index=True
    )
    lapsed_on: Mapped[dt.date | None] = day(about(_l("Lapsed on")))
    user: Mapped[PortalUser] = relationship(info=about(_l("User")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    organization: Mapped[Organization | None] = relationship(info=about(_l("Organization")))
    recipient: Mapped[Recipient | None] = relationship(info=about(_l("Recipient")))

    def check(self) -> None:
        super().check()
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise RuleBroken(_l("The last day is before the first."), field="ends_on")

    def holds_on(self, today: dt.date) -> bool:
        """Whether it is in its days, and has not lapsed."""
        return self.lapsed_on is None and (self.starts_on or today) <= today <= (self.ends_on or today)

    def keep(self, today: dt.date) -> None:
        """Begins its idle days anew; only access to a location lapses."""
        self.lapsed_on = None
        self.lapses_on = today + LAPSES_AFTER if self.profile in AT_A_LOCATION else None

    def __str__(self) -> str:
        return f"{self.user}, {PROFILES.get(self.profile, self.profile)}"
