"""The way in and out of a browser: the sign-in page, the half-way before a second factor, the session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.forms import LoginForm_db
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user

from app import access, database, places, second_factor
from app.rules import clock
from app.sessions import ServerSession
from app.throttle import TooMany
from models.base import db, utcnow
from models.people import PortalUser

HALF, MUST_ENROLL = "half_way", "must_enroll"  # names in the session
HALF_LASTS = dt.timedelta(minutes=5)


class SignInView(AuthDBView):
    """Sign-in by username and password; sign-out only by POST, so that no link can do it."""

    title = _l("Sign in")
    invalid_login_message = _l("The username or the password is not right.")

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        """The page, and what it sends."""
        if g.user is not None and g.user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form = LoginForm_db()
        if not form.validate_on_submit():
            return self._page(form)
        try:
            user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data)
        except TooMany as many:
            flash(wait_words(many), "warning")
            return self._page(form), 429, {"Retry-After": str(many.seconds)}
        next_url = get_safe_redirect(request.args.get("next", ""))
        if user is None:
            flash(self.invalid_login_message, "warning")
            return redirect(self.appbuilder.get_url_for_login_with(next_url))
        return go_in(user, next_url)

    def _page(self, form: Any) -> Any:
        ncid = bool(current_app.config["OIDC_ISSUER"])
        return self.render_template(
            self.login_template, title=self.title, form=form, appbuilder=self.appbuilder, with_ncid=ncid
        )

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        """Ends the session."""
        logout_user()
        end_session()
        flash(_("You are signed out."), "info")
        return redirect("/")


def wait_words(many: TooMany) -> str:
    """How long to wait, in words."""
    if many.seconds < 60:
        return _("Too many attempts. Please wait %(n)s seconds and try again.", n=many.seconds)
    return _("Too many attempts. Please wait %(n)s minutes and try again.", n=-(-many.seconds // 60))


def go_in(user: PortalUser, next_url: str) -> Any:
    """After the password: in, or first to the second factor."""
    if not second_factor.is_on(user.id):
        return let_in(user, next_url)
    renew_session()
    session[HALF] = {"user": user.id, "epoch": user.session_epoch, "at": utcnow().isoformat(), "next": next_url}
    return redirect(url_for("DoorPage.second_factor"))


def half_way() -> dict[str, Any] | None:
    """Who has given the password and not yet the code, for five minutes."""
    half = session.get(HALF)
    if half is None or utcnow() - dt.datetime.fromisoformat(half["at"]) > HALF_LASTS:
        session.pop(HALF, None)
        return None
    return dict(half)


def let_in(user: PortalUser, next_url: str, is_vouched_for: bool = False) -> Any:
    """Signs a person in; `is_vouched_for`: another door has asked for what a second factor proves."""
    login_user(user, remember=False)
    if not is_vouched_for and must_enroll(user):
        session[MUST_ENROLL] = True
    return redirect(next_url or "/")


def must_enroll(user: PortalUser) -> bool:
    """Whether this person has to set up a second factor before anything else."""
    if not current_app.config["SECOND_FACTOR_REQUIRED"] or second_factor.is_on(user.id):
        return False
    held = places.memberships_of(user, clock.today())
    return any(access.asks_second_factor(membership.profile) for membership in held)


@contextmanager
def writing() -> Iterator[None]:
    """Lets a page that is looked at write: what follows is a transaction that says so at its beginning."""
    db.session.rollback()
    with database.reading_only(False):
        yield


def renew_session() -> None:
    """Gives the browser's session a new name and keeps what it holds: what it may do has grown."""
    if isinstance(session_object := session._get_current_object(), ServerSession):  # type: ignore[attr-defined]
        session_object.renew()


def end_session() -> None:
    """Forgets everything the browser's session held and gives it a new name."""
    language = session.get("locale")
    session.clear()
    renew_session()
    if language:
        session["locale"] = language
