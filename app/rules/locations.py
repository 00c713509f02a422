"""The life of a location after its approval: suspended, reinstated, withdrawn, closed; and what each leaves open."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from app.rules import notices
from app.rules.clock import today_at
from models.acts import Ask, act
from models.base import FORMATS, RuleBroken, db
from models.enrollment import Location, pin_of
from models.people import ADMINISTRATOR, COORDINATOR, MANAGER, Membership, PortalUser
from models.reviews import LocationEvent
from models.scope import Reach

# How long a location that is over may still put its records right and report them.
RECORDS_OPEN = dt.timedelta(days=90)
OVER = ("withdrawn", "closed")
# Who hears of it: those who answer for the location.
CONCERNED = (MANAGER, COORDINATOR)
REASON = Ask("reason", _l("Reason"), "long", help=_l("The people of the location read it in their mail."))


def refuse_giving(location: Location) -> None:
    """Only an approved location gives vaccine."""
    if location.status != "approved":
        raise RuleBroken(_("This location does not give vaccine at present."))


def refuse_receiving(location: Location) -> None:
    """What was on its way to a suspended location may arrive; one that is over receives nothing."""
    if location.status in OVER:
        raise RuleBroken(_("This location takes part no longer and receives no vaccine."))


def refuse_sending(location: Location) -> None:
    """What is left where a location is over may be sent to another while its records are open, and not afterwards."""
    is_open = location.records_until is not None and today_at(location) <= location.records_until
    if location.status not in ("approved", "suspended") and not (location.status in OVER and is_open):
        raise RuleBroken(_("This location takes part no longer."))


def refuse_ordering(location: Location) -> None:
    """Only an approved location gets new vaccine."""
    if location.status != "approved":
        raise RuleBroken(_("No vaccine is sent to this location at present."), field="location")


@act(
    label=_l("Suspend"),
    confirm=_l("A suspended location gives no vaccine and gets none."),
    asks=(REASON,),
    icon="fa-pause",
    done=_l("The location is suspended, and its people were told."),
    may_do=lambda location: location.status == "approved",
)
def suspend(location: Location, by: Reach, reason: str) -> Location:
    """Stops a location for the time being: it gives no vaccine and gets none; its records stay open."""
    return _becomes("suspended", location, by, reason)


@act(
    label=_l("Reinstate"),
    confirm=_l("Let this location give vaccine again?"),
    icon="fa-play",
    done=_l("The location gives vaccine again, and its people were told."),
    may_do=lambda location: is_reinstatable(location),
)
def reinstate(location: Location, by: Reach) -> Location:
    """Lets a location work again that was suspended or withdrew; not one that never was approved."""
    if not is_reinstatable(location):
        raise RuleBroken(_("This step is not possible from where the record stands now."))
    return _becomes("approved", location, by)


def is_reinstatable(location: Location) -> bool:
    """Whether a location was approved once and may work again; one that only applied has no such day."""
    return location.status == "suspended" or (location.status == "withdrawn" and location.status_on is not None)


@act(
    label=_l("Withdraw"),
    confirm=_l(
        "A location that withdraws gives, receives and orders no vaccine. For 90 days its records may still be "
        "changed and reported."
    ),
    asks=(REASON,),
    icon="fa-person-walking-arrow-right",
    done=_l("The location has withdrawn, and its people were told."),
    may_do=lambda location: location.status in ("approved", "suspended"),
)
def withdraw(location: Location, by: Reach, reason: str) -> Location:
    """The provider takes a location out of the programme; the state may let it work again."""
    return _becomes("withdrawn", location, by, reason)


@act(
    label=_l("Close"),
    confirm=_l(
        "A closed location stays closed: it gives, receives and orders no vaccine. For 90 days its records may still "
        "be changed and reported."
    ),
    asks=(REASON,),
    icon="fa-door-closed",
    done=_l("The location is closed, and its people were told."),
    may_do=lambda location: location.status in ("approved", "suspended"),
)
def close(location: Location, by: Reach, reason: str) -> Location:
    """Closes a location for good."""
    return _becomes("closed", location, by, reason)


@act(
    label=_l("Enter Provider PIN"),
    confirm=_l("The PIN stands on VFC papers. Nobody invents one: a location without it works under its number."),
    asks=(Ask("provider_pin", _l("Provider PIN"), help=_l("NCA and six digits, or the six digits alone.")),),
    icon="fa-hashtag",
    on_many=False,
)
def enter_pin(location: Location, by: Reach, provider_pin: str) -> Location:
    """Enters the PIN that a location has already, from its papers."""
    refuse_other_pin(location.id, provider_pin, "provider_pin")
    location.provider_pin = provider_pin
    return location


def print_pack(location: Location, by: Reach) -> Location:
    """Notes that the location has blank forms at hand, for the hours in which the console cannot be reached."""
    refuse_giving(location)
    location.paper_pack_on = today_at(location)
    return location


def refuse_other_pin(location_id: int | None, typed: str, field: str) -> None:
    """A PIN has the form of one and is of one location; the refusal is for state staff and names the other."""
    pin = pin_of(typed) or ""
    if not FORMATS["pin"][0].fullmatch(pin):
        raise RuleBroken(FORMATS["pin"][1], field=field)
    other = db.session.scalars(select(Location).where(Location.provider_pin == pin)).first()
    if other is not None and other.id != location_id:
        raise RuleBroken(_("%(place)s works under this PIN already.", place=other.name), field=field)


def _becomes(status: str, location: Location, by: Reach, reason: str = "") -> Location:
    """The step, its date and reason, a line in the location's story, and a mail to those who answer for it."""
    if location.status == status:
        raise RuleBroken(_("It stands so already."))
    location.status = status
    today = today_at(location)
    location.status_on, location.status_reason = today, reason.strip() or None
    location.records_until = today + RECORDS_OPEN if status in OVER else None
    story = LocationEvent(location_id=location.id, status=status, reason=location.status_reason, by_id=by.user_id)
    db.session.add(story)
    db.session.flush()
    until = {"records_until": location.records_until.isoformat()} if location.records_until else {}
    for user in people_of(location):
        notices.queue(
            "location_status", user, f"location-event-{story.id}-{user.id}", by,
            place=location.name, status=status, reason=location.status_reason or "", on=today.isoformat(), **until,
        )  # fmt: skip
    return location


def people_of(location: Location) -> list[PortalUser]:
    """Those who answer for a location: its managers and coordinators, and the administrators of its organization."""
    today = today_at(location)
    here = (Membership.location_id == location.id) & Membership.profile.in_(CONCERNED)
    above = (Membership.organization_id == location.organization_id) & (Membership.profile == ADMINISTRATOR)
    query = (
        select(PortalUser)
        .join(Membership, Membership.user_id == PortalUser.id)
        .where(or_(here, above), or_(Membership.ends_on.is_(None), Membership.ends_on >= today), PortalUser.active)
        .order_by(PortalUser.id)
    )
    return list(db.session.scalars(query).unique())
