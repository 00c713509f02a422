"""Finding a person statewide, and registering one who walks in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app import history
from models.base import RuleBroken, db, utcnow
from models.doses import Proof
from models.enrollment import Organization
from models.recipients import PriorityGroup, Recipient, RecipientLink, search_key
from models.scope import Reach

MOST_FOUND = 10
# Whoever enters a file holds this lock alone; desks share it, so that both never find nobody at once.
UPLOAD_LOCK = "recipient upload"
SHORTEST_NAME = 2
MARKS = ("email", "phone", "street", "zip_code", "external_id")


@dataclass(frozen=True)
class Found:
    """The least that tells one person from another."""

    public_id: str
    full_name: str
    birth_date: dt.date
    city: str


def ten_digits(phone: str | None) -> str:
    """A phone number however typed, as ten digits; whatever else it is stays as it was."""
    digits = re.sub(r"\D", "", phone or "")
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    return digits if len(digits) == 10 else (phone or "").strip()


def find(
    by: Reach,
    last_name: str = "",
    first_name: str = "",
    birth_date: dt.date | None = None,
    phone: str = "",
    external_id: str = "",
    number: str = "",
) -> list[Found]:
    """People statewide by name and birth date, or phone, external id, or the number on a paper; in the history."""
    query = select(Recipient).limit(MOST_FOUND).order_by(Recipient.last_key, Recipient.first_key, Recipient.id)
    terms = _number(number) if number.strip() else _terms(last_name, first_name, birth_date, phone, external_id)
    query = query.where(*terms)
    people = db.session.scalars(query.execution_options(unscoped="find_person")).all()
    asked = {"last_name": last_name, "first_name": first_name, "birth_date": history.plain(birth_date)}
    asked |= {"phone": phone, "external_id": external_id, "number": number}
    history.shown("Recipient", [one.id for one in people], asked={key: value for key, value in asked.items() if value})
    return [_found(one) for one in people]


def _found(person: Recipient) -> Found:
    return Found(person.public_id, person.full_name, person.birth_date, person.city or "")


def _terms(last_name: str, first_name: str, birth_date: dt.date | None, phone: str, external_id: str) -> list[Any]:
    if phone.strip():
        digits = ten_digits(phone)
        if len(digits) != 10 or not digits.isdigit():
            raise RuleBroken(_("A phone number has ten digits, for example 9195555555."), field="phone")
        return [Recipient.phone == digits]
    if external_id.strip():
        return [Recipient.external_id == external_id.strip()]
    last, first = search_key(last_name), search_key(first_name)
    if len(last) < SHORTEST_NAME and not (last and not last.isascii()):
        raise RuleBroken(_("Please give at least two letters of the last name."), field="last_name")
    if birth_date is None:
        raise RuleBroken(_("Please give the date of birth too, so that one person is found."), field="birth_date")
    terms = [Recipient.birth_date == birth_date, *_starts_with(Recipient.last_key, last)]
    return terms + (_starts_with(Recipient.first_key, first) if first else [])


def _number(typed: str) -> list[Any]:
    """A recipient's number, or that of a proof as its QR code gives it: an address that ends with the number."""
    number = typed.strip().rstrip("/").rsplit("/", 1)[-1].upper()
    proved = select(Proof.recipient_id).where(Proof.public_id == number).scalar_subquery()
    return [or_(Recipient.public_id == number, Recipient.id == proved)]


def _starts_with(column: Any, key: str) -> list[Any]:
    """A prefix as a range, which a plain index serves on both databases."""
    return [column >= key, column < key + "\U0010ffff"]


def by_public_id(public_id: str) -> Recipient:
    """The person behind a number that `find` gave; raises RuleBroken when there is none."""
    query = select(Recipient).where(Recipient.public_id == public_id).execution_options(unscoped="find_person")
    person = db.session.scalars(query).first()
    if person is None:
        raise RuleBroken(_("Nobody is known by this number."))
    history.shown("Recipient", [person.id])
    return person


def employers(typed: str) -> list[tuple[int, str]]:
    """Known organizations whose name has every word typed: key, name and city; at most twenty, none for nothing."""
    words = typed[:80].split()
    if not words:
        return []
    query = select(Organization.id, Organization.name, Organization.city).where(
        Organization.is_active.is_(True), *(Organization.name.icontains(word, autoescape=True) for word in words)
    )
    rows = db.session.execute(
        query.order_by(Organization.name, Organization.id).limit(20).execution_options(unscoped="employer_look_up")
    )
    return [(key, ", ".join(part for part in (name, city) if part)) for key, name, city in rows]


def link(recipient: Recipient, by: Reach, how: str) -> None:
    """From now on the place (or organization) in force sees this person."""
    db.session.flush()
    place = {"location_id": by.location_id} if by.kind == "location" else {"organization_id": by.organization_id}
    if not any(place.values()):
        return
    known = select(RecipientLink.id).filter_by(recipient_id=recipient.id, **place)
    if db.session.scalars(known.execution_options(unscoped="idempotency")).first() is None:
        db.session.add(RecipientLink(recipient_id=recipient.id, how=how, **place))
        db.session.flush()


class AlreadyKnown(RuleBroken):
    """The person to be registered is here already, under `public_id`."""

    def __init__(self, known: Recipient):
        super().__init__(
            _("This person is already known, under the number %(number)s.", number=known.public_id), "last_name"
        )
        self.public_id = known.public_id


def register(values: dict[str, Any], by: Reach) -> tuple[Recipient, list[str]]:
    """Registers a walk-in; returns the person and the warnings. Never turned away for what is missing.

    A form that carries its own `public_id`, sent twice, registers once. Source: CVMS FAQ 20, 27 and 30.
    Raises AlreadyKnown when this very person is here already.
    """
    person = Recipient(**values)
    person.phone = ten_digits(person.phone) or None
    person.registration = "registered"
    person.registered_at = utcnow()
    person.check()
    _one_desk_at_a_time(person)
    if (same := _sent_before(person)) is not None:
        return same, warnings_about(same)
    if (known := same_person(person)) is not None:
        raise AlreadyKnown(known)
    db.session.add(person)
    link(person, by, "registration")
    return person, warnings_about(person)


def _one_desk_at_a_time(person: Recipient) -> None:
    """Two desks must not both find nobody of this name and birth date: PostgreSQL waits here, SQLite did at BEGIN."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(func.hashtext(UPLOAD_LOCK))))
        who = f"walk-in|{person.last_key}|{person.first_key}|{person.birth_date}"
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(who))))


def _sent_before(person: Recipient) -> Recipient | None:
    query = select(Recipient).where(Recipient.public_id == person.public_id).execution_options(unscoped="idempotency")
    known = db.session.scalars(query).first()
    who = ("first_key", "last_key", "birth_date")
    if known is not None and any(getattr(known, name) != getattr(person, name) for name in who):
        raise RuleBroken(_("This form was already used for another person. Please open a new one."))
    return known


def change(person: Recipient, by: Reach) -> Recipient:
    """Corrects a registration; raises RuleBroken for a priority group that the state's plan does not have."""
    person.phone = ten_digits(person.phone) or None
    known = select(PriorityGroup.id).where(PriorityGroup.code == person.priority_group)
    with db.session.no_autoflush:
        if person.priority_group and db.session.scalars(known).first() is None:
            raise RuleBroken(_("There is no such priority group."), field="priority_group")
    return person


def warnings_about(person: Recipient) -> list[str]:
    """What is unusual about a registration, as words for the person at the desk."""
    found = []
    if not person.phone and not person.email:
        found.append(_("No phone and no e-mail: no reminder of the second dose can be sent."))
    elif not person.email:
        found.append(_("No e-mail: no reminder of the second dose can be sent by mail."))
    if not person.lives_in_nc and not person.works_in_nc:
        found.append(_("This person neither lives nor works in North Carolina."))
    return found


def namesakes(first_name: str, last_name: str, birth_date: dt.date | None) -> list[Found]:
    """People of the same names and birth date, who may be the same person: a question for whoever registers."""
    query = select(Recipient).where(
        Recipient.birth_date == birth_date,
        Recipient.last_key == search_key(last_name),
        Recipient.first_key == search_key(first_name),
    )
    people = db.session.scalars(query.limit(MOST_FOUND).execution_options(unscoped="match_person")).all()
    history.shown("Recipient", [one.id for one in people])
    return [_found(one) for one in people]


def same_person(person: Recipient) -> Recipient | None:
    """The person already here: same names and birth date, and one of e-mail, phone, address, external id."""
    query = select(Recipient).where(
        Recipient.birth_date == person.birth_date,
        Recipient.last_key == search_key(person.last_name),
        Recipient.first_key == search_key(person.first_name),
    )
    for known in db.session.scalars(query.execution_options(unscoped="match_person")):
        if _shares_a_mark(known, person):
            return known
    return None


def _shares_a_mark(one: Recipient, other: Recipient) -> bool:
    facts = ({name: getattr(person, name) for name in MARKS} for person in (one, other))
    return share_a_mark(*map(marks, facts))


def marks(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells two people of one name and birth date apart: e-mail, phone, address, external id; None if unknown."""
    street, zip_code = search_key(facts["street"]), (facts["zip_code"] or "")[:5]
    return (
        (facts["email"] or "").lower() or None,
        facts["phone"] or None,
        (street, zip_code) if street and zip_code else None,
        facts["external_id"] or None,
    )


def share_a_mark(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether one of the marks is known of both and equal."""
    return any(mine is not None and mine == theirs for mine, theirs in zip(one, other, strict=True))
