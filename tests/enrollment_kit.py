"""Contents of Sections A and B for tests, made from the declared fields, and sections filled in through their pages."""

from __future__ import annotations

from typing import Any

from app.rules.declared import Field, Group, Step
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.base import choices_of, db
from models.links import Link
from models.scope import acting
from tests import factories as make

WORDS = {"zip": "27215", "phone": "3365550123", "pin": "NCA650999", "time": "08:00", "date": "2021-01-04"}
# What differs from the rest, by path without the key of a row.
SAID: dict[str, Any] = {
    "organization.legal_name": "Haw River Health", "organization.street": "12 Mill Street",
    "organization.city": "Haw River", "organization.email": "office@haw.example",
    "administrator.email": "ada@haw.example", "cmo.email": "cmo@haw.example",
    "ceo.email": "ceo@haw.example", "hours.closes": "12:00", "hours.opens2": "13:00", "hours.closes2": "17:00",
    "location.vtrcks_pin": "123456", "first_manager.email": "mona@haw.example", "primary.email": "cora@haw.example",
    "backup.email": "ben@haw.example", "location.provider_pin": None,
}  # fmt: skip


def value_of(group: Group, field: Field) -> Any:
    """A fitting answer to a field."""
    path = f"{group.name}.{field.name}"
    if path in SAID:
        return SAID[path]
    if field.kind in ("yes_no", "must_be_yes"):
        return True if field.kind == "must_be_yes" else None
    if field.kind == "whole":
        return field.least or 12
    if field.kind in ("choice", "codes"):
        first = next(iter(choices_of({"choices": field.choices}) or {}))
        return first if field.kind == "choice" else [first]
    if field.kind == "email":
        return f"{field.name}@haw.example"
    return WORDS.get(field.kind, field.label and str(field.name).replace("_", " ").title())[: field.most]


def row(group: Group, key: str = "", **more: Any) -> dict[str, Any]:
    """A fitting answer to a whole group, or to a row of it."""
    found = {field.name: value for field in group.fields if (value := value_of(group, field)) is not None}
    return {**({"key": key} if key else {}), **found, **more}


def location_row(key: str, name: str, email: str) -> dict[str, Any]:
    """A line of the locations of Section A."""
    return row(SECTION_A.steps[3].groups[0], key, name=name, coordinator_email=email)


def content(form: Any, **more: Any) -> dict[str, Any]:
    """A complete content of a form, with one row in each repeated group."""
    found: dict[str, Any] = {}
    for group in form.groups():
        found[group.name] = [row(group, "a1")] if group.repeated else row(group)
    return {**found, **more}


def section_a(*locations: dict[str, Any]) -> dict[str, Any]:
    """A complete Section A."""
    listed = list(locations) or [location_row("a1", "Haw River Clinic", "cora@haw.example")]
    return content(SECTION_A, locations=listed)


def section_b(name: str = "Haw River Clinic", **more: Any) -> dict[str, Any]:
    """A complete Section B."""
    found = content(SECTION_B, **more)
    return {**found, "location": {**found["location"], "name": name}}


def inputs(step: Step, said: dict[str, Any]) -> dict[str, Any]:
    """What a browser would send of a step."""
    sent: dict[str, Any] = {}
    for group in step.groups:
        if not group.repeated:
            sent |= {f"{group.name}.{name}": _typed(value) for name, value in said[group.name].items()}
            continue
        sent[f"{group.name}.rows"] = [one["key"] for one in said[group.name]]
        for one in said[group.name]:
            sent |= {f"{group.name}.{one['key']}.{name}": _typed(v) for name, v in one.items() if name != "key"}
    return sent


def _typed(value: Any) -> Any:
    return "y" if value is True else value


def token_of(app: Any, purpose: str, email: str) -> str:
    """The secret of the newest link of a purpose to an address, as its mail carries it."""
    from app.rules import links

    with app.app_context(), acting(make.SEED):
        query = db.session.query(Link).filter_by(purpose=purpose, email=email).order_by(Link.id.desc())
        return links.address(query.first())
