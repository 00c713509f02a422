"""What guards an account beside its owner: mails about each change of what opens it, and help with a lost phone."""

from __future__ import annotations

import uuid
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import event, inspect, select

from app import access, second_factor
from app.rules import notices, own_passwords, people
from models.acts import act
from models.base import RuleBroken, db
from models.people import Membership, PortalUser
from models.scope import Reach, acting, reach_in_force

PASSWORD, EMAIL, SECOND_ON, SECOND_OFF = "password", "email", "second_on", "second_off"
BY = Reach.system("account")
HELP_DESK = "Help Desk"


def tell(user: PortalUser, what: str, to: str = "") -> None:
    """Mails the owner of an account that it is opened otherwise from now on; no address, no mail and no error."""
    reach = reach_in_force()
    by = BY.at(reach.location_id) if reach is not None and reach.location_id else BY
    with acting(by):
        address = to or own_passwords.address_of(user)
        if address and not address.endswith(notices.NO_ADDRESS):
            once = f"account-{user.id}-{what}-{uuid.uuid4()}"
            notices.queue_to("account_changed", address, user.language, once, by, what=what, username=user.username)


def tell_of_changes(session: Any, *_: Any) -> None:
    """One listener for every door: a new password, and a new e-mail address, which the old one hears of."""
    for user in [row for row in session.dirty if isinstance(row, PortalUser) and not row.is_system]:
        password, email = (inspect(user).attrs[name].history for name in ("password", "email"))
        if password.added and password.deleted and password.deleted[0]:
            tell(user, PASSWORD)
        if email.added and email.deleted and email.deleted[0]:
            tell(user, EMAIL, to=email.deleted[0])


@act(
    label=_l("Reset second factor"),
    confirm=_l("Is this really the person? Without the second factor the password alone opens the account."),
    icon="fa-mobile-screen",
    done=_l("The second factor is reset. The person sets up a new one at the next sign-in."),
    on_many=False,
)
def reset_second_factor(user: PortalUser, by: Reach) -> PortalUser:
    """Takes the second factor off the account of somebody who lost the phone, and ends all its sessions.

    Not one's own, and not that of a person beyond one's authority; the help desk helps everybody but the state's staff.
    """
    if user.id == by.user_id:
        raise people.not_granted(_l("Your own second factor is turned off on the page of your account."))
    _refuse_beyond(user, by)
    if not second_factor.is_on(user.id):
        raise RuleBroken(_l("This account has no second factor."))
    second_factor.turn_off(user.id)
    user.session_epoch += 1
    user.row_version += 1
    tell(user, SECOND_OFF)
    return user


def _refuse_beyond(user: PortalUser, by: Reach) -> None:
    if by.profile != HELP_DESK:
        people.refuse_above(user, by)
        return
    held = select(Membership.profile).where(Membership.user_id == user.id).execution_options(unscoped="authority")
    if any(access.reach_of(profile) == "state" for profile in db.session.scalars(held)):
        raise people.not_granted(_l("This person holds a profile that yours may not change."))


def _remembered(_user: Any, _new: Any, _old: Any, _how: Any) -> None:
    """Nothing to do: that somebody listens has the old value loaded."""


def install() -> None:
    """Puts the listeners on; both columns remember what they held, also where nobody had looked at it."""
    for column in (PortalUser.password, PortalUser.email):
        if not event.contains(column, "set", _remembered):
            event.listen(column, "set", _remembered, active_history=True)
    if not event.contains(db.session, "before_flush", tell_of_changes):
        event.listen(db.session, "before_flush", tell_of_changes)
