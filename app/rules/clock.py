"""The day and hour at a place: instants are UTC, dates of the field are local."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from models.base import utcnow
from models.enrollment import Location


def zone(location: Location | None) -> ZoneInfo:
    """The time zone of a place; the state's where none is given."""
    return ZoneInfo(location.time_zone if location is not None and location.time_zone else "America/New_York")


def local(instant: dt.datetime, location: Location | None) -> dt.datetime:
    """A UTC instant as the clock on the wall of the place shows it."""
    return instant.replace(tzinfo=dt.UTC).astimezone(zone(location))


def today_at(location: Location | None) -> dt.date:
    """The date at the place now."""
    return local(utcnow(), location).date()


def today() -> dt.date:
    """The date in the state now: what begins and ends by a day, and at no place of its own, goes by it."""
    return today_at(None)


def to_utc(wall: dt.datetime, location: Location | None) -> dt.datetime:
    """A time on the wall of the place as a UTC instant without tzinfo."""
    return wall.replace(tzinfo=zone(location)).astimezone(dt.UTC).replace(tzinfo=None)
