"""Who is at the other end: sign-in, the profile in force, and what Flask-AppBuilder asks about both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, current_app, flash, g, jsonify, make_response, redirect, request, session
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Role
from flask_appbuilder.security.utils import is_null_password
from flask_appbuilder.security.views import AuthDBView
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import logout_user, user_logged_in
from sqlalchemy import func, select
from werkzeug.security import check_password_hash

from app import access, history, kept_forms, languages, places
from app.fab.keys import key_from
from app.sessions import ServerSession
from models.base import db, utcnow
from models.people import PortalUser
from models.scope import Reach, acting


class SignInView(AuthDBView):
    """Sign-in by username and password; sign-out only by POST, so that no link can do it."""

    title = _l("Sign in")
    invalid_login_message = _l("The username or the password is not right.")

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        logout_user()
        end_session()
        flash(_("You are signed out."), "info")
        return redirect("/")


class Security(SecurityManager):
    """Flask-AppBuilder's security manager, told who and what by our memberships and `access.md`."""

    user_model = PortalUser
    authdbview = SignInView
    userstatschartview = None

    def register_views(self) -> None:
        """Only sign-in: users, roles and permissions are ours, and FAB's screens for them are doors."""
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def auth_user_db(self, username: str, password: str) -> PortalUser | None:
        """The person with this username (or staff e-mail) and password; the same work either way."""
        with acting(places.SIGN_IN):
            user = self._someone(username)
            hashed = user.password if user and user.password else current_app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
            fits = not is_null_password(password) and check_password_hash(hashed, password)
            known = user is not None and bool(user.password) and user.is_active and not user.is_system
            self._note(user, known and fits)
            with acting(_as(user)):
                db.session.commit()
        return user if known and fits else None

    def _someone(self, username: str | None) -> PortalUser | None:
        if not username or "\x00" in username or len(username) > 320:
            return None
        wanted = username.strip().lower()
        by_name = select(PortalUser).where(func.lower(PortalUser.username) == wanted)
        by_mail = select(PortalUser).where(func.lower(PortalUser.email) == wanted)
        return db.session.scalars(by_name).first() or db.session.scalars(by_mail).first()

    def _note(self, user: PortalUser | None, succeeded: bool) -> None:
        history.entry().outcome = "signed in" if succeeded else "refused"
        if user is None:
            return
        if succeeded:
            user.last_login = utcnow()
            user.login_count = (user.login_count or 0) + 1
            user.fail_login_count = 0
        else:
            user.fail_login_count = (user.fail_login_count or 0) + 1

    def load_user(self, pk: Any) -> PortalUser | None:
        """The person a session or token names, if they may still sign in."""
        with acting(places.SIGN_IN):
            user = db.session.get(PortalUser, int(pk))
        return user if user is not None and user.is_active else None

    def get_user_by_id(self, pk: Any) -> PortalUser | None:
        return self.load_user(pk)

    def load_user_jwt(self, jwt_header: Any, jwt_data: Any) -> PortalUser | None:
        """A token's person; the place comes from the X-Place header or is the one after sign-in."""
        user = self.load_user(jwt_data["sub"])
        if user is None or jwt_data.get("epoch") != user.session_epoch:
            return None
        g.user = user
        wish = request.headers.get("X-Place", "")
        reach = put_in_force(user, key_from(wish))
        if wish and reach is not None and str(reach.membership_id) != wish:
            refuse_place()
        return user

    def create_jwt_manager(self, app: Any) -> Any:
        """Tokens end with the sessions of the account: both carry the epoch in which they were given."""
        manager = super().create_jwt_manager(app)
        manager.additional_claims_loader(lambda identity: {"epoch": self.load_user(identity).session_epoch})
        return manager

    def get_user_roles(self, user: Any) -> list[Role]:
        """The role is the profile in force."""
        reach = getattr(g, "reach", None)
        return [Role(name=reach.profile)] if reach is not None else []

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing that has a permission is public."""
        return False

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """A menu entry is named for its entity, and its verb if that is not "see"; it shows where the profile may."""
        reach = getattr(g, "reach", None)
        if reach is None:
            return set()
        menu = self.appbuilder.menu
        open_to_me = set()
        for name in set(menu_names or ()):  # FAB names each entry many times over
            entity, verb, kind = (*name.split(":"), "", "")[:3]
            if access.may(reach.profile, entity, verb or "see") and kind in ("", reach.kind):
                open_to_me.add(name)
        for category in menu.menu:
            if any(item.name in open_to_me for item in category.childs or ()):
                open_to_me.add(category.name)
        return open_to_me


def _as(user: PortalUser | None) -> Reach:
    """Whom the history names at a sign-in: the account that was meant, where there is one; never what was typed."""
    return places.SIGN_IN if user is None else replace(places.SIGN_IN, user_id=user.id, username=user.username)


def put_in_force(user: Any, chosen: Any) -> Reach | None:
    """Establishes what the request may reach; the choice is a membership's key."""
    state = _("State of %(name)s", name=languages.state_name())
    memberships = places.memberships_of(user, utcnow().date())
    reach = places.reach_through(user, memberships, chosen, state)
    g.reach = reach
    g.places_to_switch = places.switcher(memberships, reach, state)
    g.unused_today = places.unused_today(memberships, reach)
    db.session.info["reach"] = reach
    return reach


def refuse_place() -> None:
    """A call that names a place of work which is not one's own, or not any more, must not land at another."""
    history.refused("wrong place")
    words = _("This was made for a place that is no longer in force.")
    abort(make_response(jsonify(message=words), 409))


def establish() -> None:
    """At the start of each request: nobody reaches anything until their membership says so."""
    db.session.info["reach"] = None
    g.reach, g.places_to_switch = None, []
    user = g.get("user")
    if user is None or not user.is_authenticated:
        return
    if session.get("epoch") != user.session_epoch:
        logout_user()
        end_session()
        return
    put_in_force(user, session.get("membership_id"))


def switch(membership_id: int) -> bool:
    """Puts another of one's own memberships in force; False when it is not one's own."""
    if not any(place.membership_id == membership_id for place in g.places_to_switch):
        return False
    session["membership_id"] = membership_id
    put_in_force(g.user, membership_id)
    return True


def end_session() -> None:
    """Forgets everything the browser's session held and gives it a new name."""
    language = session.get("locale")
    session.clear()
    renew_session()
    if language:
        session["locale"] = language


def renew_session() -> None:
    """Gives the browser's session a new name and keeps what it holds: what it may do has grown."""
    if isinstance(session_object := session._get_current_object(), ServerSession):  # type: ignore[attr-defined]
        session_object.renew()


def _renew_at_sign_in(_app: Any, user: Any, **_more: Any) -> None:
    epoch = user.session_epoch
    signed_in, kept = session.get("_user_id"), kept_forms.carried()
    end_session()
    session.update({"_user_id": signed_in, "_fresh": True, "signed_in_at": utcnow().isoformat(), "epoch": epoch})
    kept_forms.give_back(kept, user.id)


def install(app: Any) -> None:
    """Renews the session at each sign-in."""
    user_logged_in.connect(_renew_at_sign_in, app)
