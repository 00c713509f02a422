"""Filling in the sections of an application: kept step by step, complete when nothing is missing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.rules import coordinators, notices, twins
from app.rules.declared import Step, gaps, is_empty, problem, told
from app.rules.enrollment_fields import form_of
from app.rules.standing import note, sections_of
from models.applications import OPEN, Application, Section
from models.base import RuleBroken, db, utcnow
from models.enrollment import pin_of
from models.scope import Reach, acting

TOGETHER = Reach.system("enrollment")


class ChangedMeanwhile(RuleBroken):
    """Somebody else stored other words in this very step; `stored` is what stands there now."""

    def __init__(self, stored: dict[str, Any]):
        super().__init__(_("This was changed by someone else meanwhile."))
        self.stored = stored


def part(step: Step, content: dict[str, Any]) -> dict[str, Any]:
    """What a content says on one step."""
    return {group.name: content.get(group.name) or None for group in step.groups}


def mark(step: Step, content: dict[str, Any]) -> str:
    """A short mark of what a step says: two people on different steps never meet, on the same one they are told."""
    said = json.dumps(part(step, content), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def save_section(section: Section, step: Step, values: dict[str, Any], seen: str | None, by: Reach) -> Section:
    """Stores one step of a section, whatever is still missing.

    `seen` is the mark of the step as its form was made, or None to store without asking. Raises ChangedMeanwhile where
    the step says something else by now, RuleBroken with the path of a value that cannot be.
    """
    query = select(Section).where(Section.id == section.id).with_for_update(of=Section)
    section = db.session.scalars(query.execution_options(populate_existing=True)).one()
    application = db.session.get_one(Application, section.application_id)
    refuse_closed(application)
    if section.status == "taken_out":
        raise RuleBroken(_("This application cannot be changed at present."))
    values = _tidy(step, values)
    stored = part(step, section.content)
    if seen is not None and seen != mark(step, section.content) and stored != part(step, values):
        raise ChangedMeanwhile(stored)
    content = {**section.content, **values}
    _check(section, step, content)
    if content == section.content:
        return section
    section.content = content
    if section.kind == "A":
        coordinators.follow_locations(section, by)
        if content.get("organization", {}).get("legal_name"):
            application.organization_name = content["organization"]["legal_name"]
    _stand(section, by)
    return section


def refuse_closed(application: Application) -> None:
    """Raises RuleBroken where an application is no longer in its applicant's hands."""
    if application.status not in OPEN:
        raise RuleBroken(_("This application cannot be changed at present."))


def _tidy(step: Step, values: dict[str, Any]) -> dict[str, Any]:
    """The values without rows that say nothing, and the PIN with its letters."""
    tidy = dict(values)
    for group in step.groups:
        if group.repeated:
            rows = tidy.get(group.name) or []
            tidy[group.name] = [
                row for row in rows if any(value and not is_empty(value) for key, value in row.items() if key != "key")
            ]
    if tidy.get("location", {}).get("provider_pin"):
        tidy["location"] = {**tidy["location"], "provider_pin": pin_of(tidy["location"]["provider_pin"])}
    return tidy


def _check(section: Section, step: Step, content: dict[str, Any]) -> None:
    """Raises RuleBroken at the first value that cannot be, alone or beside others."""
    for group in step.groups:
        rows = content.get(group.name) or []
        if group.repeated and len(rows) > group.most:
            raise RuleBroken(_("At most %(n)s of these can be listed.", n=group.most), group.name)
        for one in told(group, content):
            if words := problem(one.field, one.value):
                raise RuleBroken(words, one.path)
    for check in CHECKS.get((section.kind, step.name), ()):
        check(section, content)


def _organization(section: Section, content: dict[str, Any]) -> None:
    """An organization that is here already is shown before a second one is made."""
    said = content.get("organization") or {}
    application = db.session.get_one(Application, section.application_id)
    if said.get("is_another") or application.is_another or application.amends_id or not said.get("legal_name"):
        return
    twins.refuse_twins(
        said["legal_name"], "organization.legal_name", but=application.organization_id,
        street=said.get("street"), zip_code=said.get("zip_code"),
    )  # fmt: skip


def _signers(_section: Section, content: dict[str, Any]) -> None:
    """Each signer is reached at an address of their own."""
    addresses = [((content.get(who) or {}).get("email") or "").lower() for who in ("cmo", "ceo")]
    if addresses[0] and addresses[0] == addresses[1]:
        raise RuleBroken(
            _("This is the e-mail of the other signer; each signs from an address of their own."), "ceo.email"
        )


def _pins(section: Section, content: dict[str, Any]) -> None:
    said = content.get("location") or {}
    twins.refuse_known_pin(said.get("provider_pin"), section.location_id, "location.provider_pin")
    vtrcks = said.get("vtrcks_pin") or ""
    if vtrcks and not (vtrcks.isascii() and vtrcks.isdigit() and len(vtrcks) == 6):
        raise RuleBroken(_("A VTrckS PIN has six digits."), "location.vtrcks_pin")


def _hours(_section: Section, content: dict[str, Any]) -> None:
    """A window ends after it begins; a day is listed once."""
    days: set[str] = set()
    for row in content.get("hours") or ():
        path = f"hours.{row['key']}"
        for start, end in (("opens", "closes"), ("opens2", "closes2")):
            if row.get(start) and row.get(end) and row[end] <= row[start]:
                raise RuleBroken(_("This must be later than the time before it."), f"{path}.{end}")
        if row.get("weekday") in days:
            raise RuleBroken(_("This day is listed already."), f"{path}.weekday")
        days.add(row.get("weekday") or path)


CHECKS = {
    ("A", "organization"): (_organization,),
    ("A", "cmo"): (_signers,),
    ("A", "ceo"): (_signers,),
    ("B", "location"): (_pins,),
    ("B", "hours"): (_hours,),
}


def _stand(section: Section, by: Reach) -> None:
    """Complete when nothing is missing; the application follows its sections."""
    complete = not gaps(form_of(section.kind), section.content)
    was = section.status
    section.status = "complete" if complete else "in_progress"
    section.completed_at = (section.completed_at or utcnow()) if complete else None
    application = db.session.get_one(Application, section.application_id)
    if complete and was != "complete":
        note(application, "section_complete", by, section.name)
    db.session.flush()
    with acting(TOGETHER):  # whoever fills in Section B sees no Section A
        sections = sections_of(application)
        _follow_sections(application, sections)
        if complete and section.kind == "A":
            coordinators.invite_all(application, sections, by)
        elif complete and was != "complete" and all(one.status == "complete" for one in sections):
            notices.queue(
                "sections_complete", to=application.administrator, by=by, once=f"sections-{application.id}",
                organization=application.organization_name,
            )  # fmt: skip
        db.session.flush()


def _follow_sections(application: Application, sections: list[Section]) -> None:
    if application.status not in ("draft", "awaiting_sections"):
        return
    a_is_complete = all(one.status == "complete" for one in sections if one.kind == "A")
    application.status = "awaiting_sections" if a_is_complete else "draft"
