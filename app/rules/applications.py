"""Applications to take part: invited, submitted, withdrawn, and changed after approval."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import agreements, coordinators, links, notices, twins
from app.rules.coordinators import ENROLLING, invite_coordinator
from app.rules.declared import gaps
from app.rules.enrollment_fields import form_of
from app.rules.joining import INVITATION_LINK, begin_section_a
from app.rules.sections import refuse_closed, save_section
from app.rules.standing import (
    as_submitted,
    declined,
    needs_signatures,
    new_number,
    note,
    ready,
    sections_of,
    signed,
    versions_of,
)
from models.acts import Ask, act
from models.applications import DECIDED, OPEN, Application, Section, SubmittedVersion
from models.base import RuleBroken, db, utcnow
from models.enrollment import Organization
from models.scope import Reach, acting


@act(label=_l("Send the invitation"), done=_l("The invitation is on its way."))
def invite(application: Application, by: Reach) -> Application:
    """Invites somebody to enroll an organization: a new organization that applies, and a mail with a link of their own.

    Raises RuleBroken where the organization seems to be here already and nobody says that it is another one.
    """
    for name in ("organization_name", "administrator_first_name", "administrator_last_name", "administrator_email"):
        if not (getattr(application, name) or "").strip():
            raise RuleBroken(_("Please fill this in."), name)
    if not application.is_another:
        twins.refuse_twins(application.organization_name, "organization_name")
    organization = Organization(
        number=new_number("ORG"), name=application.organization_name, kind="provider", status="applying"
    )
    db.session.add(organization)
    db.session.flush()
    application.organization_id = organization.id
    application.number, application.origin, application.kind = new_number("ENR"), "invitation", "enrollment"
    application.administrator_email = (application.administrator_email or "").strip().lower()
    application.status = "invited"
    db.session.add(application)
    db.session.flush()
    begin_section_a(application)
    note(application, "invited", by)
    send_invitation(application, by)
    return application


def send_invitation(application: Application, by: Reach) -> None:
    """Mails the link to enroll with; an earlier one opens nothing from now on."""
    links.revoke_all(INVITATION_LINK, _subject(application))
    link = links.make(INVITATION_LINK, application.administrator_email or "", _subject(application), by)
    notices.queue_to(
        "enroll_invited", link.email, application.language, f"enrollment-{link.id}", by, link=link,
        organization=application.organization_name, name=application.administrator_first_name or "",
    )  # fmt: skip


def _subject(application: Application) -> str:
    return f"application:{application.id}"


@act(
    label=_l("Send the invitation again"),
    confirm=_l("Send a new invitation by mail? An earlier one then opens nothing."),
    icon="fa-envelope",
    done=_l("The invitation is on its way."),
    may_do=lambda application: application.status == "invited",
)
def invite_again(application: Application, by: Reach) -> Application:
    """A new link in place of the one that was lost or has expired."""
    if application.status != "invited":
        raise RuleBroken(_("This application does not wait for an invitation to be taken up."))
    send_invitation(application, by)
    note(application, "invited_again", by)
    return application


@act(
    label=_l("Revoke the invitation"),
    confirm=_l("Take this invitation back? Its link then opens nothing."),
    icon="fa-ban",
    may_do=lambda application: application.status == "invited",
)
def revoke_invitation(application: Application, by: Reach) -> Application:
    """Takes an invitation back before it is taken up."""
    if application.status != "invited":
        raise RuleBroken(_("This application does not wait for an invitation to be taken up."))
    note(application, "invitation_revoked", by)
    return _end(application)


def missing_in(sections: list[Section]) -> list[Section]:
    """The sections that lack something still."""
    return [section for section in sections if gaps(form_of(section.kind), section.content)]


@act(
    label=_l("Submit"),
    confirm=_l("Submit all sections together? They cannot be changed while they are signed and reviewed."),
    icon="fa-paper-plane",
    done=_l("Submitted."),
    on_many=False,
    may_do=lambda application: application.status in OPEN,
)
def submit(application: Application, by: Reach) -> Application:
    """Submits all sections together: they are kept as they are, and signed where that is needed."""
    refuse_closed(application)
    sections = sections_of(application)
    if lacking := missing_in(sections):
        names = "; ".join(str(section) for section in lacking)
        raise RuleBroken(_("Something is missing still in: %(sections)s", sections=names))
    application.round += 1
    application.submitted_at, application.ready_at = utcnow(), None
    application.reviewer_id, application.claimed_at = None, None
    version = version_of(application, by)
    sign = needs_signatures(application, version.content)
    db.session.add(version)
    for section in sections:
        section.remarks = {}
    note(application, "submitted" if application.round == 1 else "resubmitted", by)
    application.status = "awaiting_signatures" if sign else "submitted"
    db.session.flush()
    if sign:
        agreements.ask_signatures(application, by)
    else:
        agreements.stop_signing(application)
        ready(application, by)
    _tell(application, "application_sent", by, sign=sign)
    return application


def version_of(application: Application, by: Reach) -> SubmittedVersion:
    """All sections as they are now, to be kept as what was submitted in this round."""
    content = as_submitted(sections_of(application))
    return SubmittedVersion(application_id=application.id, round=application.round, content=content, by_id=by.user_id)


def _tell(application: Application, kind: str, by: Reach, **more: object) -> None:
    """Mails the administrator what became of the application."""
    if application.administrator is not None:
        notices.queue(
            kind, to=application.administrator, by=by, once=f"{kind}-{application.id}-{application.round}",
            organization=application.organization_name, number=application.number, **more,
        )  # fmt: skip


@act(
    label=_l("Withdraw"),
    confirm=_l("Withdraw this application? What was approved before stays as it is."),
    asks=(Ask("reason", _l("Reason"), "long"),),
    icon="fa-rotate-left",
    done=_l("The application is withdrawn."),
    may_do=lambda application: application.status not in (*DECIDED, "in_review", "invited"),
)
def withdraw(application: Application, by: Reach, reason: str) -> Application:
    """Ends an application that is not decided yet; what it only asked for ends with it."""
    if application.status in (*DECIDED, "in_review", "invited"):
        raise RuleBroken(_("This application cannot be withdrawn at present."))
    note(application, "withdrawn", by, reason)
    _tell(application, "application_ended", by, reason=reason)
    return _end(application)


def _end(application: Application) -> Application:
    """Withdrawn: links open nothing, and what only applied is not offered any more."""
    links.revoke_all(INVITATION_LINK, _subject(application))
    application.status = "withdrawn"
    agreements.stop_signing(application)
    db.session.flush()
    with acting(ENROLLING):
        for section in sections_of(application):
            links.revoke_all(coordinators.SECTION_LINK, f"section:{section.id}")
            if section.location is not None and section.location.status == "applying":
                section.location.status = "withdrawn"
        if application.organization.status == "applying":
            application.organization.status = "withdrawn"
        db.session.flush()
    return application


@act(
    label=_l("Change what was approved"),
    confirm=_l("Begin an amendment? What was approved keeps working until the change is approved too."),
    icon="fa-pen",
    done=_l("The amendment is begun. Change what you need and submit it."),
    on_many=False,
    may_do=lambda application: application.status == "approved",
)
def start_amendment(application: Application, by: Reach) -> Application:
    """A new application that begins with everything as it was approved last."""
    newest = _newest_approved(application)
    open_one = select(Application.number).where(
        Application.organization_id == application.organization_id, Application.status.not_in(DECIDED)
    )
    if number := db.session.scalar(open_one):
        raise RuleBroken(_("There is a change under way already: %(number)s.", number=number))
    versions = versions_of(newest)
    if not versions:
        raise RuleBroken(_("What was approved is not kept here; please ask the Immunization Branch."))
    amendment = Application(
        number=new_number("AMD"), kind="amendment", origin="amendment", organization_id=application.organization_id,
        organization_name=newest.organization_name, administrator_id=by.user_id, amends_id=newest.id,
        language=newest.language, administrator_first_name=newest.administrator_first_name,
        administrator_last_name=newest.administrator_last_name, administrator_email=newest.administrator_email,
    )  # fmt: skip
    db.session.add(amendment)
    db.session.flush()
    coordinators_of = {one.row_key: one for one in sections_of(newest)}
    for kept in versions[-1].content["sections"]:
        db.session.add(_as_approved(amendment, kept, coordinators_of.get(kept["row_key"])))
    amendment.status = "awaiting_sections"
    note(amendment, "started", by)
    db.session.flush()
    return amendment


def _newest_approved(application: Application) -> Application:
    query = select(Application).where(
        Application.organization_id == application.organization_id, Application.status == "approved"
    )
    newest = db.session.scalars(
        query.order_by(Application.decided_at.desc().nulls_last(), Application.id.desc())
    ).first()
    if newest is None:
        raise RuleBroken(_("Nothing of this organization is approved yet."))
    return newest


def _as_approved(amendment: Application, kept: dict, before: Section | None) -> Section:  # type: ignore[type-arg]
    section = Section(
        application_id=amendment.id, kind=kept["kind"], row_key=kept["row_key"], location_id=kept["location_id"],
        name=kept["name"], content=kept["content"], remarks={}, status="complete", completed_at=utcnow(),
    )  # fmt: skip
    if before is not None:
        for name in ("coordinator_id", "coordinator_first_name", "coordinator_last_name", "coordinator_email"):
            setattr(section, name, getattr(before, name))
        section.invited_at = before.invited_at
    return section


__all__ = [
    "declined", "invite", "invite_again", "invite_coordinator", "missing_in", "note", "revoke_invitation",
    "save_section", "sections_of", "signed", "start_amendment", "submit", "withdraw",
]  # fmt: skip
