"""Where an application stands: its timeline, what was submitted, and the steps that a signature moves it on."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.rules.declared import Change, changes
from app.rules.enrollment_fields import form_of
from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import RuleBroken, db, utcnow
from models.scope import Reach

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is read for another


def new_number(prefix: str) -> str:
    """A number for something new that tells nothing of how many there are: ENR-7KQ2MX4P."""
    return f"{prefix}-" + "".join(secrets.choice(LETTERS) for _n in range(8))


def note(application: Application, kind: str, by: Reach, words: str | None = None) -> ApplicationEvent:
    """Adds a line to the timeline of an application."""
    event = ApplicationEvent(application_id=application.id, kind=kind, by_id=by.user_id, words=words or None)
    db.session.add(event)
    return event


def signed(application: Application, by: Reach) -> Application:
    """After the last signature that was needed: the application waits for review."""
    if application.status != "awaiting_signatures":
        raise RuleBroken(_("This application does not wait for signatures."))
    application.status, application.signed_round = "submitted", application.round
    return ready(application, by)


def ready(application: Application, by: Reach) -> Application:
    """From now on it waits for its reviewer: the queue goes by this day, and not by what came before."""
    application.ready_at = utcnow()
    note(application, "ready", by)
    return application


def declined(application: Application, by: Reach, reason: str) -> Application:
    """A signer declined: the application goes back to whoever filled it in."""
    application.status = "changes_requested"
    note(application, "declined", by, reason)
    return application


def sections_of(application: Application) -> list[Section]:
    """The sections of an application, Section A first."""
    query = select(Section).where(Section.application_id == application.id, Section.status != "taken_out")
    return list(db.session.scalars(query.order_by(Section.kind, Section.id)))


def versions_of(application: Application) -> list[SubmittedVersion]:
    """What was submitted, the first first."""
    query = select(SubmittedVersion).where(SubmittedVersion.application_id == application.id)
    return list(db.session.scalars(query.order_by(SubmittedVersion.round)))


Sections = list[dict[str, Any]]


def sent_in(application: Application, by: Reach) -> tuple[Sections, Sections | None]:
    """The sections as submitted last, and the time before that or as approved, as far as whoever looks may read them.

    The state and the organization read all of them, a location its own: a version holds every location's section.
    """
    if by.kind == "location":
        mine, approved = _of_location(application, by)
    else:
        mine = [one.content["sections"] for one in versions_of(application)]
        earlier = approved_before(application)
        approved = None if earlier is None else earlier.content["sections"]
    if not mine:
        return [], None
    return mine[-1], mine[-2] if len(mine) > 1 else approved


def _of_location(application: Application, by: Reach) -> tuple[list[Sections], Sections | None]:
    """What each version says of the location in force, the oldest first, and what an amendment changes of it."""
    if not any(section.location_id == by.location_id for section in sections_of(application)):
        return [], None
    keys = {application.id, application.amends_id} - {None}
    query = select(SubmittedVersion.application_id, SubmittedVersion.content)
    query = query.where(SubmittedVersion.application_id.in_(keys)).order_by(SubmittedVersion.round)
    found: dict[int, list[Sections]] = {key: [] for key in keys if key is not None}
    for key, content in db.session.execute(query.execution_options(unscoped="own_section")):
        found[key].append([one for one in content["sections"] if one["location_id"] == by.location_id])
    approved = found.get(application.amends_id or 0)
    return found[application.id], approved[-1] if approved else None


def approved_before(application: Application) -> SubmittedVersion | None:
    """What an amendment changes: the last version of the application that was approved."""
    if application.amends_id is None:
        return None
    approved = versions_of(db.session.get_one(Application, application.amends_id))
    return approved[-1] if approved else None


def as_submitted(sections: list[Section]) -> dict[str, Any]:
    """The content of a submitted version."""
    kept = ("kind", "location_id", "row_key", "name", "content")
    return {"sections": [{name: getattr(section, name) for name in kept} for section in sections]}


def section_changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[dict[str, Any], list[Change]]]:
    """Each section of a version that differs from another version's, and how; a new one differs in all it says."""
    known = {(one["kind"], one["row_key"]): one["content"] for one in old.get("sections", ())}
    found = []
    for one in new.get("sections", ()):
        differences = changes(form_of(one["kind"]), known.get((one["kind"], one["row_key"]), {}), one["content"])
        if differences:
            found.append((one, differences))
    return found


def needs_signatures(application: Application, new: dict[str, Any]) -> bool:
    """Whether what is submitted must be signed: always at first, later where a field that signs has changed."""
    if application.signed_round is not None:
        signed_version = next(one for one in versions_of(application) if one.round == application.signed_round)
    else:
        signed_version = approved_before(application)
    if signed_version is None:
        return True
    differences = section_changes(signed_version.content, new)
    return any(change.field.signs for _section, changed in differences for change in changed)
