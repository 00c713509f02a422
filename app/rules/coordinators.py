"""The locations that Section A lists, and their primary Vaccine Coordinators, each invited to one Section B."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import clock, links, notices
from app.rules.standing import new_number, note, sections_of
from models.acts import act
from models.applications import OPEN, Application, Section
from models.base import RuleBroken, db, utcnow
from models.enrollment import Location
from models.people import COORDINATOR, Membership
from models.scope import Reach, acting

SECTION_LINK = "enrollment_section"  # purpose of the link that opens one Section B
ENROLLING = Reach.system("enrollment")


def follow_locations(section_a: Section, by: Reach) -> None:
    """Gives each location that Section A lists a Section B of its own, and takes back what is listed no more."""
    application = db.session.get_one(Application, section_a.application_id)
    listed = {row["key"]: row for row in section_a.content.get("locations") or () if row.get("name")}
    known = {one.row_key: one for one in sections_of(application) if one.kind == "B"}
    for key, row in listed.items():
        if key in known:
            _follow(known[key], row, by)
        else:
            _begin(application, key, row)
    for key, section in known.items():
        if key not in listed:
            _take_out(section, by)


def _begin(application: Application, key: str, row: dict[str, Any]) -> Section:
    """A location that applies, and its Section B with what Section A says of it."""
    location = Location(
        organization_id=application.organization_id, number=new_number("LOC"), name=row["name"], status="applying",
        city=row.get("city"),
    )  # fmt: skip
    db.session.add(location)
    db.session.flush()
    primary = {name: row.get(f"coordinator_{name}") for name in ("first_name", "last_name", "phone", "email")}
    section = Section(
        application_id=application.id, kind="B", row_key=key, location_id=location.id, name=row["name"],
        content={"location": {"name": row["name"]}, "primary": primary}, remarks={},
    )  # fmt: skip
    _name_coordinator(section, row)
    db.session.add(section)
    db.session.flush()
    return section


def _name_coordinator(section: Section, row: dict[str, Any]) -> None:
    section.coordinator_first_name = row.get("coordinator_first_name")
    section.coordinator_last_name = row.get("coordinator_last_name")
    section.coordinator_email = (row.get("coordinator_email") or "").lower() or None


def _follow(section: Section, row: dict[str, Any], by: Reach) -> None:
    """A new name, or another coordinator, whose predecessor's link and access end."""
    if section.name != row["name"]:
        section.name = row["name"]
        if section.location and section.location.status == "applying":
            section.location.name = row["name"]
    before = section.coordinator_email
    _name_coordinator(section, row)
    if section.coordinator_email != before and (before or section.coordinator_id):
        links.revoke_all(SECTION_LINK, _subject(section))
        if section.location and section.location.status == "applying":
            _end_access(section)
        section.coordinator_id = section.invited_at = None


def _take_out(section: Section, by: Reach) -> None:
    """A location that is listed no more: it never took part, or it must be closed and not forgotten."""
    location = section.location
    if location is None or location.status != "applying":
        raise RuleBroken(
            _("%(name)s takes part already. To end that, please ask the Immunization Branch to close it.",
              name=section.name),
            "locations",
        )  # fmt: skip
    links.revoke_all(SECTION_LINK, _subject(section))
    _end_access(section)
    location.status = "withdrawn"
    section.status = "taken_out"
    db.session.flush()


def _end_access(section: Section) -> None:
    """Ends what the coordinator may do at a location that only applies."""
    db.session.flush()
    yesterday = clock.today() - dt.timedelta(days=1)
    with acting(ENROLLING):
        query = select(Membership).where(
            Membership.location_id == section.location_id, Membership.profile == COORDINATOR,
            Membership.user_id == section.coordinator_id,
        )  # fmt: skip
        for membership in db.session.scalars(query).all():
            membership.ends_on = yesterday
            if membership.starts_on and membership.starts_on > yesterday:
                membership.starts_on = yesterday
        db.session.flush()


def _subject(section: Section) -> str:
    return f"section:{section.id}"


def invite_all(application: Application, sections: list[Section], by: Reach) -> None:
    """Invites every coordinator who was not yet: Section A is complete."""
    for section in sections:
        if section.kind == "B" and section.invited_at is None and section.coordinator_email:
            invite_coordinator(section, by)


@act(
    label=_l("Invite the coordinator"),
    confirm=_l("Send a new invitation by mail? An earlier one then opens nothing."),
    icon="fa-envelope",
    done=_l("The invitation is on its way."),
    may_do=lambda section: (
        section.kind == "B"
        and section.status != "taken_out"
        and section.coordinator_id is None
        and section.application.status in OPEN
    ),
)
def invite_coordinator(section: Section, by: Reach) -> Section:
    """Mails the primary coordinator of a location the link to its Section B; an earlier link opens nothing any more."""
    if section.kind != "B" or section.application.status not in OPEN:
        raise RuleBroken(_("There is nobody to invite here at present."))
    if section.coordinator_id is not None:
        raise RuleBroken(_("The Vaccine Coordinator has registered already."))
    if not section.coordinator_email:
        raise RuleBroken(_("Section A does not name the Vaccine Coordinator's e-mail yet."))
    links.revoke_all(SECTION_LINK, _subject(section))
    with acting(ENROLLING):
        link = links.make(SECTION_LINK, section.coordinator_email, _subject(section), by)
        notices.queue_to(
            "section_invited", section.coordinator_email, section.application.language, f"section-link-{link.id}",
            ENROLLING, link=link, organization=section.application.organization_name, place=section.name,
            name=section.coordinator_first_name or "",
        )  # fmt: skip
        section.invited_at = utcnow()
        note(section.application, "coordinator_invited", by, section.name)
        db.session.flush()
    return section
