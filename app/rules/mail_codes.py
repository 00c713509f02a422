"""Recipients sign in by a code that is mailed to the address on their record; families may share one.

The code is made of a link's random name with the installation's key, as its token would be: it stands in the mail
that goes out, and in no table. A code is good in the browser that asked for it, once, for fifteen minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import select

from app.rules import links, notices
from app.secret_keys import key_for
from models.base import db
from models.links import Link
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import Reach, acting

PURPOSE = "sign_in_code"
DIGITS, QUARTER_HOUR = 8, 1 / 96
MOST = 12  # people of one address who are offered; an office's shared address is no family's
PROFILE = "Recipient"
BY = Reach.system("sign-in")


def send(email: str, language: str) -> Link:
    """A code for whoever reads this address. Whether a recipient has it is asked when the mail goes out, not here."""
    email = email.strip()
    with acting(BY):
        link = links.make(PURPOSE, email, "sign-in", BY, days=QUARTER_HOUR)
        notices.queue_to(PURPOSE, email, language, f"code-{link.id}", BY, link=link)
        db.session.flush()
    return link


def is_for_nobody(link: Link) -> bool:
    """Whether a code was asked for at an address that no recipient has."""
    with acting(BY):
        return link.purpose == PURPOSE and not people_of(link.email)


def code_of(link: Link) -> str:
    """The digits of a code: for the mail that goes out, and to compare."""
    made = hmac.new(key_for("codes"), link.nonce.encode(), hashlib.sha256).digest()
    return str(int.from_bytes(made[:8], "big") % 10**DIGITS).zfill(DIGITS)


def opened(key: int, email: str, typed: str) -> list[Recipient]:
    """Uses a code up and answers whom it may sign in; raises LinkGone where it is wrong, old or used."""
    link = links.held(key, PURPOSE)
    if link.email != email.strip().lower():
        raise links.LinkGone
    plain = "".join((typed or "").split())
    if not plain.isascii() or not secrets.compare_digest(plain, code_of(link)):
        raise links.LinkGone
    links.use(link)
    with acting(BY):
        return people_of(email.strip())


def people_of(email: str) -> list[Recipient]:
    """The recipients whose record has this address, as it is written there or in small letters."""
    if not email or "@" not in email:
        return []
    query = select(Recipient).where(Recipient.email.in_({email, email.lower()})).order_by(Recipient.id).limit(MOST)
    return list(db.session.scalars(query))


def account_of(person: Recipient) -> PortalUser:
    """The account that the code opens for this person: one for nobody else's records, made where there is none.

    An account that reaches more - staff, or a guardian whose other children have another address - is not opened by
    whoever reads this mailbox.
    """
    with acting(BY):
        for user in _accounts(person):
            if user.active and not user.is_system and _reaches_only(user, person.email or ""):
                return user
        username = f"p-{secrets.token_hex(6)}"
        user = PortalUser(
            username=username, first_name=person.first_name[:64], last_name=person.last_name[:64],
            email=f"{username}{notices.NO_ADDRESS}", active=True, language=person.language,
        )  # fmt: skip
        db.session.add(user)
        db.session.add(Membership(user=user, profile=PROFILE, recipient=person, is_default=True))
        db.session.flush()
    return user


def _accounts(person: Recipient) -> list[PortalUser]:
    held = select(Membership).where(Membership.recipient_id == person.id, Membership.profile == PROFILE)
    return [row.user for row in db.session.scalars(held.order_by(Membership.id))]


def _reaches_only(user: PortalUser, email: str) -> bool:
    held = db.session.scalars(select(Membership).where(Membership.user_id == user.id)).all()
    return all(
        row.profile == PROFILE and row.recipient and (row.recipient.email or "").lower() == email.lower()
        for row in held
    )
