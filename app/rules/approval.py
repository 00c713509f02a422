"""What an approval makes: organization, locations and storage units as the sections say, and their first people."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.rules import locations, people
from app.rules.clock import today_at
from app.rules.standing import sections_of
from models.applications import Application, Section
from models.base import RuleBroken, db
from models.enrollment import Location, StorageUnit
from models.people import COORDINATOR, Membership
from models.reviews import LocationEvent
from models.scope import Reach

ADDRESS = ("street", "street2", "city", "state", "zip_code", "county")
UNIT_NAMES = {"refrigerator": "Refrigerator", "freezer": "Freezer", "ultra_cold": "Ultra-cold freezer"}


def carry_out(application: Application, content: dict[str, Any], pins: dict[int, str], by: Reach) -> None:
    """Makes what was submitted real; raises RuleBroken with the field "pin_<section key>" where a PIN cannot be."""
    known = {(one.kind, one.row_key): one for one in sections_of(application)}
    for told in content["sections"]:
        section = known[told["kind"], told["row_key"]]
        if told["kind"] == "A":
            _organization(application, told["content"])
        else:
            _location(section, told["content"], pins.get(section.id, ""), by)
    db.session.flush()


def _organization(application: Application, said: dict[str, Any]) -> None:
    organization, told = application.organization, said.get("organization") or {}
    organization.name = told.get("legal_name") or organization.name
    for name in ("phone", "email", *ADDRESS):
        setattr(organization, name, told.get(name) or None)
    if organization.status == "applying":
        organization.status = "approved"
        organization.is_active = True
    application.organization_name = organization.name
    db.session.flush()


def _location(section: Section, said: dict[str, Any], pin: str, by: Reach) -> None:
    """One location as its Section B says; a new one starts to work, with its first manager and its coordinator."""
    location = section.location
    if location is None:
        raise RuleBroken(_("%(section)s belongs to no location.", section=section))
    named = said.get("location") or {}
    location.name = named.get("name") or section.name
    location.provider_type = (said.get("provider") or {}).get("provider_type") or location.provider_type
    _address(location, said)
    if pin.strip():
        locations.refuse_other_pin(location.id, pin, f"pin_{section.id}")
        location.provider_pin = pin
    _storage(location, said.get("storage_units") or ())
    if location.status == "applying":  # one that was suspended, withdrew or closed stays so
        _begin(location, section, said.get("first_manager") or {}, by)
    db.session.flush()


def _address(location: Location, said: dict[str, Any]) -> None:
    """Where vaccine is given, which is where it is shipped to unless they say otherwise."""
    shipping, given = said.get("shipping") or {}, said.get("administration") or {}
    place = given if given.get("is_different") else shipping
    for name in ADDRESS:
        setattr(location, name, place.get(name) or None)
    location.phone = given.get("phone") or shipping.get("phone") or None
    location.email = (said.get("primary") or {}).get("email") or location.email


def _storage(location: Location, rows: Any) -> None:
    """The units that are listed; one that is listed no more is not forgotten, it is no longer in use."""
    units = list(db.session.scalars(select(StorageUnit).where(StorageUnit.location_id == location.id)))
    known = {unit.row_key: unit for unit in units if unit.row_key}
    names = {unit.name for unit in units}
    listed = set()
    for row in rows:
        listed.add(row["key"])
        unit = known.get(row["key"]) or _entered_otherwise(row, units)
        if unit is None:
            unit = StorageUnit(location_id=location.id, row_key=row["key"], name=_free_name(row["unit_kind"], names))
            names.add(unit.name)
            db.session.add(unit)
        unit.row_key = row["key"]
        unit.brand, unit.model, unit.unit_kind = row.get("brand"), row.get("model"), row["unit_kind"]
        unit.is_in_use = True
    for key, unit in known.items():
        if key not in listed:
            unit.is_in_use = False


def _entered_otherwise(row: dict[str, Any], units: list[StorageUnit]) -> StorageUnit | None:
    """A unit of the same kind, brand and model that somebody entered beside the enrollment: it is the same one."""
    wanted = _make(row["unit_kind"], row.get("brand"), row.get("model"))
    return next((u for u in units if not u.row_key and _make(u.unit_kind, u.brand, u.model) == wanted), None)


def _make(*words: str | None) -> tuple[str, ...]:
    return tuple((word or "").strip().casefold() for word in words)


def _free_name(kind: str, taken: set[str]) -> str:
    """Refrigerator 1, Refrigerator 2 ...: the first that no unit of the place has."""
    n = 1
    while (name := f"{UNIT_NAMES[kind]} {n}") in taken:
        n += 1
    return name


def _begin(location: Location, section: Section, manager: dict[str, Any], by: Reach) -> None:
    location.status, location.status_on = "approved", today_at(location)
    location.status_reason = location.records_until = None
    db.session.flush()
    db.session.add(LocationEvent(location_id=location.id, status="approved", by_id=by.user_id))
    if manager.get("email"):
        name = f"{manager.get('first_name') or ''} {manager.get('last_name') or ''}"
        people.first_manager(location, name, manager["email"], by)
    if section.coordinator_id is not None and not _coordinates(section):
        db.session.add(Membership(user_id=section.coordinator_id, profile=COORDINATOR, location_id=location.id))
    db.session.flush()


def _coordinates(section: Section) -> bool:
    """Whether the coordinator has access to the location already."""
    query = select(Membership).where(
        Membership.user_id == section.coordinator_id,
        Membership.location_id == section.location_id,
        Membership.profile == COORDINATOR,
    )
    return any(row.holds_on(today_at(section.location)) for row in db.session.scalars(query))


def end_what_only_applied(application: Application) -> None:
    """A rejected application leaves nothing that could be taken for approved."""
    for section in sections_of(application):
        if section.location is not None and section.location.status == "applying":
            section.location.status = "withdrawn"
    if application.organization.status == "applying":
        application.organization.status = "withdrawn"
    db.session.flush()
