"""Mail that waits to be delivered: a row in the transaction that caused it."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, about
from models.columns import instant, key_to, text, whole
from models.enrollment import Location
from models.links import Link
from models.people import PortalUser
from models.recipients import Recipient
from models.scope import Scope

NOTICE_KINDS = {
    "history_digest": _l("The history, proved and published"),
    "welcome": _l("Welcome and invitation to register"),
    "upload_checked": _l("A file was checked"),
    "upload_entered": _l("A file was entered"),
    "upload_undone": _l("An upload was taken back"),
    "upload_refused": _l("A file could not be taken"),
    "dose_given": _l("A dose was recorded"),
    "signature_asked": _l("A signature is asked for"),
    "signing_code": _l("One-time code to sign"),
    "agreement_signed": _l("Signed agreement"),
    "agreement_declined": _l("A signature was declined"),
    "redistribution": _l("Redistribution agreement decided"),
    "dose_voided": _l("A dose record was taken back"),
    "new_password": _l("A link to choose a new password"),
    "account_changed": _l("What opens an account was changed"),
    "sign_in_code": _l("A code to sign in"),
    "access": _l("Access was given"),
    "location_status": _l("A location's standing changed"),
    "access_refused": _l("Access was not given"),
    "enroll_invited": _l("Invitation to enroll an organization"),
    "enroll_self": _l("Link to begin an enrollment"),
    "section_invited": _l("Invitation to complete Section B"),
    "sections_complete": _l("All sections are complete"),
    "application_sent": _l("An application was submitted"),
    "application_ended": _l("An application was withdrawn"),
    "application_status": _l("An application moved on"),
    "join_link": _l("Link to ask for access"),
    "access_asked": _l("Somebody asks for access"),
    "access_lapses": _l("Access lapses soon"),
    "team_lapses": _l("Access of colleagues lapses soon"),
    "transfer_step": _l("A transfer went on"),
    "lot_recalled": _l("A lot was recalled"),
    "ledger_broken": _l("The ledger does not agree"),
}
NOTICE_STATUSES = {"queued": _l("Waiting"), "sent": _l("Sent"), "failed": _l("Not deliverable")}


class Notice(Entity):
    """One mail to one address; `once` makes sure that it is queued once."""

    __tablename__ = "notice"
    called = (_l("Notice"), _l("Notices"))
    scope = Scope(location="location_id")
    STEPS = {"queued": {"sent", "failed"}, "failed": {"queued"}, "sent": set()}
    __table_args__ = (
        Index("ix_notice_due", "status", "next_try_at"),
        Index("ix_notice_created_at", "created_at", "id"),
    )

    kind: Mapped[str] = text(20, about(_l("Kind"), choices=NOTICE_KINDS), required=True)
    to_address: Mapped[str] = text(254, about(_l("To"), format="email", personal=True), required=True)
    language: Mapped[str] = text(5, about(_l("Language"), choices="languages"), required=True, default="en")
    context: Mapped[dict[str, Any]] = mapped_column(
        JSON, nullable=False, default=dict, info=about(_l("What it says"), personal=True)
    )
    once: Mapped[str] = text(80, about(_l("Sent once for")), required=True, unique=True)
    recipient_id: Mapped[int | None] = key_to("recipient.id", about(_l("Recipient"), open_reference="link_by_rule"))
    user_id: Mapped[int | None] = key_to("ab_user.id", about(_l("User"), open_reference="link_by_rule"))
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")))
    link_id: Mapped[int | None] = key_to("link.id", about(_l("Link"), open_reference="link_by_rule"))
    status: Mapped[str] = text(10, about(_l("Status"), choices=NOTICE_STATUSES), required=True)
    attempts: Mapped[int] = whole(about(_l("Attempts")), required=True, default=0)
    next_try_at: Mapped[dt.datetime | None] = instant(about(_l("Next attempt at")))
    sent_at: Mapped[dt.datetime | None] = instant(about(_l("Sent at")))
    message_id: Mapped[str] = text(120, about(_l("Message-ID")), required=True)
    problem: Mapped[str | None] = text(200, about(_l("Last problem")))
    recipient: Mapped[Recipient | None] = relationship(info=about(_l("Recipient"), personal=True))
    user: Mapped[PortalUser | None] = relationship(info=about(_l("User")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    link: Mapped[Link | None] = relationship(info=about(_l("Link")))
