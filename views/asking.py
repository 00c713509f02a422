"""Asking to work at a location: signed in, or by a link that proves an e-mail address."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.languages import in_force
from app.rules import asking, links
from models.access_requests import REQUEST_STATUSES, AccessRequest
from models.acts import Ask
from models.people import AT_A_LOCATION
from views.forms import ask_form
from views.links import closed, leads_to, opened
from views.page import Page, open_to_everyone, saved

leads_to(asking.JOIN_LINK, lambda link: url_for("AskAccess.named"))
TITLE = _l("Ask for access to a location")
ADDRESS = (
    Ask("email", _l("Your e-mail address"), help=_l("A link to ask with is sent to it. It holds for two days.")),
)
NAMES = (Ask("first_name", _l("First name")), Ask("last_name", _l("Last name")))
WISH = (
    Ask("place", _l("Location number or Provider PIN"), help=_l("Ask at the place. A PIN is NCA and six digits.")),
    Ask("profile", _l("Profile"), "choice", AT_A_LOCATION),
    Ask("reason", _l("Why"), "long", required=False, help=_l("What you do there; the manager reads it.")),
)
LEAD = _l("The manager of the location decides. You get a mail when it is decided.")


class AskAccess(Page):
    """Asking to join a place; nothing is said of who else works there."""

    entity = AccessRequest
    route_base = "/join"

    @expose("/", methods=["GET"])
    @open_to_everyone
    def show(self) -> Any:
        return self.answer(ask_form(self.asks())())

    @expose("/", methods=["POST"])
    @open_to_everyone
    def send(self) -> Any:
        form = ask_form(self.asks())()
        if not form.validate():
            return self.answer(form, 422)
        if g.user.is_authenticated:
            return self._asked(form, lambda: asking.ask_as(g.user, _wish(form)))
        return self._link_sent(form)

    def asks(self) -> tuple[Ask, ...]:
        """What a stranger is asked, and what somebody who is signed in."""
        return WISH if g.user.is_authenticated else ADDRESS

    def _link_sent(self, form: Any) -> Any:
        def work() -> bool:
            asking.send_link(form.email.data, in_force())
            return True

        if not saved(work, form):
            return self.answer(form, 422)
        said = _l("If this address can receive mail, a link is on its way to it. It holds for two days.")
        return self.page("kinds/said.html", _l("Please look into your mail"), said=said)

    @expose("/named", methods=["GET"])
    @open_to_everyone
    def named(self) -> Any:
        return self._with_link(lambda link, form: self.answer(form))

    @expose("/named", methods=["POST"])
    @open_to_everyone
    def send_named(self) -> Any:
        return self._with_link(self._send_named)

    def _send_named(self, link: Any, form: Any) -> Any:
        if not form.validate():
            return self.answer(form, 422)
        answer = self._asked(form, lambda: asking.ask_by(link, _wish(form)))
        if not form.errors:
            closed()
        return answer

    def _with_link(self, then: Any) -> Any:
        """Does something with the link that this browser has opened, or says that it does not hold."""
        try:
            link = opened(asking.JOIN_LINK)
        except links.LinkGone as gone:
            return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message)
        return then(link, ask_form((*NAMES, *WISH))())

    def _asked(self, form: Any, work: Any) -> Any:
        if saved(work, form) is None:
            return self.answer(form, 422)
        if g.user.is_authenticated:
            flash(_("You have asked. The manager of the location decides, and you get a mail."), "success")
            return redirect(url_for("AskAccess.show"), 303)
        said = _l("You have asked. The manager of the location decides, and you get a mail.")
        return self.page("kinds/said.html", TITLE, said=said)

    def answer(self, form: Any, code: int = 200) -> Any:
        """The questions, and below them what one asked for before."""
        asked = asking.asked_by(g.user) if g.user.is_authenticated else []
        rows = [
            {"cells": [number, AT_A_LOCATION[one.profile], REQUEST_STATUSES[one.status], one.refusal]}
            for one, number in asked
        ]
        return self.page("asking.html", TITLE, code, form=form, lead=LEAD, label=_l("Ask"), asked=rows)


def _wish(form: Any) -> asking.Wish:
    return asking.Wish(**{ask.name: form[ask.name].data or "" for ask in (*NAMES, *WISH) if ask.name in form})


PAGES = [AskAccess]
