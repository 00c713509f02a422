"""What a person sees who follows the link of the welcome: two questions, and the registration is done."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import flash, redirect, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.rules import links, welcomes
from models.acts import Ask
from models.links import Link
from models.recipients import Recipient
from views.forms import ask_form
from views.links import closed, leads_to, opened
from views.page import Page, open_to_everyone, saved

MOST_TRIES = 5  # dates of birth; then the link opens nothing any more
TRIES = "welcome_tries"
leads_to(welcomes.WELCOME, lambda _link: url_for("Welcome.show"))


class Welcome(Page):
    """Registering by a link: the date of birth shows that it is the right person of the family."""

    entity = Recipient
    route_base = "/welcome"
    asks: ClassVar[tuple[Ask, ...]] = (
        Ask("birth_date", _l("Date of birth"), "date"),
        Ask("password", _l("Choose a password"), "secret", help=_l("At least 15 characters.")),
    )

    @expose("/", methods=["GET"])
    @open_to_everyone
    def show(self) -> Any:
        return self._with(lambda _link, form: self.answer(form))

    @expose("/", methods=["POST"])
    @open_to_everyone
    def register(self) -> Any:
        return self._with(self._accept)

    def _with(self, then: Any) -> Any:
        """Does something with the link that this browser has opened, or says that it does not hold."""
        try:
            return then(opened(welcomes.WELCOME), ask_form(self.asks)())
        except links.LinkGone as gone:
            return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message)

    def _accept(self, link: Link, form: Any) -> Any:
        if not form.validate():
            return self.answer(form, 422)
        user = saved(lambda: welcomes.register(link, form.birth_date.data, form.password.data), form)
        if user is None:
            self._count(link)
            return self.answer(form, 422)
        closed()
        session.pop(TRIES, None)
        flash(_("You are registered. Please sign in: your username is %(name)s.", name=user.username), "success")
        return redirect(self.appbuilder.get_url_for_login, 303)

    def _count(self, link: Link) -> None:
        """So many wrong dates are not a slip."""
        session[TRIES] = session.get(TRIES, 0) + 1
        if session[TRIES] >= MOST_TRIES:
            saved(lambda: links.revoke(link))
            raise links.LinkGone

    def answer(self, form: Any, code: int = 200) -> Any:
        """The two questions."""
        lead = _l("Your employer or clinic has entered you for a COVID-19 vaccination. Here you register, at no cost.")
        return self.page("kinds/ask.html", _l("Register"), code, form=form, lead=lead, label=_l("Register"))


PAGES = [Welcome]
