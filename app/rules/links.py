"""Links in mails: made, opened, used once, revoked. The token is a secret and is never stored.

A token is the link's random name and a mark made of that name with the installation's key: whoever reads the
database cannot make one, and whoever has one learns nothing of another.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import hmac
import re
import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app import history
from app.secret_keys import key_for
from models.acts import act
from models.base import RuleBroken, db, utcnow
from models.links import Link
from models.people import PortalUser
from models.scope import Reach, acting

DAYS = 14
TOKEN = re.compile(r"([A-Za-z0-9_-]{22})([A-Za-z0-9_-]{32})")
GONE = _l("This link does not hold any more. Please ask for a new one.")
# A link is opened by somebody whom nothing else names: it is looked up as the system, by its token alone.
DOOR = Reach.system("link")


class LinkGone(RuleBroken):
    """One wording for a link that is expired, used, revoked, for something else, or was never made."""

    def __init__(self) -> None:
        super().__init__(GONE)


def make(purpose: str, email: str, subject: str, by: Reach, days: float = DAYS, user: PortalUser | None = None) -> Link:
    """A new link; `subject` is what it opens, as "application:12". It belongs into a mail and nowhere else."""
    return _made(purpose, email.strip().lower(), subject, user.id if user is not None else None, days)


def _made(purpose: str, email: str, subject: str, user_id: int | None, days: float) -> Link:
    link = Link(purpose=purpose, email=email, subject=subject, user_id=user_id)
    link.expires_at, link.nonce = utcnow() + dt.timedelta(days=days), secrets.token_urlsafe(16)
    db.session.add(link)
    db.session.flush()
    return link


def token(link: Link) -> str:
    """The secret of a link: for the mail that is being sent, never for a table, a log or a page."""
    return link.nonce + _mark(link.nonce)


def address(link: Link) -> str:
    """The path that opens it."""
    return f"/link/{token(link)}"


def open(token: str, purpose: str = "") -> Link:
    """The link of a token, good for this purpose (for any, when none is named); raises LinkGone."""
    parts = TOKEN.fullmatch(token or "")
    if parts is None or not hmac.compare_digest(parts[2], _mark(parts[1])):
        raise LinkGone
    return _good(Link.nonce == parts[1], purpose)


def known(token: str, purpose: str = "") -> Link | None:
    """The link of a token whatever became of it, so that a new one can be sent to its address; None if never made."""
    parts = TOKEN.fullmatch(token or "")
    if parts is None or not hmac.compare_digest(parts[2], _mark(parts[1])):
        return None
    return _whatever_became_of(Link.nonce == parts[1], purpose)


def remembered(key: int, purpose: str) -> Link | None:
    """The link that a browser opened before, whatever became of it since."""
    return _whatever_became_of(Link.id == key, purpose)


def held(key: int, purpose: str) -> Link:
    """The link that a browser opened before, if it still holds; raises LinkGone."""
    return _good(Link.id == key, purpose)


def use(link: Link) -> Link:
    """Uses it up; of two at once only one succeeds, the other raises LinkGone."""
    _end(link, used_at=utcnow())
    return link


@act(
    label=_l("Take back"),
    confirm=_l("Take this link back? The mail that carries it then opens nothing."),
    icon="fa-link-slash",
    done=_l("The link opens nothing any more."),
    may_do=lambda link: link.used_at is None and link.revoked_at is None and link.expires_at > utcnow(),
)
def revoke(link: Link, by: Reach | None = None) -> Link:
    """Takes it back; one that is used, expired or taken back already stays as it is."""
    with contextlib.suppress(LinkGone):
        _end(link, revoked_at=utcnow())
    return link


def revoke_all(purpose: str, subject: str) -> None:
    """Takes back every link of this purpose for this subject that still holds, by one statement however many."""
    db.session.flush()
    of_it = update(Link).where(Link.purpose == purpose, Link.subject == subject, *_still())
    ended = of_it.values(revoked_at=utcnow(), row_version=Link.row_version + 1).returning(Link.id)
    with acting(DOOR):
        keys = list(db.session.scalars(ended.execution_options(synchronize_session="fetch")))
    if keys:
        history.changed_in_bulk("Link", "revoked", keys)


def again(link: Link, by: Reach, days: float = DAYS) -> Link:
    """A new link in place of this one, which opens nothing from now on."""
    revoke(link)
    return _made(link.purpose, link.email, link.subject, link.user_id, days)


def _whatever_became_of(which: Any, purpose: str) -> Link | None:
    with acting(DOOR):
        link = db.session.scalars(select(Link).where(which)).first()
    return link if link is not None and purpose in ("", link.purpose) else None


def _good(which: Any, purpose: str) -> Link:
    link = _whatever_became_of(which, purpose)
    if link is None or link.used_at is not None or link.revoked_at is not None or link.expires_at <= utcnow():
        raise LinkGone
    return link


def _end(link: Link, **moment: dt.datetime) -> None:
    """Ends a link that still holds, in one statement, so that two requests cannot both do it."""
    db.session.flush()  # what waits is written within the caller's own reach
    with acting(DOOR):
        ended = db.session.execute(
            update(Link)
            .where(Link.id == link.id, *_still())
            .values(**moment, row_version=Link.row_version + 1)
            .execution_options(synchronize_session=False)
        )
        if ended.rowcount != 1:
            raise LinkGone
        db.session.refresh(link)
    history.changed_in_bulk("Link", next(iter(moment)).removesuffix("_at"), [link.id])


def _still() -> tuple[Any, ...]:
    """What is true of a link that still holds."""
    return Link.used_at.is_(None), Link.revoked_at.is_(None), Link.expires_at > utcnow()


def _mark(nonce: str) -> str:
    made = hmac.new(key_for("links"), nonce.encode(), hashlib.sha256).digest()[:24]
    return base64.urlsafe_b64encode(made).decode()
