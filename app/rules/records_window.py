"""When a location is over, its own people may change its records for 90 days, and only read them afterwards."""

from __future__ import annotations

from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import event

from app.rules.clock import today_at
from models.base import Entity, RuleBroken, db, unchecked
from models.enrollment import Location

OWN_PEOPLE = ("location", "organization")
AT_HAND = "place of the last row written"


def refuse_after(session: Any, *_more: Any) -> None:
    """Refuses to write a row of a place whose days for that are over; the state may still put records right."""
    reach = session.info.get("reach")
    if reach is None or reach.kind not in OWN_PEOPLE:
        return
    with session.no_autoflush:
        places = {reach.location_id}
        rows = [*unchecked(session), *(row for row in session.deleted if isinstance(row, Entity))]
        for row in rows:
            places.add(row.id if isinstance(row, Location) else getattr(row, "location_id", None))
        for key in places - {None} if rows else ():
            session.info[AT_HAND] = session.get(Location, key)  # or the session forgets it before the next flush
            _refuse(session.info[AT_HAND])


def _refuse(location: Location | None) -> None:
    if location is None or location.records_until is None or today_at(location) <= location.records_until:
        return
    last = format_date(location.records_until, "medium")
    raise RuleBroken(_("%(place)s is over; its records could be changed until %(day)s.", place=location, day=last))


def install() -> None:
    """Puts the listener on the one session there is."""
    if not event.contains(db.session, "before_flush", refuse_after):
        event.listen(db.session, "before_flush", refuse_after)
