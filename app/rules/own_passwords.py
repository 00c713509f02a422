"""Choosing a password by a link from a mail: at the first sign-in, and when it was forgotten."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from sqlalchemy import delete, select

from app import history
from app.rules import links, notices, passwords
from app.secret_keys import key_for
from models.base import db, utcnow
from models.links import Link
from models.notices import Notice
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import Reach, acting

FIRST_SIGN_IN, FORGOTTEN = "first_sign_in", "forgotten_password"
NOBODY = "nobody"
HOUR = 1 / 24
BY = Reach.system("sign-in")


def asked_for(user: PortalUser | None, typed: str) -> None:
    """Mails the account that somebody named a link to choose a new password.

    Where there is no such account, or nothing to reach it by, as much is written in the same order, for a mail that
    goes to nobody: a clock does not tell who has an account.
    """
    if send_link(user) is not None:
        return
    with acting(BY):
        named = hmac.new(key_for("nobody"), typed.strip().casefold().encode(errors="replace"), hashlib.sha256)
        _link_and_mail(notices.NOBODY, f"{NOBODY}:{named.hexdigest()}", None)


def send_link(user: PortalUser | None) -> Link | None:
    """Mails a person a link to choose a new password; nobody, no mail and no error."""
    with acting(BY):
        address = address_of(user)
        if user is None or not user.active or user.is_system or not address:
            return None
        return _link_and_mail(address, f"user:{user.id}", user)


def _link_and_mail(address: str, subject: str, user: PortalUser | None) -> Link:
    links.revoke_all(FORGOTTEN, subject)
    link = links.make(FORGOTTEN, address, subject, BY, days=HOUR, user=user)
    language, username = (user.language, user.username) if user is not None else (None, "")
    notices.queue_to("new_password", address, language, f"password-{link.id}", BY, link=link, username=username)
    db.session.flush()
    return link


def address_of(user: PortalUser | None) -> str:
    """Where a person is reached: the account's own address, or that of the one recipient it is for; "" for nobody."""
    query = select(Recipient.email).join(Membership, Membership.recipient_id == Recipient.id)
    query = query.where(Membership.user_id == (user.id if user is not None else 0))
    found = {(email or "").strip().lower() for email in db.session.scalars(query)}
    own = (user.email or "") if user is not None else ""
    if not own.endswith(notices.NO_ADDRESS):
        return own
    return found.pop() if len(found) == 1 else ""


def sweep() -> None:
    """Takes out the links that were made for nobody, and their mails, once they would hold no more."""
    day = utcnow() - dt.timedelta(days=1)
    mails = delete(Notice).where(Notice.to_address == notices.NOBODY, Notice.created_at < day)
    of_nobody = Link.subject.startswith(f"{NOBODY}:", autoescape=True)
    old = delete(Link).where(Link.purpose == FORGOTTEN, of_nobody, Link.created_at < day)
    _mails, swept = (
        db.session.execute(statement.execution_options(synchronize_session=False)).rowcount
        for statement in (mails, old)
    )
    if swept:
        history.changed_in_bulk("Link", "remove", links=swept)


def person_of(link: Link) -> PortalUser:
    """Whose password the link sets; raises LinkGone for an account that was shut meanwhile."""
    with acting(BY):
        user = db.session.get(PortalUser, link.user_id) if link.user_id else None
    if user is None or not user.active or user.is_system:
        raise links.LinkGone
    return user


def choose(link: Link, password: str, has_second: bool) -> PortalUser:
    """Sets the password that was chosen, and uses up every link that could set it."""
    user = person_of(link)
    with acting(BY):
        passwords.give(user, password, has_second)
        links.use(link)
        for purpose in (FIRST_SIGN_IN, FORGOTTEN):
            links.revoke_all(purpose, link.subject)
        user.fail_login_count = 0
        db.session.flush()
    return user
