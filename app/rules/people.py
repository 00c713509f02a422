"""Who may act where: granting and ending memberships, within what `access.md` lets one grant."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from app import access, history
from app.rules import accounts, clock, passwords
from models.acts import Ask, act
from models.base import RuleBroken, db
from models.enrollment import Location
from models.people import COORDINATOR, MANAGER, Membership, PortalUser
from models.scope import Reach


def not_granted(words: Any, field: str | None = None) -> RuleBroken:
    """A refusal of authority: it stands in the history, done or not."""
    history.refused("not granted")
    return RuleBroken(words, field)


def grant(membership: Membership, by: Reach) -> Membership:
    """Gives a person a profile at a place; only what one's own profile may grant, within one's own reach."""
    may_give(membership, by)
    membership.keep(clock.today())
    db.session.add(membership)
    db.session.flush()
    return membership


def may_give(membership: Membership, by: Reach) -> None:
    """Raises RuleBroken where `by` may not give this person this profile at this place."""
    if membership.profile not in access.profiles():
        raise RuleBroken(_("There is no such profile."), field="profile")
    if by.kind != "system" and membership.profile not in access.may_grant(by.profile):
        raise not_granted(_("Your profile may not grant this one."), field="profile")
    if by.kind != "system" and _whose(membership) == by.user_id:
        raise not_granted(_("Nobody gives access to oneself; please ask a colleague."), field="user")
    _place_fits(membership, by)
    _takes_part(membership)
    if _has_it(membership):
        raise RuleBroken(_("This person has this access already."), field="profile")


def _takes_part(membership: Membership) -> None:
    """At a location that only applies there is nothing to do but to fill in its section."""
    where = _where(membership)
    if where is None or membership.profile == COORDINATOR:
        return
    query = select(Location.id).where(Location.id == where, Location.status == "applying")
    if db.session.scalar(query.execution_options(unscoped="reference_check")):
        raise RuleBroken(_("This location is not approved yet."), field="location")


def _has_it(membership: Membership) -> bool:
    """Whether the same person works here under the same profile already."""
    user_id, location_id = _whose(membership), _where(membership)
    if user_id is None or location_id is None:
        return False
    query = select(Membership).where(
        Membership.user_id == user_id, Membership.location_id == location_id, Membership.profile == membership.profile
    )
    return any(row is not membership and row.holds_on(clock.today()) for row in db.session.scalars(query))


def managers_at(location_id: int, today: dt.date) -> list[Membership]:
    """The memberships of a location's managers that hold today."""
    query = select(Membership).where(
        Membership.location_id == location_id,
        Membership.profile == MANAGER,
        or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
    )
    return [row for row in db.session.scalars(query.order_by(Membership.id)) if row.holds_on(today)]


def first_manager(location: Any, name: str, email: str, by: Reach) -> Membership:
    """Lets in the first manager of a location that the state approves, and mails the person how to sign in.

    The account of this e-mail address, or a new one. A location that has a manager keeps that one.
    """
    if by.kind not in ("state", "system"):
        raise not_granted(_("The state lets in the first manager of a location."))
    if known := managers_at(location.id, clock.today()):
        return known[0]
    first, _space, last = " ".join(name.split()).rpartition(" ")
    user = accounts.named(email)
    if user is not None and not accounts.may_work(user):
        raise RuleBroken(_("This account cannot be given access. Please write to the help desk."), field="email")
    user = user or accounts.new(first or last, last, email)
    membership = Membership(user=user, profile=MANAGER, location=location)
    membership.keep(clock.today())
    db.session.add(membership)
    db.session.flush()
    accounts.tell(membership, by.at(location.id))
    return membership


def _whose(membership: Membership) -> int | None:
    return membership.user_id or (membership.user.id if membership.user else None)


def _where(membership: Membership) -> int | None:
    return membership.location_id or (membership.location.id if membership.location else None)


def _place_fits(membership: Membership, by: Reach) -> None:
    kind = access.reach_of(membership.profile)
    given = {
        "location": _where(membership),
        "organization": membership.organization_id or (membership.organization.id if membership.organization else None),
        "self": membership.recipient_id or (membership.recipient.id if membership.recipient else None),
    }
    if by.kind == "location" and kind == "location" and given["location"] is None:
        membership.location = db.session.get(Location, by.location_id)  # the relation too: a form has set it to none
        given["location"] = membership.location_id = by.location_id
    field = {"location": "location", "organization": "organization", "self": "recipient"}
    for name, value in given.items():
        if name == kind and value is None:
            raise RuleBroken(_("Please say for which one this profile is."), field=field[name])
        if name != kind and value is not None:
            raise RuleBroken(_("This profile is not for one of these."), field=field[name])
    if by.kind == "location" and given["location"] != by.location_id:
        raise not_granted(_("You may grant access to your own location only."), field="location")
    if kind == "location" and by.kind != "system" and not _reaches(given["location"]):
        raise not_granted(_("You may grant access to your own location only."), field="location")


def _reaches(location_id: int | None) -> bool:
    """Whether the location is among those that the reach in force sees."""
    return bool(db.session.scalar(select(Location.id).where(Location.id == location_id)))


@act(
    label=_l("End access"),
    asks=(
        Ask("last_day", _l("Last day"), "date", required=False, help=_l("Leave it empty to end the access at once.")),
    ),
    icon="fa-user-slash",
    may_do=lambda membership: membership.ends_on is None or membership.ends_on >= clock.today(),
)
def end(membership: Membership, by: Reach, last_day: dt.date | None = None) -> Membership:
    """Ends a membership with a day, or at once: then it is gone with the next request."""
    may_take(membership, by)
    today = clock.today()
    if membership.ends_on is not None and membership.ends_on < today:
        raise RuleBroken(_("This access has ended already."))
    if last_day is not None and last_day < today:
        raise RuleBroken(_("The last day cannot be in the past. Leave it empty to end the access at once."), "last_day")
    ends_on = last_day or today - dt.timedelta(days=1)
    _leaves_a_manager(membership, by, ends_on + dt.timedelta(days=1))
    membership.ends_on = ends_on
    if membership.starts_on and membership.starts_on > membership.ends_on:
        membership.starts_on = membership.ends_on
    return membership


def may_take(membership: Membership, by: Reach) -> None:
    """Raises RuleBroken where `by` may not end or change this membership: it is of a profile or place beyond."""
    if by.kind == "system":
        return
    if membership.id == by.membership_id:
        raise RuleBroken(_("You cannot end the membership you are using now."))
    if membership.profile not in access.may_grant(by.profile):
        raise not_granted(_("Your profile may not end this one."))
    if by.kind == "location" and membership.location_id != by.location_id:
        raise not_granted(_("This access is for another place."))


def still_in_force(by: Reach) -> None:
    """Raises RuleBroken where what one acts as has ended or lapsed since: work may go on after its sender left."""
    if by.membership_id is None:
        return
    mine = db.session.scalars(select(Membership).where(Membership.id == by.membership_id)).first()
    if mine is None or not mine.holds_on(clock.today()) or mine.profile != by.profile:
        raise not_granted(_("Your own access has ended meanwhile."))


def _leaves_a_manager(membership: Membership, by: Reach, first_day: dt.date) -> None:
    """Only the state leaves a location without a manager, from that day on."""
    if by.kind not in ("location", "organization") or membership.profile != MANAGER or membership.location_id is None:
        return
    if not [row for row in managers_at(membership.location_id, first_day) if row.id != membership.id]:
        raise RuleBroken(_("This is the last manager of the location. Give access to another one first."))


def add_user(user: PortalUser, by: Reach) -> PortalUser:
    """Adds a person who may sign in; what they may do comes with a membership."""
    user.username = (user.username or "").strip().lower()
    user.email = _address(user)
    user.active = True
    db.session.add(user)
    db.session.flush()
    return user


def _address(user: PortalUser) -> str:
    """The e-mail address; the framework wants one of each user, and some have none."""
    return (user.email or "").strip().lower() or f"{user.username}@account.invalid"


def refuse_above(user: PortalUser, by: Reach) -> None:
    """Nobody changes a person who holds, anywhere, a profile that is not below one's own."""
    held = set(
        db.session.scalars(
            select(Membership.profile).where(Membership.user_id == user.id).execution_options(unscoped="authority")
        )
    )
    if by.kind != "system" and user.id != by.user_id and not held <= access.below(by.profile):
        raise not_granted(_("This person holds a profile that yours may not change."))


def change_user(user: PortalUser, by: Reach) -> PortalUser:
    """Changes a person's particulars; not those of a person who holds a profile one may not grant."""
    refuse_above(user, by)
    if user.id == by.user_id and not user.active:
        raise RuleBroken(_("You cannot shut yourself out."), field="active")
    if not user.active:
        user.session_epoch += 1
    user.email = _address(user)
    user.row_version += 1
    return user


@act(
    label=_l("Set password"),
    asks=(
        Ask(
            "password",
            _l("New password"),
            "secret",
            help=_l("At least 15 characters. Tell it to the person by phone; it ends all sessions of the account."),
        ),
    ),
    icon="fa-key",
    done=_l("The password is set."),
    on_many=False,
)
def set_password(user: PortalUser, by: Reach, password: str) -> PortalUser:
    """Gives a person a new password and ends all their sessions; not above one's own authority.

    Raises RuleBroken for field password when it is shorter than 15 characters (NIST SP 800-63B-4).
    """
    refuse_above(user, by)
    return passwords.give(user, password)
