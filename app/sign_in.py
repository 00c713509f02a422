"""Who is at the other end: sign-in, the profile in force, and what Flask-AppBuilder asks about both."""

from __future__ import annotations

from typing import Any

from flask import abort, g, jsonify, make_response, redirect, request, session, url_for
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from flask_login import logout_user, user_logged_in

from app import access, authentication, history, kept_forms, languages, places
from app.entering import MUST_ENROLL, SignInView, end_session
from app.fab.keys import key_from
from app.rules import clock
from app.security_api import SecurityApi
from models.base import db, utcnow
from models.people import PortalUser
from models.scope import Reach, acting

# What somebody may ask for who must set up a second factor first.
OPEN_BEFORE_ENROLLING = {
    "AccountPage.second_factor",
    "SignInView.logout",
    "SessionView.left",
    "SessionView.stay",
    "LocaleView.index",
    "static",
    "appbuilder.static",
}


class Security(SecurityManager):
    """Flask-AppBuilder's security manager, told who and what by our memberships and `access.md`."""

    user_model = PortalUser
    authdbview = SignInView
    security_api = SecurityApi
    userstatschartview = None

    def register_views(self) -> None:
        """Only sign-in: users, roles and permissions are ours, and FAB's screens for them are doors."""
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def auth_user_db(self, username: str, password: str) -> PortalUser | None:
        return authentication.by_password(username, password)

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
            if access.may(reach.profile, entity, verb or "see") and (not kind or reach.kind in kind.split("+")):
                open_to_me.add(name)
        for category in menu.menu:
            if any(item.name in open_to_me for item in category.childs or ()):
                open_to_me.add(category.name)
        return open_to_me


def put_in_force(user: Any, chosen: Any) -> Reach | None:
    """Establishes what the request may reach; the choice is a membership's key."""
    state = _("State of %(name)s", name=languages.state_name())
    memberships = places.memberships_of(user, clock.today())
    reach = places.reach_through(user, memberships, chosen, state)
    g.reach = reach
    g.memberships = memberships  # so that the place in force stays at hand and is not asked for again
    g.places_to_switch = places.switcher(memberships, reach, state)
    g.unused_today = places.unused_today(memberships, reach)
    db.session.info["reach"] = reach
    return reach


def refuse_place() -> None:
    """A call that names a place of work which is not one's own, or not any more, must not land at another."""
    history.refused("wrong place")
    words = _("This was made for a place that is no longer in force.")
    abort(make_response(jsonify(message=words), 409))


def establish() -> Any:
    """At the start of each request: nobody reaches anything until their membership says so."""
    db.session.info["reach"] = None
    g.reach, g.places_to_switch = None, []
    user = g.get("user")
    if user is None or not user.is_authenticated:
        return None
    if session.get("epoch") != user.session_epoch:
        logout_user()
        end_session()
        return None
    put_in_force(user, session.get("membership_id"))
    if session.get(MUST_ENROLL) and request.endpoint not in OPEN_BEFORE_ENROLLING:
        return redirect(url_for("AccountPage.second_factor"))
    return None


def switch(membership_id: int) -> bool:
    """Puts another of one's own memberships in force; False when it is not one's own."""
    if not any(place.membership_id == membership_id for place in g.places_to_switch):
        return False
    session["membership_id"] = membership_id
    put_in_force(g.user, membership_id)
    return True


def _renew_at_sign_in(_app: Any, user: Any, **_more: Any) -> None:
    epoch = user.session_epoch
    signed_in, kept = session.get("_user_id"), kept_forms.carried()
    end_session()
    session.update({"_user_id": signed_in, "_fresh": True, "signed_in_at": utcnow().isoformat(), "epoch": epoch})
    kept_forms.give_back(kept, user.id)


def install(app: Any) -> None:
    """Renews the session at each sign-in."""
    user_logged_in.connect(_renew_at_sign_in, app)
