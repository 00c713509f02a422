"""Choosing a password by a link from a mail: at the first sign-in, and when it was forgotten."""

from __future__ import annotations

from sqlalchemy import select

from app.rules import links, notices, passwords
from models.base import db
from models.links import Link
from models.people import Membership, PortalUser
from models.scope import Reach, acting

FIRST_SIGN_IN, FORGOTTEN = "first_sign_in", "forgotten_password"
HOUR = 1 / 24
BY = Reach.system("sign-in")


def send_link(user: PortalUser | None) -> Link | None:
    """Mails a person a link to choose a new password; nobody, no mail and no error."""
    with acting(BY):
        address = address_of(user) if user is not None and user.active and not user.is_system else ""
        if user is None or not address:
            return None
        links.revoke_all(FORGOTTEN, f"user:{user.id}")
        link = links.make(FORGOTTEN, address, f"user:{user.id}", BY, days=HOUR, user=user)
        notices.queue_to("new_password", address, user.language, f"password-{link.id}", BY, link=link,
                         username=user.username)  # fmt: skip
        db.session.flush()
    return link


def address_of(user: PortalUser) -> str:
    """Where a person is reached: the account's own address, or that of the one recipient it is for."""
    if not (user.email or "").endswith(notices.NO_ADDRESS):
        return user.email or ""
    query = select(Membership).where(Membership.user_id == user.id, Membership.recipient_id.is_not(None))
    found = {(row.recipient.email or "").strip().lower() for row in db.session.scalars(query)}
    return found.pop() if len(found) == 1 else ""


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
