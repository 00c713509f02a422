"""Names under which people sign in elsewhere, and which open their account here."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, RuleBroken, about
from models.columns import instant, key_to, text
from models.people import PortalUser
from models.scope import Scope


class OutsideIdentity(Entity):
    """One NCID that opens an account; a person may hold several, one for each place of work (FAQ on NCID usernames)."""

    __tablename__ = "outside_identity"
    called = (_l("NCID of a user"), _l("NCIDs of users"))
    scope = Scope()
    __table_args__ = (UniqueConstraint("username"),)

    user_id: Mapped[int] = key_to("ab_user.id", about(_l("User")), required=True)
    username: Mapped[str] = text(80, about(_l("NCID username"), personal=True), required=True)
    subject: Mapped[str | None] = text(255, about(_l("Key at NCID")))
    first_used_at: Mapped[dt.datetime | None] = instant(about(_l("First used at")))
    ended_at: Mapped[dt.datetime | None] = instant(about(_l("Ended at")))
    user: Mapped[PortalUser] = relationship(info=about(_l("User"), personal=True))

    def check(self) -> None:
        super().check()
        self.username = (self.username or "").strip().lower()
        if not self.username or any(letter.isspace() for letter in self.username):
            raise RuleBroken(_l("An NCID username has no spaces."), field="username")
