"""Applications of the demo in different states: approved, being filled in, invited, sent back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.demo.agreements import sign
from app.demo.users import newcomer
from app.rules import applications, joining, standing
from app.rules.agreements import agreements_of
from app.rules.enrollment_fields import form_of
from app.rules.sections import save_section
from models.applications import Application, Section
from models.base import db, utcnow
from models.enrollment import Location, Organization
from models.people import PortalUser
from models.scope import Reach

UNIT = {"brand": "Helmer Scientific", "model": "iPR245", "unit_kind": "refrigerator", "holds_range": True}
# name, street, city, zip, county, phone, administrator, locations
HAW_RIVER = ("Haw River Community Health", "201 E Main St", "Haw River", "27258", "37001", "3365550150")
SURRY = ("Surry Family Medicine", "310 W Main St", "Mount Airy", "27030", "37171", "3365550180")


def in_all_states(by: Reach, organizations: dict[str, Organization], staff: list[PortalUser]) -> None:
    """Four applications; the administrator of the first is orgadmin.demo, of the second applicant.demo."""
    users = {user.username: user for user in staff}
    _approved(organizations["ORG-0002"], users["orgadmin.demo"], users["coordinator.demo"], by)
    _half_way(newcomer(by), by)
    _invited(by)
    sent_back = _waiting(SURRY, "Mount Airy Practice", by)
    sent_back.status = "in_review"
    sent_back.status = "changes_requested"
    section = standing.sections_of(sent_back)[1]
    section.remarks = {
        "capacity.refrigerated": "Please say how many vials fit at peak times, beside influenza vaccine."
    }
    standing.note(sent_back, "changes_requested", by, "Storage capacity of Mount Airy Practice")
    db.session.flush()
    _number()


def _number() -> None:
    """Numbers that are the same each time the demo is loaded."""
    for entity, prefix, first in ((Application, "ENR", 1), (Organization, "ORG", 8), (Location, "LOC", 11)):
        made = db.session.query(entity).filter(db.func.length(entity.number) == 12).order_by(entity.id)
        for n, row in enumerate(made, first):
            row.number = f"{prefix}-{n:04}"
    db.session.flush()


def _person(last: str, first: str, mailbox: str, phone: str) -> dict[str, Any]:
    return {"last_name": last, "first_name": first, "phone": phone, "email": f"{mailbox}@providers.example"}


def _place(street: str | None, city: str | None, zip_code: str | None, county: str | None) -> dict[str, Any]:
    return {"street": street, "city": city, "state": "NC", "zip_code": zip_code, "county": county}


def _section_a(facts: tuple[str, ...], listed: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Section A of an organization whose locations are (key, name, mailbox of the coordinator)."""
    name, street, city, zip_code, county, phone = facts
    at, mailbox = _place(street, city, zip_code, county), name.split()[0].lower()
    licence = {"title": "Medical Director", "license_state": "NC", "license_number": f"NC-{zip_code}"}
    return {
        "organization": {
            "legal_name": name, "location_count": len(listed), "phone": phone,
            "email": f"{mailbox}@providers.example", **at,
        },
        "administrator": _person("Ferrell", "Noelle", f"{mailbox}.office", phone),
        "cmo": {**_person("Ibarra", "Celia", f"{mailbox}.cmo", phone), **licence, **at},
        "ceo": {**_person("Poole", "Everett", f"{mailbox}.ceo", phone), "title": "Chief Executive Officer", **at},
        "locations": [
            {
                "key": key, "name": place, "city": city, "coordinator_first_name": "Imani",
                "coordinator_last_name": "Sutton", "coordinator_phone": phone,
                "coordinator_email": f"{coordinator}@providers.example",
            }
            for key, place, coordinator in listed
        ],
    }  # fmt: skip


def _section_b(place: str, facts: tuple[str, ...], provider_type: str) -> dict[str, Any]:
    """A complete Section B."""
    name, street, city, zip_code, county, phone = facts
    mailbox = name.split()[0].lower()
    days = ("mon", "tue", "wed", "thu", "fri")
    return {
        "location": {"name": place},
        "primary": _person("Sutton", "Imani", f"{mailbox}.vaccine", phone),
        "backup": _person("Le", "Thuy", f"{mailbox}.backup", phone),
        "shipping": {**_place(street, city, zip_code, county), "phone": phone},
        "administration": {},
        "hours": [
            {"key": f"d{n}", "weekday": day, "opens": "08:30", "closes": "12:00", "opens2": "13:00", "closes2": "16:30"}
            for n, day in enumerate(days)
        ],
        "provider": {"provider_type": provider_type, "settings": ["clinic"]},
        "reporting": {"system": "cvms", "reports_to_iis": True, "iis_id": f"IIS{zip_code}"},
        "patients": {
            "to_18": 900, "from_19_to_64": 2600, "from_65": 1100, "weekly": 420, "influenza_peak_unknown": True,
            "populations": ["adult", "older", "rural"],
        },
        "capacity": {"refrigerated": 40, "no_frozen": True, "no_ultra_cold": True},
        "storage_units": [{"key": "u1", **UNIT}],
        "attestation": {"attests": True, "name": "Celia Ibarra", "title": "Medical Director"},
        "licensed_providers": [
            {"key": "p1", "last_name": "Ibarra", "first_name": "Celia", "title": "MD", "license_number": zip_code}
        ],
        "first_manager": _person("Marsh", "Gloria", f"{mailbox}.manager", phone),
    }  # fmt: skip


def _fill(section: Section, content: dict[str, Any], by: Reach) -> None:
    """Stores a section step by step, as its pages do."""
    for step in form_of(section.kind).steps:
        save_section(section, step, {group.name: content.get(group.name) for group in step.groups}, None, by)


def _approved(organization: Organization, administrator: PortalUser, coordinator: PortalUser, by: Reach) -> None:
    """The first provider, as it was approved: its administrator may change it."""
    facts = (
        organization.name, organization.street or "", organization.city or "", organization.zip_code or "",
        organization.county or "", organization.phone or "",
    )  # fmt: skip
    application = Application(
        number=standing.new_number("ENR"), origin="invitation", organization=organization, status="approved",
        organization_name=organization.name, administrator=administrator, round=1, signed_round=1,
        submitted_at=utcnow() - dt.timedelta(days=60), decided_at=utcnow() - dt.timedelta(days=50),
        administrator_email=administrator.email, administrator_first_name=administrator.first_name,
        administrator_last_name=administrator.last_name,
    )  # fmt: skip
    db.session.add(application)
    db.session.flush()
    places = db.session.query(Location).filter_by(organization_id=organization.id).order_by(Location.id).all()
    listed = [(f"l{n}", place.name, f"coordinator{n}") for n, place in enumerate(places, 1)]
    said = [("A", None, None, organization.name, _section_a(facts, listed))]
    said += [
        ("B", place, key, place.name, _section_b(place.name, facts, place.provider_type or "12"))
        for place, (key, _name, _mailbox) in zip(places, listed, strict=True)
    ]
    for kind, place, key, name, content in said:
        section = Section(
            application=application, kind=kind, location=place, row_key=key, name=name, content=content, remarks={},
            status="complete", completed_at=utcnow() - dt.timedelta(days=61), invited_at=utcnow(),
            coordinator=coordinator if kind == "B" else None,
        )  # fmt: skip
        db.session.add(section)
    db.session.flush()
    db.session.add(applications.version_of(application, by))
    for kind in ("started", "submitted", "approved"):
        standing.note(application, kind, by)


def _begun(facts: tuple[str, ...], listed: list[tuple[str, str, str]], by: Reach) -> Application:
    """A new organization whose Section A is complete."""
    application = joining.new_application(facts[0], "invitation", False, "en")
    standing.note(application, "started", by)
    _fill(standing.sections_of(application)[0], _section_a(facts, listed), by)
    return application


def _half_way(administrator: PortalUser, by: Reach) -> None:
    """One section of two is still to be filled in."""
    listed = [("h1", "Haw River Clinic", "hawriver.clinic"), ("h2", "Graham Mobile Unit", "hawriver.mobile")]
    application = _begun(HAW_RIVER, listed, by)
    application.administrator_id, application.administrator_email = administrator.id, administrator.email
    joining.administer(application, administrator)
    _fill(standing.sections_of(application)[1], _section_b(listed[0][1], HAW_RIVER, "3"), by)


def _invited(by: Reach) -> None:
    invited = Application(
        organization_name="Outer Banks Urgent Care", administrator_first_name="Dale", administrator_last_name="Midgett",
        administrator_email="dale.midgett@providers.example",
    )  # fmt: skip
    applications.invite(invited, by)


def _waiting(facts: tuple[str, ...], place: str, by: Reach) -> Application:
    """Submitted and signed; waits for review."""
    application = _begun(facts, [("w1", place, f"{facts[0].split()[0].lower()}.vaccine")], by)
    _fill(standing.sections_of(application)[1], _section_b(place, facts, "18"), by)
    applications.submit(application, by)
    for agreement in agreements_of(application):
        sign(agreement)
    return application
