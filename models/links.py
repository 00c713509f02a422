"""Links sent by mail that open one thing for a person without an account, or without a password yet."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, about
from models.columns import instant, key_to, text
from models.people import PortalUser
from models.scope import Scope


class Link(Entity):
    """One thing that whoever holds the mail may do once, until a day; of the secret only half is kept."""

    __tablename__ = "link"
    called = (_l("Link"), _l("Links"))
    scope = Scope()
    __table_args__ = (Index("ix_link_subject_purpose", "subject", "purpose"),)

    purpose: Mapped[str] = text(40, about(_l("What it is for")), required=True)
    email: Mapped[str] = text(254, about(_l("E-mail"), format="email", personal=True), required=True)
    subject: Mapped[str] = text(80, about(_l("What it opens")), required=True)
    user_id: Mapped[int | None] = key_to("ab_user.id", about(_l("User"), open_reference="link_by_rule"))
    expires_at: Mapped[dt.datetime] = instant(about(_l("Holds until")), required=True)
    used_at: Mapped[dt.datetime | None] = instant(about(_l("Used at")))
    revoked_at: Mapped[dt.datetime | None] = instant(about(_l("Revoked at")))
    nonce: Mapped[str] = text(40, about(_l("Random name")), required=True, unique=True)
    user: Mapped[PortalUser | None] = relationship(info=about(_l("User")))
