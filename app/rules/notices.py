"""Nobody sends mail: a rule queues a notice in its own transaction, and the worker delivers it."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from models.acts import act
from models.base import db, utcnow
from models.notices import Notice
from models.recipients import Recipient
from models.scope import Reach


def queue(kind: str, to: Any, once: str, by: Reach, **context: Any) -> Notice | None:
    """Queues one mail to a recipient or user; no address, no notice, no error; the same `once`, once."""
    address = (to.email or "").strip() if to is not None else ""
    if not address:
        return None
    known = select(Notice).where(Notice.once == once).execution_options(unscoped="idempotency")
    if (found := db.session.scalars(known).first()) is not None:
        return found
    notice = Notice(
        kind=kind,
        to_address=address,
        language=to.language if to.language in ("en", "es") else "en",
        context=context,
        once=once,
        recipient_id=to.id if isinstance(to, Recipient) else None,
        user_id=None if isinstance(to, Recipient) else to.id,
        location_id=by.location_id,
        message_id=f"<{uuid.uuid4()}@vaccines.example>",
        next_try_at=utcnow(),
    )
    db.session.add(notice)
    return notice


@act(label=_l("Send again"), icon="fa-paper-plane", done=_l("Queued to be sent again."))
def send_again(notice: Notice, by: Reach) -> Notice:
    """Queues a mail again: one that failed is tried afresh, one that was sent goes out a second time."""
    if notice.status == "failed":
        notice.status = "queued"
        notice.attempts, notice.next_try_at, notice.problem = 0, utcnow(), None
        return notice
    if notice.status == "queued":
        notice.next_try_at = utcnow()
        return notice
    again = Notice(
        kind=notice.kind,
        to_address=notice.to_address,
        language=notice.language,
        context=notice.context,
        once=f"again-{uuid.uuid4()}",
        recipient_id=notice.recipient_id,
        user_id=notice.user_id,
        location_id=notice.location_id,
        message_id=f"<{uuid.uuid4()}@vaccines.example>",
        next_try_at=utcnow(),
    )
    db.session.add(again)
    return again
