"""A new link in place of one that holds no more: to the same address, where there is still something to open.

Whoever asks is told the same in every case; the mail alone tells more, and at most a few go to one address in an hour.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from app.rules import applications, asking, coordinators, joining, links, own_passwords, welcomes
from models.applications import OPEN, Application, Section
from models.base import db, utcnow
from models.links import Link
from models.people import PortalUser
from models.scope import acting

MOST_AN_HOUR = 3
HOUR = dt.timedelta(hours=1)


def _invitation(old: Link, _language: str) -> None:
    """The invitation of an organization, while it is not taken up; one that was taken back is not renewed."""
    application = db.session.get(Application, _key(old))
    if application is not None and application.status == "invited" and application.administrator_email == old.email:
        applications.send_invitation(application, links.DOOR)


def _section(old: Link, _language: str) -> None:
    """The invitation of a coordinator who has not registered and is named still."""
    section = db.session.get(Section, _key(old))
    if section is None or section.status == "taken_out" or section.application.status not in OPEN:
        return
    if section.coordinator_id is None and section.coordinator_email == old.email:
        coordinators.invite_coordinator(section, links.DOOR)


def _password(old: Link, _language: str) -> None:
    """A password is chosen by a link that holds an hour, whether it is the first one or was forgotten."""
    own_passwords.send_link(db.session.get(PortalUser, old.user_id) if old.user_id else None)


def _welcome(old: Link, _language: str) -> None:
    """The welcome of somebody who has not registered, at the address that the record has still."""
    person = welcomes.person_of(old)
    if person.registration == "uploaded" and (person.email or "").strip().lower() == old.email.strip().lower():
        welcomes.welcome_again(person, links.DOOR)


AGAIN: dict[str, Callable[[Link, str], None]] = {
    joining.INVITATION_LINK: _invitation,
    joining.SECTION_LINK: _section,
    joining.SELF_LINK: lambda old, language: joining.ask_to_enroll(old.email, language),
    asking.JOIN_LINK: lambda old, language: asking.send_link(old.email, language),
    own_passwords.FIRST_SIGN_IN: _password,
    own_passwords.FORGOTTEN: _password,
    welcomes.WELCOME: _welcome,
}


def send(old: Link, language: str) -> Link:
    """Sends a new link where there is reason to; what a rule refuses is nobody's to read."""
    with acting(links.DOOR):
        recent = select(func.count()).select_from(Link)
        recent = recent.where(Link.email == old.email, Link.created_at > utcnow() - HOUR)
        if (db.session.scalar(recent) or 0) < MOST_AN_HOUR:
            AGAIN[old.purpose](old, language)
    return old


def _key(old: Link) -> Any:
    return int(old.subject.partition(":")[2])
