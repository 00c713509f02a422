"""Nobody sends mail: a rule queues a notice in its own transaction, and the worker delivers it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app import history
from models.acts import act
from models.base import db, utcnow
from models.bulk import insert_many, random_words
from models.links import Link
from models.notices import Notice
from models.recipients import Recipient
from models.scope import Reach, acting

LANGUAGES = ("en", "es")
OUTBOX = Reach.system("notices")  # what waits to be sent is not in everybody's reach who has it sent
NO_ADDRESS = "@account.invalid"  # of accounts without a staff address
NOBODY = f"nobody{NO_ADDRESS}"  # whose mail is queued as any other and goes out to nobody


def queue(kind: str, to: Any, once: str, by: Reach, link: Link | None = None, **context: Any) -> Notice | None:
    """Queues one mail to a recipient or user; no address, no notice, no error; the same `once`, once."""
    address = (to.email or "").strip() if to is not None else ""
    if not address or address.endswith(NO_ADDRESS):
        return None
    whose = {"recipient_id": to.id} if isinstance(to, Recipient) else {"user_id": to.id}
    return _queued(kind, address, to.language, once, by, link, context, **whose)


def queue_to(
    kind: str, email: str, language: str | None, once: str, by: Reach, link: Link | None = None, **context: Any
) -> Notice | None:
    """Queues one mail to an address that belongs to no account here.

    The full address of `link` stands in the mail's text as `said.link`: made when the mail goes out, kept nowhere.
    """
    return _queued(kind, email.strip(), language, once, by, link, context) if email.strip() else None


def _queued(
    kind: str, address: str, language: str | None, once: str, by: Reach, link: Link | None, context: Any, **whose: int
) -> Notice:
    known = select(Notice).where(Notice.once == once).execution_options(unscoped="idempotency")
    if (found := db.session.scalars(known).first()) is not None:
        return found
    notice = Notice(
        kind=kind,
        to_address=address,
        language=language if language in LANGUAGES else "en",
        context=context,
        once=once,
        location_id=by.location_id,
        link_id=link.id if link is not None else None,
        message_id=f"<{uuid.uuid4()}@vaccines.example>",
        next_try_at=utcnow(),
        **whose,
    )
    db.session.add(notice)
    return notice


@acting(OUTBOX)
def queue_many(
    kind: str,
    to: Sequence[tuple[int, str | None, str | None]],
    location_id: int | None,
    links: Mapping[int, int] | None = None,
    again: bool = False,
    *,
    whom: str = "recipient_id",
    once: str = "",
    **context: Any,
) -> None:
    """Queues a mail of one kind to each recipient (or user) with an address, in bulk and once for each.

    `to`: key, address and language of each. No address, no notice, no error. `links`: the key of the link in each
    recipient's mail; `again`: once for each link instead.
    """
    links = links or {}
    now = utcnow()
    facts = {
        "row_version": 1, "created_at": now, "next_try_at": now, "status": "queued", "attempts": 0,
        "kind": kind, "context": context, "location_id": location_id,
    }  # fmt: skip
    rows = [
        facts
        | {
            "to_address": address.strip(),
            "language": language if language in LANGUAGES else "en",
            "once": f"{kind}-{key}-{links.get(key)}" if again else f"{once or kind}-{key}",
            whom: key,
            "link_id": links.get(key),
            "message_id": f"<{word}@vaccines.example>",
        }
        for word, (key, address, language) in zip(random_words(len(to)), to, strict=True)
        if address and address.strip()
    ]
    insert_many(db.session.connection(), Notice.__table__, rows, once="once")
    if rows:
        history.changed_in_bulk("Notice", "add", kind=kind, **{f"{whom[:-3]}s": [row[whom] for row in rows]})


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
        link_id=notice.link_id,
        message_id=f"<{uuid.uuid4()}@vaccines.example>",
        next_try_at=utcnow(),
    )
    db.session.add(again)
    return again
