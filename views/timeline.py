"""The timeline of an application, as its applicant and its reviewer see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models.applications import APPLICATION_STATUSES, EVENT_KINDS, Application, ApplicationEvent
from models.base import db
from views.words import words_of

# The way of an application in the order of DOMAIN 3.1; what is beside the way stands in its place while it lasts.
WAY = ("draft", "awaiting_sections", "awaiting_signatures", "submitted", "in_review", "approved")
# Words that tell of the whole organization, or of other locations; those of one location read their own remarks.
OF_THE_ORGANIZATION = ("changes_requested", "declined", "migrated")
BESIDE = {"invited": "draft", "changes_requested": "in_review", "rejected": "approved", "withdrawn": "approved"}


@dataclass(frozen=True)
class Timeline:
    """Where something stands on its way, and what happened to it, the newest first."""

    states: list[tuple[Any, str]]
    events: list[dict[str, Any]]


def states_of(application: Application) -> list[tuple[Any, str]]:
    """Each state of the way: done, now, or ahead."""
    place = WAY.index(BESIDE.get(application.status, application.status))
    found = []
    for position, state in enumerate(WAY):
        if position == place:
            is_over = application.status == "approved"
            found.append((APPLICATION_STATUSES[application.status], "done" if is_over else "now"))
        else:
            found.append((APPLICATION_STATUSES[state], "done" if position < place else "ahead"))
    return found


def timeline_of(application: Application) -> Timeline:
    """The timeline of an application: every step, who did it and when."""
    query = (
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application.id)
        .options(joinedload(ApplicationEvent.by))
        .order_by(ApplicationEvent.created_at.desc(), ApplicationEvent.id.desc())
    )
    is_of_one_place = g.reach.kind == "location"
    events = [
        {
            "what": EVENT_KINDS.get(one.kind, one.kind),
            "words": None if is_of_one_place and one.kind in OF_THE_ORGANIZATION else one.words,
            "who": str(one.by) if one.by is not None else _("The system"),
            "at": words_of(one.created_at),
        }
        for one in db.session.scalars(query)
    ]
    return Timeline(states_of(application), events)
