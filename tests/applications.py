"""Applications for tests: what an organization says in Section A and in one Section B, complete and believable."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

from app.rules.standing import note
from models.applications import Application, Section, SubmittedVersion
from models.base import db, utcnow
from models.enrollment import Location, Organization
from models.scope import acting
from tests import factories as make

HOME = {"street": "12 Main St", "street2": None, "city": "Boone", "state": "NC", "zip_code": "28607", "county": "37189"}


def _person(first: str, last: str) -> dict[str, Any]:
    email = f"{first}.{last}@harbor.example".lower()
    return {"first_name": first, "last_name": last, "phone": "8285550100", "email": email}


def section_a(**more: Any) -> dict[str, Any]:
    """What Section A says."""
    said = {"legal_name": "Harbor Health", "location_count": 1, "phone": "8285550100", "email": "ask@harbor.example"}
    return {
        "organization": {**said, **HOME, **more},
        "administrator": _person("Olive", "Admin"),
        "cmo": {**_person("Cleo", "Medic"), "title": "CMO", "license_state": "NC", "license_number": "M-1", **HOME},
        "ceo": {**_person("Carl", "Chief"), "title": "CEO", **HOME},
        "locations": [{"key": "k1", "name": "Harbor Clinic", "city": "Boone"}],
    }


def section_b(name: str = "Harbor Clinic", manager: str = "Mona", **more: Any) -> dict[str, Any]:
    """What a Section B says."""
    said: dict[str, Any] = {
        "location": {"name": name, "provider_pin": "NCA650777"},
        "primary": _person("Vera", "Coord"),
        "backup": _person("Bert", "Backup"),
        "shipping": {**HOME, "phone": "8285550111"},
        "administration": {"is_different": False},
        "hours": [{"key": "h1", "weekday": "1", "opens": "08:00", "closes": "12:00"}],
        "provider": {"provider_type": "12", "settings": []},
        "storage_units": [
            {"key": "u1", "brand": "Helmer", "model": "iPR245", "unit_kind": "refrigerator", "holds_range": True}
        ],
        "first_manager": _person(manager, "Manager"),
    }
    return {**said, **more}


def submitted(**more: Any) -> SimpleNamespace:
    """An application that waits for review: its keys, and the usernames of its administrator and coordinator."""
    with acting(make.SEED):
        organization = make.saved(
            Organization(number=f"ORG-N{next(make.numbers)}", name="Harbor Health", status="applying", kind="provider")
        )
        place = make.saved(
            Location(
                organization=organization, number=f"LOC-N{next(make.numbers)}", name="Harbor Clinic", status="applying"
            )
        )
        admin, coordinator = make.user(f"olive{next(make.numbers)}"), make.user(f"vera{next(make.numbers)}")
        make.membership("Organization Administrator", admin, organization=organization)
        application = make.saved(
            Application(
                number=f"ENR-N{next(make.numbers)}",
                organization=organization,
                organization_name="Harbor Health",
                administrator=admin,
                **more,
            )  # fmt: skip
        )
        make.saved(
            Section(application=application, kind="A", name="Harbor Health", content=section_a(), status="complete")
        )
        b = make.saved(
            Section(
                application=application,
                kind="B",
                name="Harbor Clinic",
                row_key="k1",
                location=place,
                coordinator=coordinator,
                content=section_b(),
                status="complete",
            )  # fmt: skip
        )
        send(application)
        return SimpleNamespace(
            id=application.id, organization=organization.id, place=place.id, b=b.id,
            a=next(one.id for one in application.sections if one.kind == "A"),
            admin=admin.username, coordinator=coordinator.username,
        )  # fmt: skip


def send(application: Application) -> None:
    """What submitting and signing leave behind."""
    application.round += 1
    application.submitted_at, application.reviewer_id, application.claimed_at = utcnow(), None, None
    application.ready_at = utcnow()
    kept = ("kind", "location_id", "row_key", "name", "content")
    sections = sorted(application.sections, key=lambda one: (one.kind, one.id))
    content = copy.deepcopy({"sections": [{name: getattr(one, name) for name in kept} for one in sections]})
    db.session.add(SubmittedVersion(application_id=application.id, round=application.round, content=content))
    application.status = "submitted"
    note(application, "ready", make.SEED)
    db.session.flush()
