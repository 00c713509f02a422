"""A file sent by a place or an organization, its rows, and the file itself, sealed."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BigId, Entity, about, db
from models.columns import instant, key_to, text, whole, yes_no
from models.enrollment import Location, Organization
from models.people import PortalUser
from models.recipients import Recipient
from models.scope import Scope

UPLOAD_KINDS = {
    "recipients": _l("Recipients"),
    "onboarding": _l("Users"),
    "redcap": _l("Provider agreements"),
    "shipments": _l("Shipments"),
}
UPLOAD_STATUSES = {
    "checking": _l("Being checked"),
    "reviewed": _l("Waiting for you"),
    "entering": _l("Being entered"),
    "committed": _l("Entered"),
    "undoing": _l("Being taken back"),
    "undone": _l("Taken back"),
    "cancelled": _l("Cancelled"),
    "refused": _l("File refused"),
}
WORKING = ("checking", "entering", "undoing")  # what a worker has to do; a killed one's are taken up again
OUTCOMES = {
    "new": _l("New"),
    "changed": _l("Changed"),
    "same": _l("Same"),
    "review": _l("Looks like someone known"),
    "doubled": _l("Doubled in the file"),
    "refused": _l("Refused"),
}
KEPT = {
    "touched": _l("Somebody has worked with this record since."),
    "changed": _l("The value was changed since."),
    "listed": _l("The person was at this place since, and stays on its list."),
}

# The file as it was sent, in encrypted pieces: no entity, for nobody is shown it.
upload_piece = Table(
    "upload_piece",
    db.metadata,
    Column("upload_id", BigId, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)


class Upload(Entity):
    """One file and what became of it."""

    __tablename__ = "upload"
    called = (_l("Upload"), _l("Uploads"))
    scope = Scope(location="location_id", organization="organization_id")
    __table_args__ = (Index("ix_upload_created_at", "created_at", "id"),)
    STEPS = {
        "checking": {"reviewed", "cancelled", "refused"},
        "reviewed": {"entering", "committed", "cancelled"},
        "entering": {"committed", "undoing"},
        "committed": {"undoing"},
        "undoing": {"undone"},
        "undone": set(),
        "cancelled": set(),
        "refused": set(),
    }

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
    undone_at: Mapped[dt.datetime | None] = instant(about(_l("Taken back at")))
    rows_kept: Mapped[int] = whole(about(_l("Rows that could not be taken back")), required=True, default=0)
    is_held: Mapped[bool] = yes_no(about(_l("Held until all rows are right")))
    fits_place: Mapped[bool] = yes_no(about(_l("Some row has to do with the place")), default=True)
    # How far the work has come, for whoever takes it up: a stage, its rows done, and a sign of life.
    rows_expected: Mapped[int | None] = whole(about(_l("Rows expected")))
    rows_done: Mapped[int] = whole(about(_l("Rows done")), required=True, default=0)
    cursor: Mapped[int] = whole(about(_l("Last row done")), required=True, default=0)
    stage_at: Mapped[dt.datetime | None] = instant(about(_l("Stage begun at")))
    heartbeat_at: Mapped[dt.datetime | None] = instant(about(_l("Last sign of life")))
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=about(_l("Why the file was refused")))
    sent_as: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=about(_l("Sent as")))
    file_purged_at: Mapped[dt.datetime | None] = instant(about(_l("File purged at")))
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
    __table_args__ = (UniqueConstraint("upload_id", "row"), Index("ix_upload_row_same_key", "upload_id", "same_key"))

    upload_id: Mapped[int] = key_to("upload.id", about(_l("Upload")), required=True, index=False)
    row: Mapped[int] = whole(about(_l("Row")), required=True)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON, nullable=False, info=about(_l("As typed"), personal=True))
    outcome: Mapped[str] = text(10, about(_l("Outcome"), choices=OUTCOMES), required=True)
    errors: Mapped[list[Any]] = mapped_column(
        JSON, nullable=False, default=list, info=about(_l("What to fix"), personal=True)
    )
    recipient_id: Mapped[int | None] = key_to("recipient.id", about(_l("Recipient"), open_reference="match"))
    made_id: Mapped[int | None] = mapped_column(BigId, info=about(_l("What it became")))
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")))
    same_key: Mapped[str | None] = text(32, about(_l("Key of what makes two rows one"), personal=True))
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=about(_l("What it changed"), personal=True))
    is_linked: Mapped[bool] = yes_no(about(_l("Joined the list by this row")))
    kept: Mapped[str | None] = text(10, about(_l("Why it could not be taken back"), choices=KEPT))
    upload: Mapped[Upload] = relationship(info=about(_l("Upload")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    recipient: Mapped[Recipient | None] = relationship(info=about(_l("Recipient"), personal=True))
