"""Access to a location that nobody uses for 90 days ends by itself after two warnings, but for the last manager's."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload

from app import history
from app.rules import clock, notices, people
from models.base import db
from models.people import AT_A_LOCATION, LAPSES_AFTER, Membership
from models.scope import Reach

WARNED = (14, 3)  # days before
SOON = dt.timedelta(days=max(WARNED))
LONG_AGO = dt.timedelta(days=365)  # who did not come back within a year is let in anew


def nightly(today: dt.date, by: Reach) -> Counter[str]:
    """Lets lapse what is due, warns of what is soon, tells the managers how many; run twice it does nothing more."""
    tally: Counter[str] = Counter(begun=_begin(today), lapsed=0, warned=0)
    soon: Counter[int] = Counter()
    managers: dict[int, int] = {}
    for membership in _due(today):
        if _is_last_manager(membership, managers, today):
            continue
        if membership.lapses_on <= today:
            membership.lapsed_on = today
            tally["lapsed"] += 1
            if membership.profile == people.MANAGER:
                managers[membership.location_id] -= 1
        elif _warn(membership, today, by):
            tally["warned"] += 1
            soon[membership.location_id] += 1
    db.session.flush()
    for location_id, count in soon.items():
        _tell_managers(location_id, count, today, by)
    return tally


def _holding(today: dt.date) -> tuple[Any, ...]:
    return (
        Membership.location_id.is_not(None),
        Membership.profile.in_(AT_A_LOCATION),
        Membership.lapsed_on.is_(None),
        or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
    )


def _begin(today: dt.date) -> int:
    """The idle days of access given before they were counted begin now."""
    which = (*_holding(today), Membership.lapses_on.is_(None))
    keys = list(db.session.scalars(select(Membership.id).where(*which)))
    if keys:
        db.session.execute(
            update(Membership)
            .where(*which)
            .values(lapses_on=today + LAPSES_AFTER)
            .execution_options(synchronize_session=False)
        )
        history.changed_in_bulk("Membership", "begin_idle_days", keys)
    return len(keys)


def _due(today: dt.date) -> list[Membership]:
    query = (
        select(Membership)
        .where(*_holding(today), Membership.lapses_on <= today + SOON)
        .options(joinedload(Membership.user), joinedload(Membership.location))
        .order_by(Membership.lapses_on, Membership.id)
    )
    return list(db.session.scalars(query))


def _is_last_manager(membership: Membership, managers: dict[int, int], today: dt.date) -> bool:
    """Whether a location would be without a manager; `managers` counts those that each has left."""
    if membership.profile != people.MANAGER or membership.location_id is None:
        return False
    if membership.location_id not in managers:
        managers[membership.location_id] = len(people.managers_at(membership.location_id, today))
    return managers[membership.location_id] <= 1


def _warn(membership: Membership, today: dt.date, by: Reach) -> bool:
    """Mails a person 14 and 3 days before; a night that was missed is made up for, and none is told twice."""
    last_day = membership.lapses_on
    if last_day is None or membership.location is None:
        return False
    days = min(days for days in WARNED if (last_day - today).days <= days)
    notice = notices.queue(
        "access_lapses", to=membership.user, once=f"lapse-{membership.id}-{last_day}-{days}",
        by=by.at(membership.location.id), place=membership.location.name, lapses_on=last_day.isoformat(),
    )  # fmt: skip
    return notice is not None and notice in db.session.new


def _tell_managers(location_id: int, count: int, today: dt.date, by: Reach) -> None:
    """How many of the team, without names: the list says who."""
    for manager in people.managers_at(location_id, today):
        if manager.location is not None:
            notices.queue(
                "team_lapses", to=manager.user, once=f"team-lapses-{manager.id}-{today}", by=by.at(location_id),
                place=manager.location.name, count=count,
            )  # fmt: skip


def lapsing(by: Reach) -> list[Any]:
    """Others' access at the place that nobody used for long, the last manager's too."""
    today = clock.today()
    conditions = [
        Membership.lapses_on.is_not(None),
        Membership.lapses_on.between(today - LONG_AGO, today + SOON),
        or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
        Membership.user_id != by.user_id,
    ]
    if by.kind == "location":
        conditions.append(Membership.location_id == by.location_id)
    return conditions
