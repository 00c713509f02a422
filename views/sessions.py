"""How long a browser's session lasts still, staying, and the form that waited for its owner."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, g, jsonify, redirect, session
from flask_appbuilder import expose
from flask_babel import lazy_gettext as _l

from app import kept_forms
from models.base import utcnow
from views.page import Page, open_to_everyone


class SessionView(Page):
    """What the dialog before the end of an idle session asks and does."""

    route_base = "/session"

    @expose("/left")
    @open_to_everyone
    def left(self) -> Any:
        """Seconds until the session lapses, 0 when it has; to ask does not make it longer."""
        session.only_asked = True  # type: ignore[attr-defined]
        if not g.user.is_authenticated:
            return jsonify(seconds=0)
        rest = current_app.config["SESSION_IDLE"] - (utcnow() - session.seen_at)  # type: ignore[attr-defined]
        return jsonify(seconds=max(0, int(rest.total_seconds())))

    @expose("/stay", methods=["POST"])
    @open_to_everyone
    def stay(self) -> Any:
        """Makes the session last from now on."""
        if not g.user.is_authenticated:
            abort(403)
        session.modified = True
        return jsonify(seconds=int(current_app.config["SESSION_IDLE"].total_seconds()))

    @expose("/form")
    @open_to_everyone
    def form(self) -> Any:
        """The form that was on its way when the session lapsed: to be sent, or left."""
        kept = kept_forms.taken() if g.reach is not None else None
        if kept is None:
            return redirect("/")
        return self.page("kept_form.html", _l("Your form is kept"), kept=kept)


PAGES = [SessionView]
