"""Access that lapsed or lapses soon: renewed for one person, or for all of them in one act."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app import history
from app.rules import lapse, team
from models.people import PROFILES, Membership
from views.kinds import Column, Queue
from views.page_words import day


class Lapsing(Queue):
    entity = Membership
    route_base = "/lapsing"
    menu, label, icon, menu_verb = "People", _l("Access that lapses"), "fa-hourglass-half", "renew"
    title = _l("Access that lapses")
    lead = _l("Access to a location lapses when nobody uses it for 90 days. Renew it for those who still work here.")
    waiting = lapse.lapsing
    order = (Membership.lapses_on, Membership.id)
    options = (joinedload(Membership.user), joinedload(Membership.location))
    columns = (
        Column(_l("User"), lambda row: str(row.user)),
        Column(_l("Profile"), lambda row: PROFILES[row.profile]),
        Column(_l("Location"), lambda row: str(row.location)),
        Column(_l("Last used"), lambda row: day(row.last_used_on) if row.last_used_on else ""),
        Column(_l("Lapses on"), lambda row: day(row.lapses_on)),
        Column(_l("Lapsed on"), lambda row: day(row.lapsed_on) if row.lapsed_on else ""),
    )
    acts = (team.renew,)
    for_all = ((team.renew, _l("Renew all")),)
    named = staticmethod(lambda row: str(row.user))
    nobody = (_l("No access lapses soon."), _l("Whoever signs in and opens this place keeps the access."))

    def seen(self, rows: list[Any]) -> None:
        history.shown("Membership", [row.id for row in rows])


PAGES = [Lapsing]
