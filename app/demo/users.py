"""Who signs in to the demo, one for each profile, and the colleagues who gave its doses."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import exists, select
from werkzeug.security import generate_password_hash

from app.rules import clock, people
from models.access_requests import AccessRequest
from models.base import db
from models.enrollment import Location, Organization
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import Reach

PASSWORD = "demo-tar-heel-2021"  # noqa: S105 - everybody may know it; production refuses accounts that have it
# username, first name, last name, language, (profile, place) ...
STAFF: tuple[tuple[str, str, str, str, tuple[tuple[str, str], ...]], ...] = (
    ("state.demo", "Sarah", "Whitfield", "en", (("State Administrator", ""),)),
    ("immunization.demo", "Marcus", "Tillery", "en", (("State Immunization Staff", ""),)),
    ("orgadmin.demo", "Olivia", "Pruitt", "en", (("Organization Administrator", "ORG-0002"),)),
    ("coordinator.demo", "Grace", "Nakamura", "en", (("Vaccine Coordinator", "LOC-0001"),)),
    (
        "manager.demo",
        "Daniel",
        "Okafor",
        "en",
        (("Healthcare Location Manager", "LOC-0001"), ("Healthcare Location Manager", "LOC-0002")),
    ),
    ("vaccinator.demo", "Renée", "Alston", "en", (("Healthcare Provider", "LOC-0001"),)),
    ("frontdesk.demo", "Lucía", "Ramírez", "es", (("Front Desk", "LOC-0001"),)),
    ("inventory.demo", "Tom", "Efird", "en", (("Inventory Manager", "LOC-0001"),)),
    ("employer.demo", "Beth", "Coggins", "en", (("Organization Portal", "ORG-0005"),)),
    ("helpdesk.demo", "Priya", "Raman", "en", (("Help Desk", ""),)),
    ("auditor.demo", "Walter", "Beck", "en", (("Auditor", ""),)),
)
Teams = dict[int, list[tuple[PortalUser, str]]]  # location key -> who gives doses there, and their titles
# Colleagues without a password: nobody can sign in as them.
VACCINATORS = (
    ("j.haith", "Jonathan", "Haith", "LOC-0001", "LPN"), ("k.bullock", "Keisha", "Bullock", "LOC-0002", "RN"),
    ("s.rhew", "Samuel", "Rhew", "LOC-0003", "OTH"), ("d.locklear", "Dana", "Locklear", "LOC-0004", "RN"),
    ("m.penland", "Martha", "Penland", "LOC-0005", "NP"), ("c.greer", "Caleb", "Greer", "LOC-0006", "PA"),
)  # fmt: skip
RECIPIENT = ("recipient.demo", "Recipient")
_STAFF = tuple((roles[0][0], username) for username, *_, roles in STAFF)
APPLICANT = ("applicant.demo", "Organization Administrator")
SIGN_INS = (
    *_STAFF[:9],
    (RECIPIENT[1], RECIPIENT[0]),
    *_STAFF[9:],
    (APPLICANT[1], APPLICANT[0]),
)  # profile, username: as the start prints them


def staff(by: Reach, organizations: dict[str, Organization], locations: list[Location]) -> list[PortalUser]:
    """Everyone but the recipient, with their memberships."""
    places: dict[str, Any] = {place.number: {"organization": place} for place in organizations.values()}
    places |= {place.number: {"location": place} for place in locations}
    secret = generate_password_hash(PASSWORD)
    found = []
    for username, first, last, language, roles in STAFF:
        user = _user(by, username, first, last, language, secret)
        found.append(user)
        for position, (profile, place) in enumerate(roles):
            membership = Membership(user=user, profile=profile, is_default=position == 0, **places.get(place, {}))
            people.grant(membership, by)
    return found


def vaccinators(by: Reach, locations: list[Location], known: list[PortalUser]) -> Teams:
    """Location key -> those who give doses there, with their titles."""
    places = {place.number: place for place in locations}
    found: Teams = {place.id: [] for place in locations}
    found[locations[0].id].append((next(user for user in known if user.username == "vaccinator.demo"), "RN"))
    for username, first, last, place, title in VACCINATORS:
        user = _user(by, username, first, last, "en", None)
        people.grant(Membership(user=user, profile="Healthcare Provider", location=places[place], is_default=True), by)
        found[places[place].id].append((user, title))
    return found


def newcomer(by: Reach) -> PortalUser:
    """Whoever enrolls an organization: what they may do comes with the application."""
    return _user(by, APPLICANT[0], "Noelle", "Ferrell", "en", generate_password_hash(PASSWORD))


def waiting_for_the_manager(by: Reach, locations: list[Location]) -> None:
    """What the first location's manager finds to do: somebody asks to join, and a colleague's access lapses soon."""
    here, today = locations[0], clock.today()
    db.session.add(
        AccessRequest(
            first_name="Teresa", last_name="Coble", email="t.coble@staff.example", profile="Healthcare Provider",
            location=here, how="asked", reason="I start on Monday as a nurse in the vaccine clinic.",
        )
    )  # fmt: skip
    user = _user(by, "w.overby", "Wanda", "Overby", "en", None)
    idle = people.grant(Membership(user=user, profile="Front Desk", location=here, is_default=True), by)
    idle.lapses_on, idle.last_used_on = today + dt.timedelta(days=6), today - dt.timedelta(days=84)


def recipient(by: Reach, person: Recipient) -> PortalUser:
    """The sign-in of one vaccinated person."""
    username, profile = RECIPIENT
    user = _user(by, username, person.first_name, person.last_name, "es", generate_password_hash(PASSWORD))
    people.grant(Membership(user=user, profile=profile, recipient=person, is_default=True), by)
    return user


def applicant(by: Reach) -> PortalUser:
    """Who enrolls an organization; without a password, so that nobody signs in as them."""
    return _user(by, "w.isenhour", "Warren", "Isenhour", "en", None)


def _user(by: Reach, username: str, first: str, last: str, language: str, secret: str | None) -> PortalUser:
    user = PortalUser(
        username=username, first_name=first, last_name=last, email=f"{username}@staff.example", password=secret,
        language=language, is_demo=True,
    )  # fmt: skip
    return people.add_user(user, by)


def is_loaded() -> bool:
    """Whether the demo's people are in this database."""
    return bool(db.session.scalar(select(exists().where(PortalUser.username == SIGN_INS[0][1]))))
