"""The team of a location: who is let in, becomes something else, or keeps access that nobody used."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import access
from app.rules import accounts, clock, notices, people
from models.access_requests import AccessRequest
from models.acts import Ask, act
from models.base import RuleBroken, utcnow
from models.people import AT_A_LOCATION, Membership, PortalUser
from models.scope import Reach


@act(label=_l("Give access"), done=_l("The access is given, and a mail says so."))
def add_person(request: AccessRequest, by: Reach, phone: str | None = None) -> Membership:
    """Lets in a person whom the place itself names: an account there is by exact username or e-mail, or a new one."""
    request.status = "waiting"
    request.check()
    return _let_in(request, by, phone)


@act(
    label=_l("Let in"),
    icon="fa-user-check",
    done=_l("The access is given, and a mail says so."),
    may_do=lambda request: request.status == "waiting",
)
def let_in(request: AccessRequest, by: Reach) -> AccessRequest:
    """Approves a request to join; where a location has no manager yet, the state approves its first one."""
    _still_waiting(request)
    if by.kind == "state" and request.profile == people.MANAGER and not _has_manager(request):
        name = f"{request.first_name} {request.last_name}"
        _settle(request, people.first_manager(request.location, name, request.email or "", by), by)
    else:
        _let_in(request, by)
    return request


@act(
    label=_l("Turn down"),
    asks=(Ask("reason", _l("Reason"), "long", help=_l("It is mailed to the person who asked.")),),
    icon="fa-user-xmark",
    may_do=lambda request: request.status == "waiting",
)
def turn_down(request: AccessRequest, by: Reach, reason: str) -> AccessRequest:
    """Refuses a request to join, with a reason that the person is told."""
    _still_waiting(request)
    if by.kind == "location" and request.profile not in access.may_grant(by.profile):
        raise people.not_granted(_("Your profile may not grant this one."))
    request.status, request.refusal = "turned_down", reason
    request.decided_by_id, request.decided_at = by.user_id, utcnow()
    if request.email:
        notices.queue_to(
            "access_refused", request.email, None, f"access-refused-{request.id}", by,
            place=request.location.name, reason=reason,
        )  # fmt: skip
    return request


@act(
    label=_l("Change profile"),
    asks=(Ask("profile", _l("New profile"), "choice", AT_A_LOCATION),),
    icon="fa-user-pen",
    on_many=False,
    may_do=lambda membership: membership.location_id is not None and membership.holds_on(clock.today()),
)
def change_profile(membership: Membership, by: Reach, profile: str) -> Membership:
    """Makes somebody something else at the same place: one membership ends and another begins, both in the history."""
    today = clock.today()
    if not membership.holds_on(today):
        raise RuleBroken(_("This access has ended already."))
    if profile == membership.profile:
        raise RuleBroken(_("This person has this access already."), field="profile")
    following = Membership(
        user_id=membership.user_id, profile=profile, location_id=membership.location_id, starts_on=today,
        ends_on=membership.ends_on, is_default=membership.is_default,
    )  # fmt: skip
    people.may_take(membership, by)
    people.may_give(following, by)
    people.end(membership, by)
    people.grant(following, by)
    accounts.tell(following, by)
    return following


@act(
    label=_l("Renew"),
    icon="fa-rotate",
    done=_l("The access goes on for 90 days from now."),
    may_do=lambda membership: membership.lapses_on is not None and not _has_ended(membership),
)
def renew(membership: Membership, by: Reach) -> Membership:
    """Lets access go on that nobody used, lapsed or about to."""
    people.may_take(membership, by)
    if _has_ended(membership):
        raise RuleBroken(_("This access has ended already."))
    membership.keep(clock.today())
    return membership


def _has_ended(membership: Membership) -> bool:
    return membership.ends_on is not None and membership.ends_on < clock.today()


def _still_waiting(request: AccessRequest) -> None:
    if request.status != "waiting":
        raise RuleBroken(_("This request is decided already."))


def _has_manager(request: AccessRequest) -> bool:
    return bool(people.managers_at(request.location_id, clock.today()))


def _let_in(request: AccessRequest, by: Reach, phone: str | None = None) -> Membership:
    """The membership that a request asks for, within what `by` may grant; the same answer for old and new accounts."""
    user = accounts.named(request.email, request.username)
    if user is not None:
        refuse_another(user, request.first_name, request.last_name)
    membership = Membership(profile=request.profile, location=request.location, ends_on=request.until)
    if user is not None:
        membership.user_id = user.id
    else:
        membership.user = accounts.new(
            request.first_name, request.last_name, request.email or "",
            username=request.username, ncid=request.username, phone=phone,
        )  # fmt: skip
    if membership.location is None:
        membership.location_id = request.location_id
    people.may_give(membership, by)
    membership.keep(clock.today())
    accounts.attach(membership)
    accounts.tell(membership, by)
    _settle(request, membership, by)
    return membership


def refuse_another(user: PortalUser, first_name: str, last_name: str) -> None:
    """Raises RuleBroken where an account is not of the person named, or may not be given access."""
    if not accounts.is_same_person(user, first_name, last_name):
        raise RuleBroken(
            _("This e-mail address or username belongs to somebody of another name. Please check all three."),
            field="last_name",
        )
    if not accounts.may_work(user):
        raise RuleBroken(_("This account cannot be given access. Please write to the help desk."), field="email")


def _settle(request: AccessRequest, membership: Membership, by: Reach) -> None:
    request.status, request.user_id = "let_in", membership.user_id
    request.decided_by_id, request.decided_at = by.user_id, utcnow()
