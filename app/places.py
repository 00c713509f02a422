"""The place in force: which of a person's memberships counts now, and what it reaches."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from app import access, database
from app.rules import clock
from models.base import db
from models.people import LAPSES_AFTER, Membership, PortalUser
from models.scope import Reach, acting

SIGN_IN = Reach.system("sign-in")


@dataclass(frozen=True)
class Place:
    """One membership as the switcher shows it."""

    membership_id: int
    place_name: str
    profile: str
    is_in_force: bool = False


def memberships_of(user: PortalUser, today: dt.date) -> list[Membership]:
    """The memberships of a person that hold today, the one for after sign-in first."""
    query = (
        select(Membership)
        .where(Membership.user_id == user.id)
        .options(joinedload(Membership.location), joinedload(Membership.organization), joinedload(Membership.recipient))
        .order_by(Membership.is_default.desc(), Membership.id)
    )
    with acting(SIGN_IN):
        rows = db.session.scalars(query).all()
    return [row for row in rows if row.holds_on(today) and row.profile in access.profiles()]


def unused_today(memberships: list[Membership], in_force: Reach | None) -> int | None:
    """The key of the membership in force where this is its first use of the day."""
    for row in memberships:
        if in_force is not None and row.id == in_force.membership_id and row.last_used_on != clock.today():
            return row.id
    return None


def note_use(membership_id: int) -> None:
    """Notes the day on which a membership was used, which begins its idle days anew: one short write a day."""
    today = clock.today()
    statement = (
        update(Membership)
        .where(Membership.id == membership_id, Membership.lapsed_on.is_(None))
        .values(last_used_on=today, lapses_on=case((Membership.lapses_on.is_not(None), today + LAPSES_AFTER)))
        .execution_options(synchronize_session=False)
    )
    try:
        with database.reading_only(False), acting(SIGN_IN):
            db.session.execute(statement)
            db.session.commit()
    except OperationalError:  # the database is busy: the next request of the day notes it
        db.session.rollback()


def place_name(membership: Membership, state: str) -> str:
    """What the header calls the place."""
    kind = access.reach_of(membership.profile)
    if kind == "location" and membership.location:
        return membership.location.name
    if kind == "organization" and membership.organization:
        return membership.organization.name
    if kind == "self" and membership.recipient:
        return membership.recipient.full_name
    return state


def reach_through(user: PortalUser, memberships: list[Membership], chosen: Any, state: str) -> Reach | None:
    """The reach of the membership chosen, or of the first; None for a person without any."""
    if not memberships:
        return None
    membership = next((row for row in memberships if row.id == chosen), memberships[0])
    kind = access.reach_of(membership.profile)
    same = [row.recipient_id for row in memberships if row.profile == membership.profile and row.recipient_id]
    return Reach(
        kind=kind,
        user_id=user.id,
        username=user.username,
        profile=membership.profile,
        membership_id=membership.id,
        location_id=membership.location_id if kind == "location" else None,
        organization_id=_organization(membership, kind),
        recipient_ids=tuple(same) if kind == "self" else (),
        place_name=place_name(membership, state),
    )


def _organization(membership: Membership, kind: str) -> int | None:
    if kind == "organization":
        return membership.organization_id
    if kind == "location" and membership.location:
        return membership.location.organization_id
    return None


def switcher(memberships: list[Membership], in_force: Reach | None, state: str) -> list[Place]:
    """Every place a person may switch to, as the header lists them."""
    now = in_force.membership_id if in_force else None
    return [Place(row.id, place_name(row, state), row.profile, row.id == now) for row in memberships]
