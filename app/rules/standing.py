"""Where an application stands: its timeline, what was submitted, and the steps that a signature moves it on."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import RuleBroken, db
from models.scope import Reach


def note(application: Application, kind: str, by: Reach, words: str | None = None) -> ApplicationEvent:
    """Adds a line to the timeline of an application."""
    event = ApplicationEvent(application_id=application.id, kind=kind, by_id=by.user_id, words=words or None)
    db.session.add(event)
    return event


def signed(application: Application, by: Reach) -> Application:
    """After the last signature that was needed: the application waits for review."""
    if application.status != "awaiting_signatures":
        raise RuleBroken(_("This application does not wait for signatures."))
    application.status = "submitted"
    note(application, "ready", by)
    return application


def declined(application: Application, by: Reach, reason: str) -> Application:
    """A signer declined: the application goes back to whoever filled it in."""
    application.status = "changes_requested"
    note(application, "declined", by, reason)
    return application


def sections_of(application: Application) -> list[Section]:
    """The sections of an application, Section A first."""
    query = select(Section).where(Section.application_id == application.id).order_by(Section.kind, Section.id)
    return list(db.session.scalars(query))


def versions_of(application: Application) -> list[SubmittedVersion]:
    """What was submitted, the first first."""
    query = select(SubmittedVersion).where(SubmittedVersion.application_id == application.id)
    return list(db.session.scalars(query.order_by(SubmittedVersion.round)))


def before(application: Application) -> SubmittedVersion | None:
    """What the last submission is compared with: the one before it, or what an amendment changes."""
    mine = versions_of(application)
    if len(mine) > 1:
        return mine[-2]
    if application.amends_id is None:
        return None
    approved = versions_of(db.session.get_one(Application, application.amends_id))
    return approved[-1] if approved else None
