"""Accounts of people who sign in: known again by exact username or e-mail, made once, told by mail what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.rules import links, notices
from models.base import FORMATS, RuleBroken, db
from models.people import Membership, PortalUser
from models.recipients import search_key
from models.scope import Reach, acting

FIRST_SIGN_IN = "first_sign_in"
LINKED = Reach.system("access")


def named(email: str | None, username: str | None = None) -> PortalUser | None:
    """The one account of exactly this e-mail address or username; raises RuleBroken where they are two people's."""
    email, username = _lower(email), _lower(username)
    if email.endswith(notices.NO_ADDRESS):
        email = ""
    ways = [func.lower(PortalUser.email) == email] if email else []
    if username:
        ways += [func.lower(PortalUser.username) == username, func.lower(PortalUser.ncid) == username]
    if not ways:
        return None
    query = select(PortalUser).where(or_(*ways)).limit(2).execution_options(unscoped="find_account")
    found = list(db.session.scalars(query))
    if len(found) > 1:
        raise RuleBroken(_("The e-mail address and the username belong to different people."), field="username")
    return found[0] if found else None


def all_named(emails: Iterable[str], usernames: Iterable[str]) -> list[PortalUser]:
    """The accounts of exactly these e-mail addresses and usernames."""
    mails = {_lower(email) for email in emails if not _lower(email).endswith(notices.NO_ADDRESS)}
    names = {_lower(username) for username in usernames}
    known = (
        func.lower(PortalUser.email).in_(mails),
        func.lower(PortalUser.username).in_(names),
        func.lower(PortalUser.ncid).in_(names),
    )
    return list(db.session.scalars(select(PortalUser).where(or_(*known)).execution_options(unscoped="find_account")))


def is_same_person(user: PortalUser, first_name: str, last_name: str) -> bool:
    """Whether the name fits the account: the last name, and how the first begins."""
    first, last = search_key(first_name), search_key(last_name)
    return last == search_key(user.last_name) and first[:1] == search_key(user.first_name)[:1]


def may_work(user: PortalUser) -> bool:
    """Whether an account may be given access: not one that is shut, or that no person has."""
    return bool(user.active) and not user.is_system


def new(first_name: str, last_name: str, email: str, **more: Any) -> PortalUser:
    """An account that nobody had: without a password, until its owner follows the link in the mail."""
    email = _lower(email)
    if not FORMATS["email"][0].fullmatch(email) or email.endswith(notices.NO_ADDRESS):
        raise RuleBroken(FORMATS["email"][1], field="email")
    username = _lower(more.pop("username", None)) or free_username(first_name, last_name)
    return PortalUser(
        username=username, first_name=first_name.strip(), last_name=last_name.strip(), email=email, active=True, **more
    )


def free_username(first_name: str, last_name: str) -> str:
    """A username made of the name: robin.tester, or robin.tester2 where that is taken."""
    wanted = ".".join(part for part in (search_key(first_name)[:30], search_key(last_name)[:30]) if part) or "user"
    query = select(func.lower(PortalUser.username)).where(func.lower(PortalUser.username).startswith(wanted))
    taken = set(db.session.scalars(query.execution_options(unscoped="find_account")))
    taken |= {row.username for row in db.session.new if isinstance(row, PortalUser)}
    n = 1
    while (name := wanted if n == 1 else f"{wanted}{n}") in taken:
        n += 1
    return name


def attach(membership: Membership) -> Membership:
    """Stores a membership of a person whom the place does not see yet; whoever calls has asked `people.may_give`."""
    db.session.flush()  # what waits is written within the caller's own reach
    with acting(LINKED):
        db.session.add(membership)
        db.session.flush()
    return membership


def tell(membership: Membership, by: Reach) -> None:
    """Mails a person where to sign in and under which username, with a link to choose a password where none is."""
    place, user = membership.location or membership.organization, membership.user
    link = None if user.password else links.make(FIRST_SIGN_IN, user.email, f"user:{user.id}", by, user=user)
    notices.queue(
        "access", to=user, once=f"access-{membership.id}", by=by, link=link,
        place=place.name if place else "", profile=membership.profile, username=user.username,
    )  # fmt: skip


def _lower(words: str | None) -> str:
    return (words or "").strip().lower()
