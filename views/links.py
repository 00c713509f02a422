"""The door that a link in a mail opens, and the list of such links."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from flask import Response, abort, after_this_request, redirect, request, session
from flask_appbuilder import expose
from flask_babel import lazy_gettext as _l

from app import entering
from app.languages import in_force
from app.rules import links, new_links
from models.base import RuleBroken
from models.links import Link
from models.scope import acting
from views.page import Page, open_to_everyone, saved
from views.screen import Screen

# Where a link of each purpose leads: a function of the link that answers a path. A module says so with `leads_to`.
LEADS: dict[str, Callable[[Link], str]] = {}
# How a new link is sent in place of one that does not hold: a rule of the link. A module says so with `again_for`.
AGAIN: dict[str, Callable[[Link], Any]] = {}
HELD = "link"  # name in the session: purpose and key of the link that this browser has opened


def leads_to(purpose: str, where: Callable[[Link], str]) -> None:
    """Says where a link of this purpose leads, once it is opened."""
    LEADS[purpose] = where


def again_for(purpose: str, rule: Callable[[Link], Any]) -> None:
    """Says what sends a new link of this purpose; it looks itself whether there is still something to open."""
    AGAIN[purpose] = rule


for _purpose in new_links.AGAIN:
    again_for(_purpose, lambda link: new_links.send(link, in_force()))


def seen(purpose: str) -> Link:
    """The link of this purpose that this browser has opened, whatever became of it since; raises LinkGone."""
    kept = session.get(HELD) or {}
    link = links.remembered(kept["id"], purpose) if kept.get("purpose") == purpose else None
    if link is None:
        raise links.LinkGone
    return link


def opened(purpose: str) -> Link:
    """The link of this purpose that this browser has opened and that still holds; raises LinkGone."""
    kept = session.get(HELD) or {}
    if kept.get("purpose") != purpose:
        raise links.LinkGone
    return links.held(kept["id"], purpose)


def closed() -> None:
    """Forgets the opened link: what it was for is done."""
    session.pop(HELD, None)


def _tell_no_one(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"  # the address itself is the secret
    return response


class LinkDoor(Page):
    """Opens a link of a mail in two steps.

    Mail programs look at addresses before people do: a GET opens nothing and says nothing of the link. The button
    posts; the browser is then led to an address without the secret, and the session knows which link it opened.
    """

    route_base = "/link"

    @expose("/<token>", methods=["GET"])
    @open_to_everyone
    def look(self, token: str) -> Any:
        """The page with the button."""
        after_this_request(_tell_no_one)
        return self.page("link.html", _l("You have followed a link from a mail"), action=request.path)

    @expose("/<token>", methods=["POST"])
    @open_to_everyone
    def go(self, token: str) -> Any:
        """Leads on to what the link is for, or says that it does not hold."""
        try:
            link = links.open(token)
        except links.LinkGone as gone:
            if "again" in request.form:
                return self.again(token)
            return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message, again="")
        where = LEADS.get(link.purpose) or abort(404)
        entering.renew_session()
        session[HELD] = {"purpose": link.purpose, "id": link.id}
        return redirect(where(link))

    def again(self, token: str) -> Any:
        """Sends a new link to the address of an old one, where there is reason to; the answer is the same to all."""
        link = links.known(token)
        if link is not None and link.purpose in AGAIN:
            with acting(links.DOOR), contextlib.suppress(RuleBroken):
                saved(lambda: AGAIN[link.purpose](link))
        return self.page("link.html", _l("A new link"), asked_again=True)


class LinkScreen(Screen):
    entity = Link
    route_base = "/mail-link"
    menu = "Oversight"
    list_columns = ["created_at", "purpose", "email", "user", "expires_at", "used_at", "revoked_at"]
    search_columns = ["purpose", "email", "created_at"]
    base_order = ("created_at", "desc")
    lead = _l("Links that were sent by mail. What a link opens is known to the mail alone.")
    acts = [links.revoke]


SCREENS = [LinkScreen]
PAGES = [LinkDoor]
