"""Who enrolls in the demo: an application waits for review; one provider has locations suspended and closed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.demo.places import address_of
from app.rules import locations
from app.rules.standing import note
from models.applications import Application, Section, SubmittedVersion
from models.base import db
from models.enrollment import Location, Organization, StorageUnit
from models.people import PortalUser
from models.scope import Reach

HOME = {"street": "1120 Fairgrove Church Rd", "street2": None, "city": "Hickory", "state": "NC", "zip_code": "28602",
        "county": "37035"}  # fmt: skip
CLINICS = (
    # row, location, name, street, manager
    ("hickory", "LOC-0009", "Catawba Valley Pediatrics, Hickory", "1120 Fairgrove Church Rd", ("Ingrid", "Sigmon")),
    ("newton", "LOC-0010", "Catawba Valley Pediatrics, Newton", "315 S Main Ave", ("Terrence", "Bolick")),
)
# Of a provider that takes part: number, name, PIN, what became of it and why.
OTHERS = (
    ("LOC-0007", "Yadkin Valley Clinic, Elkin", "NCA650007", locations.suspend,
     "Two temperature excursions without a report; see the letter of the Immunization Branch."),
    ("LOC-0008", "Yadkin Valley Clinic, Dobson", "NCA650008", locations.close,
     "The clinic has moved into the one in Elkin."),
)  # fmt: skip


def _person(first: str, last: str, phone: str) -> dict[str, Any]:
    return {"first_name": first, "last_name": last, "middle_initial": None, "phone": phone,
            "email": f"{first}.{last}@catawba.example".lower()}  # fmt: skip


def _section_a() -> dict[str, Any]:
    """What the organization says."""
    cmo = {**_person("Amara", "Lindqvist", "8285550151"), "title": "Medical Director", "license_state": "NC",
           "license_number": "2009-01177", **HOME}  # fmt: skip
    listed = [
        {"key": row, "name": name, "city": name.split(", ")[1], "coordinator_first_name": "Joy",
         "coordinator_last_name": "Setzer", "coordinator_phone": "8285550153",
         "coordinator_email": "joy.setzer@catawba.example"}
        for row, _number, name, *_more in CLINICS
    ]  # fmt: skip
    told = {"legal_name": "Catawba Valley Pediatrics", "location_count": 2, "phone": "8285550150"}
    return {
        "organization": {**told, "email": "vaccine@catawba.example", **HOME},
        "administrator": _person("Warren", "Isenhour", "8285550150"),
        "cmo": cmo,
        "ceo": {**_person("Delia", "Reinhardt", "8285550152"), "title": "Chief Executive Officer", **HOME},
        "locations": listed,
    }


def _section_b(name: str, street: str, manager: tuple[str, str]) -> dict[str, Any]:
    """What one location says."""
    place = {**HOME, "street": street, "city": name.split(", ")[1]}
    numbers = {"to_18": 4200, "from_19_to_64": 0, "from_65": 0, "weekly": 310, "influenza_peak": 180}
    unit = {"key": "unit1", "brand": "Helmer Scientific", "model": "iPR120", "unit_kind": "refrigerator"}
    return {
        "location": {"name": name, "orders_elsewhere": False},
        "primary": _person("Joy", "Setzer", "8285550153"),
        "backup": _person("Malik", "Huffman", "8285550154"),
        "shipping": {**place, "phone": "8285550155"},
        "administration": {"is_different": False},
        "hours": [
            {"key": day, "weekday": day, "opens": "08:30", "closes": "12:00", "opens2": "13:00", "closes2": "16:30"}
            for day in ("mon", "tue", "wed", "thu", "fri")
        ],
        "provider": {"provider_type": "12", "settings": ["clinic"]},
        "reporting": {"system": "cvms", "reports_to_iis": False, "planned_method": "Entered here, the same day."},
        "patients": {**numbers, "populations": ["pediatric"]},
        "capacity": {"refrigerated": 20, "frozen": 8, "no_ultra_cold": True},
        "storage_units": [{**unit, "holds_range": True}],
        "attestation": {"attests": True, "name": "Amara Lindqvist", "title": "Medical Director"},
        "licensed_providers": [
            {"key": "lp1", "last_name": "Lindqvist", "first_name": "Amara", "title": "MD",
             "license_number": "2009-01177"}
        ],
        "first_manager": _person(*manager, "8285550156"),
    }  # fmt: skip


def waiting_for_review(by: Reach, administrator: PortalUser, now: dt.datetime) -> Application:
    """A pediatric practice with two locations that submitted and signed four days ago."""
    organization = Organization(number="ORG-0007", name="Catawba Valley Pediatrics", status="applying")
    db.session.add(organization)
    db.session.flush()
    application = Application(
        number="ENR-CATAWBA1", organization=organization, organization_name=organization.name,
        administrator=administrator, administrator_first_name="Warren", administrator_last_name="Isenhour",
        administrator_email="warren.isenhour@catawba.example",
    )  # fmt: skip
    db.session.add(application)
    db.session.flush()
    note(application, "started", by)
    sections = [Section(application=application, kind="A", name=organization.name, content=_section_a(), remarks={})]
    for row, number, name, street, manager in CLINICS:
        place = Location(organization=organization, number=number, name=name, status="applying")
        content = _section_b(name, street, manager)
        sections.append(
            Section(
                application=application, kind="B", row_key=row, name=name, location=place, content=content, remarks={}
            )
        )
    for section in sections:
        section.status = "complete"
    db.session.add_all(sections)
    application.round, application.submitted_at = 1, now - dt.timedelta(days=4, hours=3)
    application.ready_at = now - dt.timedelta(days=3, hours=2)
    db.session.flush()
    kept = ("kind", "location_id", "row_key", "name", "content")
    content = {"sections": [{name: getattr(one, name) for name in kept} for one in sections]}
    db.session.add(SubmittedVersion(application=application, round=1, content=content, by_id=administrator.id))
    for kind in ("submitted", "ready"):
        note(application, kind, by)
    application.status = "submitted"
    db.session.flush()
    return application


def other_states(by: Reach) -> None:
    """A provider with a location that is suspended and one that is closed."""
    where = ("130 Hawthorne Rd", "Elkin", "28621", "37171", "3365550170")
    organization = Organization(
        number="ORG-0006", name="Yadkin Valley Clinics", kind="provider", **address_of(*where, mailbox="ORG-0006")
    )
    db.session.add(organization)
    for number, name, pin, becomes, reason in OTHERS:
        place = Location(
            organization=organization, number=number, name=name, provider_pin=pin, provider_type="12",
            **address_of(*where, mailbox=number),
        )  # fmt: skip
        db.session.add(place)
        db.session.flush()
        for unit in ("Refrigerator 1", "Refrigerator 2"):
            db.session.add(StorageUnit(location=place, name=unit, brand="Helmer Scientific", model="iPR245"))
        becomes(place, by, reason)
    db.session.flush()
