"""Whether the sender of a file may still send it: asked anew each time the worker takes the file up."""

from __future__ import annotations

from app import access
from app.rules import clock
from app.uploads import kept_rows, stages
from app.uploads.kind import Kind
from models.base import db, utcnow
from models.people import Membership
from models.scope import Reach
from models.uploads import Upload


def may_still(by: Reach, kind: Kind) -> bool:
    """Whether the membership under which a file was sent holds today, its account is open, and its profile may send it.

    The system's own accounts have no membership and may.
    """
    if by.kind == "system":
        return True
    held = db.session.get(Membership, by.membership_id) if by.membership_id else None
    if held is None or held.user_id != by.user_id or not held.user.active or not held.holds_on(clock.today()):
        return False
    return held.profile == by.profile and access.may(by.profile, "Upload", kind.verb)


def stop(upload: Upload, kind: Kind, account: Reach) -> None:
    """Ends what may not go on: a check is put aside; what was entered is taken back, where its kind can be."""
    if upload.status == "checking":
        upload.status = "cancelled"
    elif kind.take_back is not None:
        stages.begin_undoing(upload, account)
    else:  # what was entered was entered while it was allowed
        kept_rows.count_again(upload)
        upload.status, upload.committed_at = "committed", utcnow()
    upload.heartbeat_at = None
