"""Whether a name and a password, or a second factor, are somebody's: the same work and answer whoever is meant."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, request
from flask_appbuilder.security.utils import is_null_password
from sqlalchemy import func, select
from werkzeug.security import check_password_hash

from app import history, places, second_factor, throttle
from models.base import db, utcnow
from models.people import PortalUser
from models.scope import Reach, acting


def by_password(username: str | None, password: str) -> PortalUser | None:
    """The person with this username (or staff e-mail) and password; raises throttle.TooMany."""
    with acting(places.SIGN_IN):
        user = someone(username)
        account = f"user:{user.id}" if user is not None else f"name:{(username or '').strip().casefold()}"
        _slowed(account)
        hashed = user.password if user and user.password else current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
        fits = not is_null_password(password) and check_password_hash(hashed, password)
        known = user is not None and bool(user.password) and may_sign_in(user)
        _note(user, known and fits)
        if user is not None and known and fits and second_factor.is_on(user.id):
            history.entry().outcome = "password right"
        with acting(_as(user)):
            db.session.commit()
        if not (known and fits):
            return None
        throttle.succeeded(account, request.remote_addr or "")
    return user


def _slowed(account: str) -> None:
    try:
        throttle.enter(account, request.remote_addr or "")
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
    by_name = select(PortalUser).where(func.lower(PortalUser.username) == wanted)
    by_mail = select(PortalUser).where(func.lower(PortalUser.email) == wanted)
    return db.session.scalars(by_name).first() or db.session.scalars(by_mail).first()


def may_sign_in(user: PortalUser) -> bool:
    """Whether an account is open, and a person's."""
    return bool(user.is_active) and not user.is_system


def _note(user: PortalUser | None, succeeded: bool) -> None:
    history.entry().outcome = "signed in" if succeeded else "refused"
    if user is None:
        return
    if succeeded:
        user.last_login = utcnow()
        user.login_count = (user.login_count or 0) + 1
        user.fail_login_count = 0
    else:
        user.fail_login_count = (user.fail_login_count or 0) + 1


def _as(user: PortalUser | None) -> Reach:
    """Whom the history names at a sign-in: the account that was meant, where there is one; never what was typed."""
    return places.SIGN_IN if user is None else replace(places.SIGN_IN, user_id=user.id, username=user.username)
