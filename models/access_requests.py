"""Who asked, or was put forward, to work at a place: what was typed, and who let the person in or not, and when."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, RuleBroken, about
from models.columns import day, instant, key_to, text
from models.enrollment import Location
from models.people import AT_A_LOCATION, PortalUser
from models.recipients import name_problem
from models.scope import Scope

REQUEST_STATUSES = {"waiting": _l("Waiting"), "let_in": _l("Let in"), "turned_down": _l("Turned down")}
WAYS_IN = {"asked": _l("Asked to join"), "added": _l("Added by the place"), "file": _l("Added by file")}


class AccessRequest(Entity):
    """One person who is to work at a place under one profile."""

    __tablename__ = "access_request"
    called: Any = (_l("Access request"), _l("Access requests"))
    scope = Scope(location="location_id", organization="location.organization_id")
    __table_args__ = (Index("ix_access_request_created_at", "created_at", "id"),)
    STEPS = {"waiting": {"let_in", "turned_down"}, "let_in": set(), "turned_down": set()}

    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    profile: Mapped[str] = text(40, about(_l("Profile"), choices=AT_A_LOCATION), required=True)
    first_name: Mapped[str] = text(64, about(_l("First name"), personal=True), required=True)
    last_name: Mapped[str] = text(64, about(_l("Last name"), personal=True), required=True)
    email: Mapped[str | None] = text(
        254,
        about(
            _l("E-mail"), format="email", personal=True,
            help=_l("Where the mail about the access goes. Who has an account of this address keeps it."),
        ),
    )  # fmt: skip
    username: Mapped[str | None] = text(
        64,
        about(
            _l("Username"), personal=True,
            help=_l("The person's NCID, or username here: it finds an account there is, and names a new one."),
        ),
    )  # fmt: skip
    until: Mapped[dt.date | None] = day(about(_l("Until"), help=_l("The last day of the access, where it has one.")))
    reason: Mapped[str | None] = text(400, about(_l("Why"), personal=True))
    how: Mapped[str] = text(10, about(_l("Way in"), choices=WAYS_IN), required=True, default="added")
    status: Mapped[str] = text(12, about(_l("Status"), choices=REQUEST_STATUSES), required=True)
    refusal: Mapped[str | None] = text(400, about(_l("Reason of the refusal")))
    decided_at: Mapped[dt.datetime | None] = instant(about(_l("Decided at")))
    user_id: Mapped[int | None] = key_to("ab_user.id", about(_l("User"), open_reference="asks_for_access"))
    decided_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Decided by")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    decided_by: Mapped[PortalUser | None] = relationship(
        foreign_keys=[decided_by_id], info=about(_l("Decided by"))
    )  # fmt: skip

    def check(self) -> None:
        super().check()
        for field in ("first_name", "last_name"):
            if problem := name_problem(getattr(self, field)):
                raise RuleBroken(problem, field=field)
        if not self.email and not self.username:
            raise RuleBroken(_("Please give an e-mail address or a username."), field="email")
        if self.username and (" " in self.username or not self.username.isprintable()):
            raise RuleBroken(_("A username has no blanks."), field="username")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"
