"""The demo's 400 people: those known at the locations, and those the employer sent."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from app.demo import persons
from app.rules import notices
from models.base import db
from models.enrollment import Location, Organization
from models.recipients import Recipient, RecipientLink
from models.scope import Reach

PEOPLE = 400
FROM_THE_EMPLOYER = 60
SHARES = (120, 60, 50, 40, 40, 30)  # people of each location, in their order
INVITED = (20, 4, 3, 3, 0, 0)  # of those, sent by the location and not registered yet
AT_BOTH = 25  # of the employer's people, registered and known at the first location too
WELCOMED = 8  # mails still waiting in the outbox

# Whose sign-in is recipient.demo.
ANA: dict[str, Any] = {
    "first_name": "Ana Lucía", "middle_name": None, "last_name": "Márquez Peña", "suffix": None, "sex": "F",
    "races": "2106-3", "ethnicity": "2135-2", "language": "es", "street": "418 Dogwood Ln", "street2": None,
    "email": "ana.marquez@mail.example", "phone": "3365550190", "industry": "other",
}  # fmt: skip


def group_of(values: dict[str, Any], today: dt.date) -> str:
    """The group a person would attest: by work, else by age."""
    age = (today - values["birth_date"]).days // 365.25
    if values["industry"] in ("health_care", "long_term_care"):
        return "1"
    if age >= 65:
        return "2"
    return "5" if values["industry"] == "other" else "3"


def at_locations(rng: Random, locations: list[Location], today: dt.date) -> list[list[Recipient]]:
    """The people of each location; the first of the first is the one who can sign in."""
    found: list[list[Recipient]] = []
    number = 1000
    for place, location in enumerate(locations):
        here = []
        for position in range(SHARES[place]):
            number += 1
            invited = position >= SHARES[place] - INVITED[place]
            more = {**ANA, "birth_date": today - dt.timedelta(days=25_300)} if not found and not here else {}
            values = persons.someone(rng, number, location.county or "37183", today, **more)
            here.append(_person(values, today, invited))
            how = "upload" if invited or rng.random() < 0.5 else "registration"
            db.session.add(RecipientLink(recipient=here[-1], location=location, how=how))
        found.append(here)
    db.session.flush()
    return found


def of_employer(rng: Random, employer: Organization, first: Location, today: dt.date) -> list[Recipient]:
    """The people the employer sent: some have registered and are known at the first location."""
    found = []
    for position in range(FROM_THE_EMPLOYER):
        number = 2000 + position
        county = rng.choice(("37037", "37037", "37001"))
        born = persons.birth_date(rng, today, persons.WORKING)
        more = {"birth_date": born, "industry": "food_agriculture", "works_in_nc": True, "employer": employer}
        values = persons.someone(rng, number, county, today, **more, external_id=f"CP-{1100 + position}")
        person = _person(values, today, invited=position >= AT_BOTH)
        db.session.add(RecipientLink(recipient=person, organization=employer, how="upload"))
        if position < AT_BOTH:
            db.session.add(RecipientLink(recipient=person, location=first, how="registration"))
        found.append(person)
    db.session.flush()
    return found


def _person(values: dict[str, Any], today: dt.date, invited: bool) -> Recipient:
    person = Recipient(**values, priority_group=group_of(values, today))
    if not invited:
        person.registration = "registered"
        person.registered_at = dt.datetime.combine(today, dt.time(14)) - dt.timedelta(days=75)
    db.session.add(person)
    return person


def welcome(people: list[Recipient], by: Reach) -> None:
    """Invites a few who have not registered; the rest were invited long ago."""
    waiting = [person for person in people if person.registration == "uploaded" and person.email]
    for person in waiting[:WELCOMED]:
        notices.queue("welcome", person, f"welcome-{person.id}", by)
