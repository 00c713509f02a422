"""A file of people sent by a place or an organization, and its rows."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Entity, about
from models.columns import instant, key_to, text, whole
from models.enrollment import Location, Organization
from models.people import PortalUser
from models.recipients import Recipient
from models.scope import Scope

UPLOAD_KINDS = {"recipients": _l("Recipients")}
UPLOAD_STATUSES = {"reviewed": _l("Waiting for you"), "committed": _l("Entered"), "cancelled": _l("Cancelled")}
OUTCOMES = {
    "new": _l("New"),
    "changed": _l("Changed"),
    "same": _l("Same"),
    "review": _l("Looks like someone known"),
    "doubled": _l("Doubled in the file"),
    "refused": _l("Refused"),
}


class Upload(Entity):
    """One file and what became of it."""

    __tablename__ = "upload"
    called = (_l("Upload"), _l("Uploads"))
    scope = Scope(location="location_id", organization="organization_id")
    __table_args__ = (Index("ix_upload_created_at", "created_at", "id"),)
    STEPS = {"reviewed": {"committed", "cancelled"}, "committed": set(), "cancelled": set()}

    kind: Mapped[str] = text(12, about(_l("Kind"), choices=UPLOAD_KINDS), required=True, default="recipients")
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")))
    organization_id: Mapped[int | None] = key_to("organization.id", about(_l("Organization")))
    file_name: Mapped[str] = text(200, about(_l("File")), required=True)
    sha256: Mapped[str] = text(64, about(_l("SHA-256")), required=True, index=True)
    status: Mapped[str] = text(10, about(_l("Status"), choices=UPLOAD_STATUSES), required=True)
    by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")))
    rows_new: Mapped[int] = whole(about(_l("New")), required=True, default=0)
    rows_changed: Mapped[int] = whole(about(_l("Changed")), required=True, default=0)
    rows_same: Mapped[int] = whole(about(_l("Same")), required=True, default=0)
    rows_review: Mapped[int] = whole(about(_l("Looks like someone known")), required=True, default=0)
    rows_doubled: Mapped[int] = whole(about(_l("Doubled in the file")), required=True, default=0)
    rows_refused: Mapped[int] = whole(about(_l("Refused")), required=True, default=0)
    committed_at: Mapped[dt.datetime | None] = instant(about(_l("Entered at")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    organization: Mapped[Organization | None] = relationship(info=about(_l("Organization")))
    by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))

    def __str__(self) -> str:
        return self.file_name


class UploadRow(Entity):
    """One row of a file as it was typed, what was found wrong, and whom it became."""

    __tablename__ = "upload_row"
    called = (_l("Row of an upload"), _l("Rows of an upload"))
    scope = Scope(location="upload.location_id", organization="upload.organization_id")
    __table_args__ = (UniqueConstraint("upload_id", "row"),)

    upload_id: Mapped[int] = key_to("upload.id", about(_l("Upload")), required=True, index=False)
    row: Mapped[int] = whole(about(_l("Row")), required=True)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON, nullable=False, info=about(_l("As typed"), personal=True))
    outcome: Mapped[str] = text(10, about(_l("Outcome"), choices=OUTCOMES), required=True)
    errors: Mapped[list[Any]] = mapped_column(
        JSON, nullable=False, default=list, info=about(_l("What to fix"), personal=True)
    )
    recipient_id: Mapped[int | None] = key_to("recipient.id", about(_l("Recipient"), open_reference="match"))
    upload: Mapped[Upload] = relationship(info=about(_l("Upload")))
    recipient: Mapped[Recipient | None] = relationship(info=about(_l("Recipient"), personal=True))
