"""The welcome: a mail with a link that works once, by which a person who was sent in a file registers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app import history
from app.rules import accounts, links, notices, people
from models.acts import act
from models.base import RuleBroken, db, utcnow
from models.bulk import claim_keys, insert_many, random_words
from models.enrollment import Location, Organization
from models.links import Link
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import Reach, acting
from models.uploads import Upload, UploadRow

WELCOME = "welcome"  # purpose of the link
DAYS = 30
CHUNK = 2_000
LINKS = Link.__table__
Person = tuple[int, str, str | None, str | None]  # key, recipient number, address, language


def subject_of(public_id: str) -> str:
    """What the link opens: a person by the random number, which no other person ever gets."""
    return f"recipient:{public_id}"


@acting(links.DOOR)  # links are in nobody's reach
def welcome_many(invited: Sequence[Person], location_id: int | None, place: str, again: bool = False) -> int:
    """Queues the welcome for each person with an address, in bulk; `again` ends earlier links. Answers how many."""
    mailed = [one for one in invited if (one[2] or "").strip()]
    keys: dict[int, int] = {}
    for start in range(0, len(mailed), CHUNK):
        some = mailed[start : start + CHUNK]
        if again:
            revoke_many([public_id for _key, public_id, _email, _language in some])
        keys |= _links(some)
    to = [(key, address, language) for key, _number, address, language in mailed]
    notices.queue_many("welcome", to, location_id, links=keys, again=again, place=place)
    return len(mailed)


def _links(some: Sequence[Person]) -> dict[int, int]:
    """A link for each person: key of the person -> key of the link."""
    if not some:
        return {}
    now, connection = utcnow(), db.session.connection()
    keys = claim_keys(connection, LINKS, len(some))
    facts = {"row_version": 1, "created_at": now, "purpose": WELCOME, "expires_at": now + dt.timedelta(days=DAYS)}
    rows = [
        facts
        | {
            "id": key,
            "nonce": nonce,
            "subject": subject_of(public_id),
            "email": (address or "").strip().lower(),
        }
        for key, nonce, (_person, public_id, address, _language) in zip(
            keys, random_words(len(some)), some, strict=True
        )
    ]
    insert_many(connection, LINKS, rows)
    history.changed_in_bulk("Link", "add", purpose=WELCOME, recipients=[person for person, *_rest in some])
    return {person: key for key, (person, *_rest) in zip(keys, some, strict=True)}


@acting(links.DOOR)
def revoke_many(public_ids: Sequence[str]) -> None:
    """Takes back the welcome links of these people that still hold."""
    still = (LINKS.c.used_at.is_(None), LINKS.c.revoked_at.is_(None), LINKS.c.purpose == WELCOME)
    subjects = [subject_of(public_id) for public_id in public_ids]
    gone = {"revoked_at": utcnow(), "row_version": LINKS.c.row_version + 1}
    db.session.connection().execute(update(LINKS).where(*still, LINKS.c.subject.in_(subjects)).values(gone))


def _place(by: Reach) -> str:
    entity, key = (Location, by.location_id) if by.location_id else (Organization, by.organization_id)
    place: Any = db.session.get(entity, key) if key else None
    return place.name if place is not None else ""


@act(
    label=_l("Send the welcome again"),
    icon="fa-paper-plane",
    done=_l("The welcome is on its way again, with a new link."),
    may_do=lambda person: person.registration == "uploaded" and bool(person.email),
)
def welcome_again(person: Recipient, by: Reach) -> Recipient:
    """Sends the welcome to one person who has not registered; the link of an earlier mail then opens nothing."""
    if person.registration != "uploaded":
        raise RuleBroken(_("This person has registered already."))
    if not person.email:
        raise RuleBroken(_("No e-mail address is known of this person."))
    welcome_many([(person.id, person.public_id, person.email, person.language)], by.location_id, _place(by), True)
    return person


@act(
    label=_l("Welcome all who have not registered"),
    confirm=_l("Send the welcome again to everybody of this file who has not registered?"),
    icon="fa-paper-plane",
    done=_l("The welcome is on its way to all who have not registered."),
    on_many=False,
    may_do=lambda upload: upload.kind == "recipients" and upload.status == "committed",
)
def welcome_rest(upload: Upload, by: Reach) -> Upload:
    """Sends the welcome to everybody whom an upload entered or knew and who has not registered."""
    if upload.kind != "recipients" or upload.status != "committed":
        raise RuleBroken(_("Nobody was entered by this upload."))
    query = (
        select(Recipient.id, Recipient.public_id, Recipient.email, Recipient.language)
        .join(UploadRow, UploadRow.recipient_id == Recipient.id)
        .where(
            UploadRow.upload_id == upload.id,
            UploadRow.outcome.in_(("new", "changed", "same")),
            Recipient.registration == "uploaded",
        )
        .distinct()
    )
    rest = [(key, number, email, language) for key, number, email, language in db.session.execute(query)]
    place = upload.location or upload.organization
    if not welcome_many(rest, upload.location_id, place.name if place else "", again=True):
        raise RuleBroken(_("Everybody of this upload has registered, or has no e-mail address."))
    return upload


def person_of(link: Link) -> Recipient:
    """The person whom a welcome link is for; raises LinkGone where that person is not here any more."""
    public_id = link.subject.removeprefix("recipient:")
    with acting(links.DOOR):
        person = db.session.scalars(select(Recipient).where(Recipient.public_id == public_id)).first()
    if person is None:
        raise links.LinkGone
    return person


def register(link: Link, birth_date: dt.date | None, password: str = "") -> PortalUser:
    """Registers the person of a link who knows the date of birth, with the account they sign in with from now on.

    Families share addresses: who opens the mail need not be the person. Source: CVMS FAQ 20.
    """
    person = person_of(link)
    if birth_date != person.birth_date:
        raise RuleBroken(_("This is not the date of birth that was sent in for this person."), field="birth_date")
    with acting(links.DOOR):
        user = _account(person)
        if not user.password:
            people.set_password(user, links.DOOR, password)
        if person.registration == "uploaded":
            person.registration, person.registered_at = "registered", utcnow()
        db.session.flush()
    links.use(link)
    history.shown("Recipient", [person.id])
    return user


def _account(person: Recipient) -> PortalUser:
    """The person's account: one that is there, or a new one; an address that another account has stays that one's."""
    held = select(Membership).where(Membership.recipient_id == person.id, Membership.profile == "Recipient")
    membership = db.session.scalars(held.order_by(Membership.id).limit(1)).first()
    if membership is not None and membership.user is not None:
        return membership.user
    username = accounts.free_username(person.first_name, person.last_name)
    email = (person.email or "").lower()
    if not email or accounts.named(email) is not None:
        email = f"{username}{notices.NO_ADDRESS}"
    user = PortalUser(
        username=username, first_name=person.first_name[:64], last_name=person.last_name[:64], email=email,
        active=True, language=person.language if person.language in notices.LANGUAGES else None,
    )  # fmt: skip
    db.session.add(user)
    db.session.add(Membership(user=user, profile="Recipient", recipient=person))
    return user
