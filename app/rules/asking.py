"""Asking to join a location: by whoever is signed in, or whoever shows by a link that an address is theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app.rules import clock, links, notices, people
from models.access_requests import AccessRequest
from models.base import FORMATS, RuleBroken, db, utcnow
from models.enrollment import Location
from models.links import Link
from models.people import Membership, PortalUser
from models.scope import Reach, acting

JOIN_LINK = "join"
ASKING = Reach.system("asking")  # who asks reaches nothing yet: the place is found by its number alone
MOST_AN_HOUR = 3  # links to one address
MOST_WAITING = 5  # requests of one person


@dataclass(frozen=True)
class Wish:
    """Where somebody asks to work, as what, and why; the name where it is not known."""

    place: str
    profile: str
    reason: str = ""
    first_name: str = ""
    last_name: str = ""


def send_link(email: str, language: str) -> None:
    """Mails a link to ask with; says nothing of whether the address is known."""
    address = email.strip().lower()
    if not FORMATS["email"][0].fullmatch(address) or len(address) > 254:
        raise RuleBroken(FORMATS["email"][1], "email")
    with acting(ASKING):
        recent = select(func.count()).where(
            Link.purpose == JOIN_LINK, Link.email == address, Link.created_at > utcnow() - dt.timedelta(hours=1)
        )  # fmt: skip
        if (db.session.scalar(recent) or 0) >= MOST_AN_HOUR:
            return
        link = links.make(JOIN_LINK, address, "self", ASKING, days=2)
        notices.queue_to("join_link", address, language, f"join-{link.id}", ASKING, link=link)
        db.session.flush()


def ask_as(user: PortalUser, wish: Wish) -> AccessRequest:
    """A request of somebody who is signed in, under the name and address of the account."""
    own_address = not user.email.endswith(notices.NO_ADDRESS)
    request = AccessRequest(
        first_name=user.first_name, last_name=user.last_name, email=user.email if own_address else None,
        username=None if own_address else user.username, user_id=user.id,
    )  # fmt: skip
    with acting(replace(ASKING, user_id=user.id, username=user.username)):
        return _ask(request, wish)


def ask_by(link: Link, wish: Wish) -> AccessRequest:
    """A request of somebody who followed a link; an account comes with the access, not before."""
    request = AccessRequest(first_name=wish.first_name, last_name=wish.last_name, email=link.email)
    with acting(ASKING):
        asked = _ask(request, wish)
        links.use(link)
        return asked


def _ask(request: AccessRequest, wish: Wish) -> AccessRequest:
    place = _location_called(wish.place)
    mine = AccessRequest.email == request.email if request.email else AccessRequest.username == request.username
    waiting = list(db.session.scalars(select(AccessRequest).where(AccessRequest.status == "waiting", mine)))
    for earlier in waiting:
        if earlier.location_id == place.id:
            return earlier
    if len(waiting) >= MOST_WAITING:
        raise RuleBroken(_("You have asked at several places already. Please wait for their answers."), "place")
    if request.user_id is not None and _works_there(request.user_id, place, wish.profile):
        raise RuleBroken(_("You have this access already."), "place")
    request.location, request.profile, request.reason, request.how = place, wish.profile, wish.reason or None, "asked"
    db.session.add(request)
    db.session.flush()
    _tell_managers(request, place)
    db.session.flush()  # as whoever asks, who reaches nothing afterwards
    return request


def _location_called(words: str) -> Location:
    """The approved location of this number or Provider PIN, with or without its letters; its name is not told."""
    said = "".join(words.split()).upper()
    pin = said if said.startswith("NCA") else f"NCA{said}"
    query = select(Location).where(
        Location.status == "approved", or_(func.upper(Location.number) == said, Location.provider_pin == pin)
    )
    place = db.session.scalars(query).first()
    if place is None:
        raise RuleBroken(_("No location that gives vaccine has this number or Provider PIN."), "place")
    return place


def _works_there(user_id: int, place: Location, profile: str) -> bool:
    query = select(Membership).where(
        Membership.user_id == user_id, Membership.location_id == place.id, Membership.profile == profile
    )
    return any(row.holds_on(clock.today()) for row in db.session.scalars(query))


def _tell_managers(request: AccessRequest, place: Location) -> None:
    """That somebody asks; who it is stands in the list, not in the mail."""
    for manager in people.managers_at(place.id, clock.today()):
        notices.queue(
            "access_asked", to=manager.user, once=f"asked-{request.id}-{manager.id}", by=ASKING.at(place.id),
            place=place.name,
        )  # fmt: skip


def asked_by(user: PortalUser) -> list[Any]:
    """What somebody asked for lately and what came of it: one's own requests alone."""
    query = (
        select(AccessRequest)
        .where(AccessRequest.user_id == user.id, AccessRequest.how == "asked")
        .order_by(AccessRequest.created_at.desc())
        .limit(MOST_WAITING * 2)
    )
    with acting(ASKING):
        return [(one, one.location.number) for one in db.session.scalars(query)]
