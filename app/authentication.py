"""Whether a name and a password, or a second factor, are somebody's: the same work and answer whoever is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import current_app, request
from flask_appbuilder.security.utils import is_null_password
from sqlalchemy import case, func, or_, select, update
from werkzeug.security import check_password_hash

from app import devices, history, places, second_factor, throttle
from models.base import db, utcnow
from models.people import PortalUser
from models.scope import Reach, acting

NOBODY = 0  # the key of no account


def by_password(username: str | None, password: str) -> PortalUser | None:
    """The person with this username (or staff e-mail) and password; raises throttle.TooMany."""
    with acting(places.SIGN_IN):
        user = someone(username)
        account = f"user:{user.id}" if user is not None else f"name:{(username or '').strip().casefold()}"
        hashed = user.password if user and user.password else current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
        known = user is not None and bool(user.password) and may_sign_in(user)
        key, meant = (user.id, _as(user)) if user is not None else (NOBODY, places.SIGN_IN)
        _slowed(account)  # its rollback forgets the row, which is not read again unless the password fits
        fits = not is_null_password(password) and check_password_hash(hashed, password) and known
        _note(key, fits)
        if fits and second_factor.is_on(key):
            history.entry().outcome = "password right"
        with acting(meant):
            db.session.commit()
        if not fits:
            return None
        throttle.succeeded(account, request.remote_addr or "", devices.named())
    return user


def _slowed(account: str) -> None:
    try:
        throttle.enter(account, request.remote_addr or "", devices.at_hand())
    except throttle.TooMany:
        history.refused("too many attempts")
        raise


def by_code(user_id: int, code: str) -> bool:
    """Whether the second factor is right; raises throttle.TooMany. The caller commits."""
    throttle.spend("second factor", str(user_id), throttle.CODE)
    if not second_factor.accepts(user_id, code):
        history.refused("second factor")
        return False
    return True


def code_was_right(user_id: int) -> None:
    """Forgets the wrong codes before it, once the right one is committed."""
    throttle.give_back("second factor", str(user_id))


def someone(username: str | None) -> PortalUser | None:
    """The account of this username, or staff e-mail, without regard to case."""
    if not username or "\x00" in username or len(username) > 320:
        return None
    wanted = username.strip().lower()
    by_name = func.lower(PortalUser.username) == wanted
    either = select(PortalUser).where(or_(by_name, func.lower(PortalUser.email) == wanted))
    return db.session.scalars(either.order_by(case((by_name, 0), else_=1)).limit(1)).first()


def may_sign_in(user: PortalUser) -> bool:
    """Whether an account is open, and a person's."""
    return bool(user.is_active) and not user.is_system


def _note(key: int, succeeded: bool) -> None:
    """Counts it in the row of the account; where there is none, in no row, by the same statement."""
    history.entry().outcome = "signed in" if succeeded else "refused"
    counted = func.coalesce(PortalUser.fail_login_count, 0) + 1
    values: dict[str, Any] = {"fail_login_count": counted}
    if succeeded:
        logins = func.coalesce(PortalUser.login_count, 0) + 1
        values = {"fail_login_count": 0, "login_count": logins, "last_login": utcnow()}
    row = update(PortalUser).where(PortalUser.id == key).values(**values)
    db.session.execute(row.execution_options(synchronize_session=False))


def _as(user: PortalUser) -> Reach:
    """Whom the history names at a sign-in: the account that was meant, where there is one; never what was typed."""
    return replace(places.SIGN_IN, user_id=user.id, username=user.username)
