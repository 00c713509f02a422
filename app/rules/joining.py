"""Coming in by a link: administrators, invited or of themselves, and coordinators; an account where there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.rules import accounts, clock, links, notices, people, twins
from app.rules.coordinators import COORDINATOR, ENROLLING, SECTION_LINK
from app.rules.standing import new_number, note
from models.applications import OPEN, Application, Section
from models.base import FORMATS, RuleBroken, db, utcnow
from models.enrollment import Organization
from models.links import Link
from models.people import ADMINISTRATOR, Membership, PortalUser
from models.scope import Reach, acting

INVITATION_LINK = "enrollment_invitation"
SELF_LINK = "enrollment_self"
LONGEST_NAME = 64
MOST_AN_HOUR = 3  # links to one address


@dataclass(frozen=True)
class Newcomer:
    """What somebody says who follows a link; a password only where there is no account yet."""

    first_name: str = ""
    last_name: str = ""
    password: str = ""
    organization: str = ""
    is_another: bool = False
    language: str = "en"


def ask_to_enroll(email: str, language: str) -> None:
    """Mails whoever asks a link to begin with; says nothing of whether the address is known."""
    address = email.strip().lower()
    if not FORMATS["email"][0].fullmatch(address) or len(address) > 254:
        raise RuleBroken(FORMATS["email"][1], "email")
    with acting(ENROLLING):
        recent = select(func.count()).select_from(Link).where(
            Link.purpose == SELF_LINK, Link.email == address, Link.created_at > utcnow() - dt.timedelta(hours=1)
        )  # fmt: skip
        if (db.session.scalar(recent) or 0) >= MOST_AN_HOUR:
            return
        link = links.make(SELF_LINK, address, "self", ENROLLING, days=2)
        notices.queue_to("enroll_self", address, language, f"enrollment-self-{link.id}", ENROLLING, link=link)
        db.session.flush()


def account_of(link: Link) -> PortalUser | None:
    """The account of the address that the link was sent to, if there is one."""
    user = accounts.named(link.email)
    if user is not None and not accounts.may_work(user):
        raise RuleBroken(_("This account cannot be given access. Please write to the help desk."))
    return user


def accept(link: Link, said: Newcomer) -> PortalUser:
    """Uses a link up: the account, what it may do, and for whom. Nobody is signed in by it."""
    with acting(ENROLLING):
        user = account_of(link) or _new_account(link, said)
        match link.purpose:
            case "enrollment_invitation":
                _take_up(link, user)
            case "enrollment_self":
                _begin(user, said)
            case "enrollment_section":
                _coordinate(link, user)
            case _:
                raise links.LinkGone
        links.use(link)
        db.session.flush()
    return user


def _new_account(link: Link, said: Newcomer) -> PortalUser:
    for name in ("first_name", "last_name", "password"):
        if not getattr(said, name).strip():
            raise RuleBroken(_("Please fill this in."), name)
    for name in ("first_name", "last_name"):
        if len(getattr(said, name).strip()) > LONGEST_NAME:
            raise RuleBroken(_("This is too long: at most %(n)s characters.", n=LONGEST_NAME), name)
    user = accounts.new(said.first_name, said.last_name, link.email, language=said.language)
    people.add_user(user, ENROLLING)
    return people.set_password(user, ENROLLING, said.password)


def _subject(link: Link) -> int:
    return int(link.subject.partition(":")[2])


def _take_up(link: Link, user: PortalUser) -> None:
    application = db.session.get(Application, _subject(link))
    if application is None or application.status != "invited":
        raise links.LinkGone
    application.status = "draft"
    administer(application, user)


def _begin(user: PortalUser, said: Newcomer) -> None:
    name = said.organization.strip()
    if not name:
        raise RuleBroken(_("Please fill this in."), "organization")
    if not said.is_another:
        twins.refuse_twins(name, "organization")
    application = new_application(name, "self", said.is_another, user.language or said.language)
    administer(application, user)


def administer(application: Application, user: PortalUser) -> None:
    """Makes a person the administrator of what applies."""
    application.administrator_id = user.id
    application.administrator_first_name = user.first_name
    application.administrator_last_name = user.last_name
    application.administrator_email = user.email
    by = Reach(kind="system", user_id=user.id, username=user.username, profile=ADMINISTRATOR)
    _grant(user, ADMINISTRATOR, organization_id=application.organization_id)
    note(application, "started", by)


def _grant(user: PortalUser, profile: str, **place: int) -> None:
    """Gives a profile at a place, once."""
    query = select(Membership).where(Membership.user_id == user.id, Membership.profile == profile)
    known = db.session.scalars(query.filter_by(**place)).all()
    if not any(one.holds_on(clock.today()) for one in known):
        people.grant(Membership(user_id=user.id, profile=profile, **place), ENROLLING)


def _coordinate(link: Link, user: PortalUser) -> None:
    section = db.session.get(Section, _subject(link))
    if section is None or section.application.status not in OPEN or section.coordinator_id is not None:
        raise links.LinkGone
    section.coordinator_id = user.id
    _grant(user, COORDINATOR, location_id=section.location_id)
    by = Reach(kind="system", user_id=user.id, username=user.username, profile=COORDINATOR)
    note(section.application, "coordinator_joined", by, section.name)


def new_application(name: str, origin: str, is_another: bool, language: str | None) -> Application:
    """An organization that applies, its application, and its Section A with what is known by now."""
    organization = Organization(number=new_number("ORG"), name=name[:160], kind="provider", status="applying")
    db.session.add(organization)
    db.session.flush()
    application = Application(
        number=new_number("ENR"), origin=origin, organization_id=organization.id, organization_name=organization.name,
        is_another=is_another, language=language if language in ("en", "es") else "en",
    )  # fmt: skip
    db.session.add(application)
    db.session.flush()
    begin_section_a(application)
    return application


def begin_section_a(application: Application) -> Section:
    """Section A with the name of the organization in it."""
    section = Section(
        application_id=application.id, kind="A", name=application.organization_name, remarks={},
        content={"organization": {"legal_name": application.organization_name}},
    )  # fmt: skip
    db.session.add(section)
    db.session.flush()
    return section


__all__ = ["INVITATION_LINK", "SECTION_LINK", "SELF_LINK", "Newcomer", "accept", "account_of", "ask_to_enroll"]
