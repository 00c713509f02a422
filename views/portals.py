"""The front page, the five portals, and the switch between one's own places."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, g, jsonify, redirect, request
from flask_appbuilder import BaseView, IndexView, expose
from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from app import sign_in
from app.fab.keys import key_from
from models.base import db
from views.start import start_url

# name in the address -> what it is called, who it is for, whether it is open, what to do there now
PORTALS: dict[str, dict[str, Any]] = {
    "enrollment": {
        "name": _l("Provider Enrollment"),
        "who": _l("For healthcare organizations that want to give vaccine: enroll and sign the CDC agreement."),
        "open": True,
        "words": _l(
            "Were you invited by mail? Follow the link in it. Have you begun already? Sign in. Otherwise begin here; "
            "no NCID is needed."
        ),
        "begin": "/enroll/",
    },
    "provider": {
        "name": _l("Provider Portal"),
        "who": _l("For staff of enrolled locations: inventory, recipients, check-in and doses."),
        "open": True,
        "words": _l("Sign in with the account of your location."),
        "ask": "/join/",
    },
    "recipient": {
        "name": _l("Recipient Portal"),
        "who": _l("For the public: your doses and your proof of vaccination."),
        "open": True,
        "words": _l("Sign in to see your doses and to print your proof of vaccination."),
    },
    "organization": {
        "name": _l("Organization Portal"),
        "who": _l("For invited employers: send the list of your people and see who has registered."),
        "open": True,
        "words": _l("Sign in with the account of your organization."),
    },
    "help-desk": {
        "name": _l("Help Desk"),
        "who": _l("For everyone with a question."),
        "open": False,
        "words": _l("Tickets and articles come later. Until then please write to the address below."),
    },
}


class Front(IndexView):
    """The front page for a stranger; the start page of the profile in force for whoever is signed in."""

    @expose("/")
    def index(self) -> Any:
        if g.reach is not None:
            return redirect(start_url())
        portals = [{**portal, "href": f"/{name}"} for name, portal in PORTALS.items()]
        return self.render_template("front.html", portals=portals, no_place=g.user.is_authenticated)

    @expose("/healthz")
    def healthz(self) -> Any:
        """Whether the product answers and its database too."""
        db.session.execute(text("SELECT 1"))
        return jsonify(status="ok")

    @expose("/<any(enrollment, provider, recipient, organization, 'help-desk'):name>")
    def portal(self, name: str) -> Any:
        """One portal: what it is for, and the way in or when it comes."""
        if g.reach is not None and PORTALS[name]["open"]:
            return redirect(start_url())
        return self.render_template(
            "portal.html",
            portal=PORTALS[name],
            sign_in_url=self.appbuilder.get_url_for_login,
            help_address=current_app.config["HELP_DESK_EMAIL"],
            public_url=current_app.config["PORTAL_URLS"][name],
        )


class PlaceView(BaseView):
    """Puts another of one's own memberships in force, without signing out."""

    route_base = "/place"
    default_view = "switch"

    @expose("/switch", methods=["POST"])
    def switch(self) -> Any:
        chosen = key_from(request.form.get("membership_id", ""))
        if chosen is None or not sign_in.switch(chosen):
            abort(404)
        return redirect(start_url())
