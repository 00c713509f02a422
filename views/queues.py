"""A queue that several people work through: each takes a row, so that no two do the same work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, ClassVar

from flask import flash, g, redirect, url_for
from flask_appbuilder import expose
from flask_babel import format_timedelta
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from app.rules import claims
from models.acts import act_of
from models.base import RuleBroken, utcnow
from views.kinds import Go, Queue
from views.page import allowed, may, saved
from views.words import NOTHING


class ClaimQueue(Queue):
    """A queue whose rows are claimed, given back, and taken one after the other, the oldest first.

    `since` names the instant from which a row waits, `holder` the relation to who has taken it; `claim` and
    `give_back` are rules, and so is `take_away`, which gives back what another has taken; `main` leads to the work on
    a row one has taken, `look` to reading any row.
    """

    holder: ClassVar[str] = "reviewer"
    since: ClassVar[str] = "ready_at"
    claim: ClassVar[Callable[..., Any]]
    give_back: ClassVar[Callable[..., Any]]
    take_away: ClassVar[Callable[..., Any]]
    look: ClassVar[Go | None] = None

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.entity is not None:
            cls.acts = (cls.claim, cls.give_back, cls.take_away)
            cls.order = (getattr(cls.entity, cls.since), cls.entity.id)
            cls.options = (*cls.options, joinedload(getattr(cls.entity, cls.holder)))

    @expose("/")
    @allowed("claim")
    def show(self) -> Any:
        return self.waiting_page()

    def headings(self) -> list[Any]:
        return [*super().headings(), _("Waits"), _("Taken by")]

    def above(self, rows: list[Any]) -> dict[str, Any]:
        return {"take_next": self.take_next_button(rows)}

    def take_next_button(self, rows: list[Any]) -> dict[str, Any] | None:
        """The button that gives whoever asks the row that waits longest; none where nothing is free."""
        if all(getattr(row, f"{self.holder}_id") is not None for row in rows):
            return None
        href = url_for(f"{self.endpoint}.take_next")
        return {"label": _("Take the next"), "href": href, "icon": "fa-hand", "post": True}

    def line(self, row: Any) -> dict[str, Any]:
        """One row: how long it waits, who has it, and what whoever looks can do with it."""
        who = getattr(row, self.holder)
        cells = [column.shows(row) for column in self.columns]
        cells += [waiting_time(getattr(row, self.since)), str(who) if who is not None else NOTHING]
        return {"cells": cells, "actions": [one for one in self.offers(row) if one]}

    def offers(self, row: Any) -> list[dict[str, Any] | None]:
        """The buttons of a row as it stands."""
        name = type(self).named(row)
        claim, give_back, take_away = self.acts
        if getattr(row, f"{self.holder}_id") is None:
            return [self.button(claim, row, name), self.look.button(row, name) if self.look else None]
        if claims.is_mine(row, g.reach, self.holder):
            return [self.main.button(row, name) if self.main else None, self.button(give_back, row, name)]
        look = self.look.button(row, name) if self.look else None
        oversees = may(take_away.__name__, self.entity.__name__)
        return [look, self.button(take_away, row, name) if oversees else None]

    @expose("/next", methods=["POST"])
    @allowed("claim")
    def take_next(self) -> Any:
        """Takes the row that waits longest, and leads to it."""

        def work() -> Any:
            row = claims.oldest_free(self.entity, type(self).waiting(g.reach), self.order, self.holder)
            return row if row is None else self.acts[0](row, g.reach)

        return self.led_to(work)

    def led_to(self, work: Callable[[], Any]) -> Any:
        """Does the taking and leads to the work; where another was faster, back to the queue with their name."""
        try:
            row = saved(work)
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
            return redirect(url_for(f"{self.endpoint}.show"), 303)
        if row is None or self.main is None:
            flash(_("Nothing is left to take."), "info")
            return redirect(url_for(f"{self.endpoint}.show"), 303)
        flash(act_of(self.acts[0]).done or _("Done."), "success")
        return redirect(self.main.href(row), 303)

    def acted(self, rule: Any, row: Any) -> Any:
        """What is taken is opened; what is given back leads to the queue."""
        if rule is self.acts[0]:
            return self.led_to(lambda: rule(row, g.reach))
        return super().acted(rule, row)


def waiting_time(since: dt.datetime | None) -> str:
    """How long something waits, in words: "3 hours", "2 days"."""
    if since is None:
        return NOTHING
    waited = max(utcnow() - since, dt.timedelta(minutes=1))
    return str(format_timedelta(waited, granularity="minute"))
