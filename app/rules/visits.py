"""Check-in: a person is here today."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.rules import recipients
from app.rules.clock import today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Visit
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import Reach


def check_in(person: Recipient, by: Reach, key: str) -> Visit:
    """Checks a person in at the place in force and links them to it; once a day, however often sent."""
    if by.location_id is None:
        raise RuleBroken(_("Check-in is done at a location. Please switch to one."))
    location = db.session.get_one(Location, by.location_id)
    if location.status != "approved":
        raise RuleBroken(_("This location does not give vaccine at present."))
    recipients.link(person, by, "visit")
    today = today_at(location)
    query = select(Visit).where(
        Visit.recipient_id == person.id, Visit.location_id == location.id, Visit.visited_on == today
    )
    known = [visit for visit in db.session.scalars(query) if visit.status in ("checked_in", "vaccinated")]
    waiting = [visit for visit in known if visit.status == "checked_in" or visit.key == key]
    if waiting:
        return waiting[0]
    visit = Visit(
        key=key,
        recipient_id=person.id,
        location_id=location.id,
        visited_on=today,
        checked_in_at=utcnow(),
        checked_in_by_id=by.user_id,
    )
    db.session.add(visit)
    db.session.flush()
    return visit


def leave(visit: Visit, by: Reach) -> Visit:
    """Notes that a person left without vaccine."""
    visit.status = "left"
    return visit
