"""Check-in: a person is here today."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import locations, recipients
from app.rules.clock import today_at
from models.acts import act
from models.base import RuleBroken, db, utcnow
from models.doses import Visit
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import Reach


def check_in(person: Recipient, by: Reach, key: str) -> Visit:
    """Checks a person in at the place in force and links them to it; the same key, or while waiting, once."""
    if by.location_id is None:
        raise RuleBroken(_("Check-in is done at a location. Please switch to one."))
    location = db.session.get_one(Location, by.location_id)
    locations.refuse_giving(location)
    recipients.link(person, by, "visit")
    db.session.get_one(Recipient, person.id, with_for_update=True)
    if (known := _sent_before(key, person, by) or here_today(person, by)) is not None:
        return known
    visit = Visit(
        key=key,
        recipient_id=person.id,
        location_id=location.id,
        visited_on=today_at(location),
        checked_in_at=utcnow(),
        checked_in_by_id=by.user_id,
    )
    db.session.add(visit)
    db.session.flush()
    return visit


def _sent_before(key: str, person: Recipient, by: Reach) -> Visit | None:
    query = select(Visit).where(Visit.key == key).execution_options(unscoped="idempotency")
    known = db.session.scalars(query).first()
    if known is not None and (known.recipient_id, known.location_id) != (person.id, by.location_id):
        raise RuleBroken(_("This form was already used for another person. Please open a new one."))
    return known


def waiting(by: Reach) -> list[Any]:
    """The conditions of the visits that wait for the dose at the place in force today."""
    today = today_at(db.session.get(Location, by.location_id) if by.location_id else None)
    return [Visit.status == "checked_in", Visit.visited_on == today, Visit.location_id == by.location_id]


def here_today(person: Recipient, by: Reach) -> Visit | None:
    """The visit of a person who is checked in here today and waits for the dose."""
    if by.location_id is None:
        return None
    query = select(Visit).where(Visit.recipient_id == person.id, *waiting(by))
    return db.session.scalars(query.order_by(Visit.id)).first()


@act(
    label=_l("Left without vaccine"),
    confirm=_l("Note that this person left without vaccine?"),
    icon="fa-person-walking-arrow-right",
    may_do=lambda visit: visit.status == "checked_in",
)
def leave(visit: Visit, by: Reach) -> Visit:
    """Notes that a person left without vaccine."""
    visit.status = "left"
    return visit
