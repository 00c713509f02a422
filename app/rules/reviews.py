"""The state's review of an application: taken by one reviewer, remarked on field by field, and decided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import approval, claims, notices
from app.rules.declared import told
from app.rules.enrollment_fields import form_of
from app.rules.standing import note, sections_of, versions_of
from models.acts import Ask, act
from models.applications import Application, Section
from models.base import RuleBroken, db, utcnow
from models.people import PortalUser
from models.reviews import LONGEST_REMARK, ChangeRequest
from models.scope import Reach

WAITING = ("submitted", "in_review")
REASON = Ask("reason", _l("Reason"), "long", help=_l("The applicant reads it in the mail and in the timeline."))


def waiting(by: Reach) -> list[Any]:
    """The conditions of the applications that wait for a decision."""
    return [Application.status.in_(WAITING)]


@act(label=_l("Take"), icon="fa-hand", done=_l("You have taken this review."))
def claim(application: Application, by: Reach) -> Application:
    """Takes an application for review; of two who ask at once one gets it, the other is told by whom it was taken."""
    claims.take(application, by)
    if application.status == "in_review":
        return application
    if application.status != "submitted":
        raise RuleBroken(_("This application does not wait for review."))
    application.status = "in_review"
    note(application, "claimed", by)
    tell(application, "in_review", by)
    return application


@act(label=_l("Give back"), icon="fa-rotate-left", done=_l("Given back; others may take it."))
def give_back(application: Application, by: Reach) -> Application:
    """Gives a review back to all that one has taken."""
    claims.refuse_unless_mine(application, by)
    return _released(application, by)


@act(
    label=_l("Give back for another"),
    confirm=_l("Give this review back to all, though somebody else has taken it?"),
    icon="fa-rotate-left",
    done=_l("Given back; others may take it."),
)
def take_away(application: Application, by: Reach) -> Application:
    """Gives a review back to all that a reviewer has taken who is away; their remarks stay for the next."""
    if application.reviewer_id is None:
        raise RuleBroken(_("Nobody has taken this."))
    return _released(application, by)


def _released(application: Application, by: Reach) -> Application:
    claims.free(application)
    if application.status == "in_review":
        application.status = "submitted"
    note(application, "released", by)
    return application


def remark(application: Application, by: Reach, said: dict[tuple[int, str], str]) -> list[ChangeRequest]:
    """Stores the remarks of this round as drafts: (section key, path) -> words; no words take one back.

    Raises RuleBroken whose field is "<section key>:<path>".
    """
    claims.refuse_unless_mine(application, by)
    known = {(one.section_id, one.path): one for one in of_round(application)}
    fields = fields_of(application)
    for (section_id, path), words in said.items():
        words = words.strip()
        if (section_id, path) not in fields:
            raise RuleBroken(_("There is no such field."))
        if len(words) > LONGEST_REMARK:
            refusal = _("This is too long: at most %(n)s characters.", n=LONGEST_REMARK)
            raise RuleBroken(refusal, f"{section_id}:{path}")
        _store(application, by, known.get((section_id, path)), section_id, path, words)
    db.session.flush()
    return of_round(application)


def _store(
    application: Application, by: Reach, old: ChangeRequest | None, section_id: int, path: str, words: str
) -> None:
    if old is not None and not words:
        db.session.delete(old)
    elif old is not None:
        if old.remark != words:
            old.remark, old.by_id = words, by.user_id
    elif words:
        db.session.add(
            ChangeRequest(
                application_id=application.id, section_id=section_id, round=application.round, path=path,
                remark=words, by_id=by.user_id,
            )
        )  # fmt: skip


def of_round(application: Application) -> list[ChangeRequest]:
    """The remarks on what was submitted last."""
    query = select(ChangeRequest).where(
        ChangeRequest.application_id == application.id, ChangeRequest.round == application.round
    )
    return list(db.session.scalars(query.order_by(ChangeRequest.section_id, ChangeRequest.id)))


@act(
    label=_l("Ask for changes"),
    confirm=_l("Send your remarks to the applicant, who changes what you remark on and submits again?"),
    icon="fa-pen-to-square",
    done=_l("The applicant was asked for changes."),
)
def ask_changes(application: Application, by: Reach) -> Application:
    """Sends the remarks of this round to those who fill in the sections; they may write again."""
    claims.refuse_unless_mine(application, by)
    remarks = of_round(application)
    if not remarks:
        raise RuleBroken(_("Please remark on at least one field first: the applicant must know what to change."))
    for one in remarks:
        one.sent_at = utcnow()
    sections = sections_of(application)
    for section in sections:
        mine = {one.path: one.remark for one in remarks if one.section_id == section.id}
        section.remarks = mine
    application.status = "changes_requested"
    claims.free(application)
    note(application, "changes_requested", by, _summary(remarks, sections))
    tell(application, "changes_requested", by, _coordinators(s for s in sections if s.remarks), count=len(remarks))
    return application


def _summary(remarks: list[ChangeRequest], sections: list[Section]) -> str:
    """The remarks as the timeline keeps them: which field, and what is said of it."""
    names = {section.id: section for section in sections}
    return "\n".join(f"{label_of(names[one.section_id], one.path)}: {one.remark}" for one in remarks)


def label_of(section: Section, path: str) -> str:
    """What a field is called, and in which section."""
    group, *_row, name = path.split(".")
    one = next(one for one in form_of(section.kind).groups() if one.name == group)
    return f"{section.name}, {one.label}, {one.field(name).label}"


@act(
    label=_l("Reject"),
    confirm=_l("Reject this application for good? What was approved before stays as it is."),
    asks=(REASON,),
    icon="fa-ban",
    done=_l("The application is rejected."),
)
def reject(application: Application, by: Reach, reason: str) -> Application:
    """Ends an application with a reason; what it only asked for ends with it."""
    claims.refuse_unless_mine(application, by)
    application.status, application.decided_at = "rejected", utcnow()
    approval.end_what_only_applied(application)
    note(application, "rejected", by, reason.strip())
    tell(application, "rejected", by, _coordinators(sections_of(application)), reason=reason.strip())
    return application


@act(
    label=_l("Approve"),
    icon="fa-circle-check",
    done=_l("Approved. Those concerned are told by mail."),
)
def approve(application: Application, by: Reach, **pins: str | None) -> Application:
    """Approves what was submitted: organization, locations and storage units become what the sections say.

    `pins`: "pin_<section key>" -> the Provider PIN that the location has already; none is invented.
    """
    claims.refuse_unless_mine(application, by)
    versions = versions_of(application)
    if application.status != "in_review" or not versions:
        raise RuleBroken(_("This application does not wait for review."))
    typed = {int(name.removeprefix("pin_")): words or "" for name, words in pins.items()}
    approval.carry_out(application, versions[-1].content, typed, by)
    application.status, application.decided_at = "approved", utcnow()
    note(application, "approved", by)
    tell(application, "approved", by, _coordinators(sections_of(application)))
    return application


def _coordinators(sections: Iterable[Section]) -> list[PortalUser]:
    return [section.coordinator for section in sections if section.coordinator is not None]


def tell(application: Application, status: str, by: Reach, others: Iterable[PortalUser] = (), **more: Any) -> None:
    """Mails the administrator, and others concerned, where the application stands."""
    concerned = {user.id: user for user in (application.administrator, *others) if user is not None}
    for key, user in concerned.items():
        notices.queue(
            "application_status", user, f"application-{application.id}-{application.round}-{status}-{key}", by,
            organization=application.organization_name, number=application.number, form=application.kind,
            status=status, **more,
        )  # fmt: skip


def fields_of(application: Application) -> set[tuple[int, str]]:
    """Each field on which a remark may stand: (section key, path) of what was submitted last."""
    keys = {(one.kind, one.row_key): one.id for one in sections_of(application)}
    versions = versions_of(application)
    found = set()
    for one in versions[-1].content["sections"] if versions else ():
        key = keys.get((one["kind"], one["row_key"]))
        for group in form_of(one["kind"]).groups():
            found |= {(key, field.path) for field in told(group, one["content"])}
    return {(key, path) for key, path in found if key is not None}
