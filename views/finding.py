"""Finding a person statewide, and the queue of those who are checked in here and wait."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app import history
from app.rules import recipients, visits
from models.acts import Ask
from models.base import utcnow
from models.doses import Visit
from models.recipients import Recipient
from views.kinds import Column, Find, Go, Queue
from views.words import words_of


class RecipientFind(Find):
    """Search the person first, so that the history is seen before a vaccine is chosen."""

    route_base = "/find"
    entity = Recipient
    menu, label, icon, menu_verb = "Recipients", _l("Find a person"), "fa-magnifying-glass", "find"
    title = _l("Find a person")
    lead = _l("The whole state is searched. Each search is kept in the history.")
    ways = (
        (
            _l("Name and date of birth"),
            (
                Ask("last_name", _l("Last name"), required=False, help=_l("Its first letters are enough.")),
                Ask("first_name", _l("First name (optional)"), required=False),
                Ask("birth_date", _l("Date of birth"), "date", required=False),
            ),
        ),
        (_l("Or phone"), (Ask("phone", _l("Phone"), required=False),)),
        (_l("Or external ID"), (Ask("external_id", _l("External ID"), required=False),)),
        (_l("Or number"), (Ask("number", _l("Recipient or proof number"), required=False),)),
    )
    search = staticmethod(recipients.find)
    most = recipients.MOST_FOUND
    columns = (
        Column(_l("Name"), lambda found: found.full_name),
        Column(_l("Date of birth"), lambda found: words_of(found.birth_date)),
        Column(_l("City"), lambda found: found.city),
    )
    named = staticmethod(lambda found: found.full_name)
    buttons = (
        Go(
            _l("Open"), lambda found: person_url(found.public_id),
            "Recipient", "find", "fa-folder-open",
        ),
    )  # fmt: skip
    nobody = (
        _l("Nobody is found."),
        _l("Look at the spelling and the date of birth once more, or register the person as a walk-in."),
    )
    next_step = Go(
        _l("Register a walk-in"), lambda _form: url_for("WalkIn.register"), "Recipient", "register", "fa-user-plus"
    )


class CheckInQueue(Queue):
    """People checked in here today who wait for the dose, the longest wait first."""

    route_base = "/queue"
    entity = Visit
    menu, label, icon, menu_verb = "Doses", _l("Who is waiting"), "fa-list-ol", "check_in"
    title = _l("Who is waiting")
    lead = _l("Checked in here today, the longest wait first.")
    waiting = staticmethod(lambda by: visits.waiting(by))
    order = (Visit.checked_in_at, Visit.id)
    options = (joinedload(Visit.recipient),)
    columns = (
        Column(_l("Name"), lambda visit: visit.recipient.full_name),
        Column(_l("Date of birth"), lambda visit: words_of(visit.recipient.birth_date)),
        Column(_l("Waits"), lambda visit: minutes_since(visit.checked_in_at)),
    )
    named = staticmethod(lambda visit: visit.recipient.full_name)
    main = Go(
        _l("Record dose"), lambda visit: person_url(visit.recipient.public_id), "Dose", "administer", "fa-syringe"
    )
    acts = (visits.leave,)
    nobody = (
        _l("Nobody is waiting."),
        _l("Find a person and check them in; they stand here until the dose is recorded."),
    )
    next_step = Go(
        _l("Find a person"), lambda _row: url_for("RecipientFind.show"), "Recipient", "find", "fa-magnifying-glass"
    )

    def seen(self, rows: list[Any]) -> None:
        history.shown("Recipient", [visit.recipient_id for visit in rows])


def person_url(public_id: str) -> str:
    """The page of a person, by a number that says nothing of them."""
    return url_for("DoseAdministration.person", public_id=public_id)


def minutes_since(instant: Any) -> str:
    """How long ago in whole minutes."""
    return _("%(n)s min", n=max(0, int((utcnow() - instant).total_seconds() // 60)))


PAGES = [RecipientFind, CheckInQueue]
