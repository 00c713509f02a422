"""The people who are vaccinated: one person statewide, not owned by a clinic."""

import datetime as dt
import secrets
import unicodedata
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ColumnElement, Index, Select, UniqueConstraint, exists, false, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, RuleBroken, about, utcnow
from models.columns import day, instant, key_to, text, yes_no
from models.enrollment import Location, Organization
from models.scope import Reach, Scope

REGISTRATIONS = {"uploaded": _l("Invited, not yet registered"), "registered": _l("Registered")}
HOW_LINKED = {
    "upload": _l("Upload"),
    "visit": _l("Visit"),
    "dose": _l("Dose"),
    "registration": _l("Registration"),
}
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
OLDEST = 120


def new_public_id() -> str:
    """A random id for papers and links: no phone, no e-mail, no key; 12 letters that are not mistaken."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


def search_key(name: str | None) -> str:
    """A name as it is looked up and matched: no case, accents, blanks or punctuation."""
    name = name or ""
    if name.isascii():  # nearly every name
        name = name.lower()
        return name if name.isalnum() else "".join(filter(str.isalnum, name))
    flat = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in flat if unicodedata.category(letter)[0] in "LN")


def linked(entity: Any, reach: Reach) -> ColumnElement[bool]:
    """People linked to the place or organization in force by upload, visit, dose or registration."""
    return exists().where(RecipientLink.recipient_id == entity.id, _side(reach)).correlate_except(RecipientLink)


def keys_of_linked(reach: Reach) -> Select[Any]:
    """The keys of the same people."""
    return select(RecipientLink.recipient_id).where(_side(reach))


def _side(reach: Reach) -> ColumnElement[bool]:
    name = "organization_id" if reach.kind == "organization" else "location_id"
    key = getattr(reach, name)
    return false() if key is None else getattr(RecipientLink, name) == key


class PriorityGroup(Entity):
    """A group of the state's plan and the day it opens."""

    __tablename__ = "priority_group"
    called = (_l("Priority group"), _l("Priority groups"))
    scope = Scope.everyone

    code: Mapped[str] = text(4, about(_l("Code")), required=True, unique=True)
    name: Mapped[str] = text(200, about(_l("Who"), format="translated"), required=True)
    opens_on: Mapped[dt.date | None] = day(about(_l("Opens on")))

    def __str__(self) -> str:
        return f"{self.code} · {gettext(self.name)}"


UNREGISTERED = sql("registration = 'uploaded'")  # few beside all, and counted on start pages


class Recipient(Entity):
    """A person who is, or may be, vaccinated. An official medical record: actual names, no alias."""

    __tablename__ = "recipient"
    called = (_l("Recipient"), _l("Recipients"))
    scope = Scope(location=linked, organization=linked, recipient="id", keys=keys_of_linked)
    STEPS = {"uploaded": {"registered"}, "registered": set()}
    STEPS_COLUMN = "registration"
    __table_args__ = (
        Index("ix_recipient_find", "birth_date", "last_key", "first_key"),
        Index("ix_recipient_last_key", "last_key", "first_key"),
        Index("ix_recipient_unregistered", "id", sqlite_where=UNREGISTERED, postgresql_where=UNREGISTERED),
    )

    public_id: Mapped[str] = text(12, about(_l("Recipient number")), required=True, unique=True)
    first_name: Mapped[str] = text(80, about(_l("First name"), personal=True), required=True)
    middle_name: Mapped[str | None] = text(80, about(_l("Middle name"), personal=True))
    last_name: Mapped[str] = text(80, about(_l("Last name"), personal=True), required=True)
    suffix: Mapped[str | None] = text(5, about(_l("Suffix"), choices="suffixes", personal=True))
    birth_date: Mapped[dt.date] = day(about(_l("Date of birth"), personal=True), required=True)
    sex: Mapped[str | None] = text(1, about(_l("Gender"), choices="sexes", personal=True))
    races: Mapped[str | None] = text(60, about(_l("Race"), choices="races", format="codes", personal=True))
    ethnicity: Mapped[str | None] = text(6, about(_l("Ethnicity"), choices="ethnicities", personal=True))
    phone: Mapped[str | None] = text(
        10, about(_l("Phone"), format="phone", example="9195555555", personal=True), index=True
    )
    email: Mapped[str | None] = text(254, about(_l("E-mail"), format="email", personal=True), index=True)
    street: Mapped[str | None] = text(120, about(_l("Street"), personal=True))
    street2: Mapped[str | None] = text(120, about(_l("Street, second line"), personal=True))
    city: Mapped[str | None] = text(80, about(_l("City"), personal=True))
    state: Mapped[str | None] = text(2, about(_l("State"), choices="us_states"))
    zip_code: Mapped[str | None] = text(10, about(_l("ZIP"), format="zip", example="27601", personal=True))
    county: Mapped[str | None] = text(5, about(_l("County"), choices="counties"))
    employer_id: Mapped[int | None] = key_to(
        "organization.id", about(_l("Employer"), open_reference="employer_look_up")
    )
    industry: Mapped[str | None] = text(20, about(_l("Industry"), choices="industries"))
    lives_in_nc: Mapped[bool] = yes_no(about(_l("Lives in NC")))
    works_in_nc: Mapped[bool] = yes_no(about(_l("Works in NC")))
    priority_group: Mapped[str | None] = text(
        4, about(_l("Priority group"), help=_l("The code of the group in the state's plan."), example="3")
    )
    language: Mapped[str | None] = text(5, about(_l("Preferred language"), choices="languages"))
    external_id: Mapped[str | None] = text(
        40, about(_l("External ID"), help=_l("Employee or medical record number."), personal=True), index=True
    )
    registration: Mapped[str] = text(10, about(_l("Registration"), choices=REGISTRATIONS), required=True)
    registered_at: Mapped[dt.datetime | None] = instant(about(_l("Registered at")))
    first_key: Mapped[str] = text(80, about(_l("Search key of the first name"), personal=True), required=True)
    last_key: Mapped[str] = text(80, about(_l("Search key of the last name"), personal=True), required=True)
    employer: Mapped[Organization | None] = relationship(info=about(_l("Employer")))

    def __init__(self, **values: Any):
        super().__init__(**{"public_id": new_public_id(), **values})

    @property
    def full_name(self) -> str:
        """First, middle, last name and suffix."""
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name, self.suffix) if part)

    def check(self) -> None:
        super().check()
        self.first_key, self.last_key = search_key(self.first_name)[:80], search_key(self.last_name)[:80]
        for field in ("first_name", "last_name"):
            problem = name_problem(getattr(self, field))
            if problem:
                raise RuleBroken(problem, field=field)
        problem = birth_date_problem(self.birth_date)
        if problem:
            raise RuleBroken(problem, field="birth_date")
        if self.registration == "registered" and self.registered_at is None:
            self.registered_at = utcnow()

    def __str__(self) -> str:
        return self.full_name


def name_problem(name: str | None) -> Any:
    """What is wrong with a person's name, or None. Source: FAQ 20, actual names only."""
    if not name or not name.strip():
        return _l("Please give the name.")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Nd", "Cs", "Co") for letter in name):
        return _l("A name has no digits or invisible characters.")
    return None


def birth_date_problem(born: dt.date | None) -> Any:
    """What is wrong with a date of birth, or None."""
    today = utcnow().date()
    if born is None:
        return _l("Please give the date of birth.")
    if born > today + dt.timedelta(days=1):
        return _l("The date of birth is in the future.")
    if today.year - born.year > OLDEST:
        return _l("The date of birth is more than 120 years ago.")
    return None


class RecipientLink(Entity):
    """Why a place or an organization sees a person."""

    __tablename__ = "recipient_link"
    called = (_l("Link of a recipient"), _l("Links of recipients"))
    scope = Scope(location="location_id", organization="organization_id", recipient="recipient_id")
    __table_args__ = (
        UniqueConstraint("location_id", "recipient_id"),
        UniqueConstraint("organization_id", "recipient_id"),
        CheckConstraint("location_id IS NOT NULL OR organization_id IS NOT NULL", name="one_side"),
    )

    recipient_id: Mapped[int] = key_to(
        "recipient.id", about(_l("Recipient"), open_reference="link_by_rule"), required=True
    )
    location_id: Mapped[int | None] = key_to("location.id", about(_l("Location")), index=False)
    organization_id: Mapped[int | None] = key_to("organization.id", about(_l("Organization")), index=False)
    how: Mapped[str] = text(12, about(_l("By"), choices=HOW_LINKED), required=True)
    recipient: Mapped[Recipient] = relationship(info=about(_l("Recipient")))
    location: Mapped[Location | None] = relationship(info=about(_l("Location")))
    organization: Mapped[Organization | None] = relationship(info=about(_l("Organization")))
