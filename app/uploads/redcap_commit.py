"""What becomes of each row of a REDCap export, and how a set of them is entered: approved, and marked as migrated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, update

from app import history
from app.rules import standing, twins
from app.uploads.checking import Checked
from app.uploads.columns import Template
from app.uploads.deciding import Decided, begin
from app.uploads.earlier import earlier_rows
from app.uploads.writing import insert_rows
from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import db, utcnow
from models.enrollment import Location, Organization
from models.scope import Reach, acting
from models.uploads import Upload

IMPORT = Reach.system("redcap import")
ADDRESS = ("street", "street2", "city", "state", "zip_code", "county", "phone")
NAMES = ("first_name", "last_name")
Map = tuple[tuple[str, str], ...]


class Here(NamedTuple):
    """A stored row, by its key."""

    id: int


def organization_number(record: str) -> str:
    """The number of the organization that a record became: unique, so that no record is entered twice."""
    return f"RC-{record}"


def location_number(values: dict[str, Any]) -> str:
    """The number of the location that a row became."""
    return f"RC-{values['record_id']}-{values['redcap_repeat_instance']}"


def is_location(one: Decided) -> bool:
    """Whether the row is of a location."""
    return one.row.values["redcap_repeat_instrument"] is not None


# -- what becomes of a row -----------------------------------------------------------------------------


def decide(rows: list[Checked], upload: Upload, template: Template) -> list[Decided]:
    """Each row against what is here now, in sets; review and entering both ask."""
    decided = begin(rows, template)
    new = [one for one in decided if one.outcome == "new"]
    with acting(IMPORT):
        _organizations_known([one for one in new if not is_location(one)])
        _locations_known([one for one in new if is_location(one)], decided, upload)
    return decided


def _keys(column: Any, key: Any, wanted: Iterable[Any]) -> dict[Any, int]:
    """Stored rows by a column of theirs."""
    return dict(db.session.execute(select(column, key).where(column.in_(set(wanted)))).tuples().all())


def _organizations_known(new: list[Decided]) -> None:
    numbers = [organization_number(one.row.values["record_id"]) for one in new]
    here = _keys(Organization.number, Organization.id, numbers)
    known = twins.by_name()
    for one, number in zip(new, numbers, strict=True):
        values = one.row.values
        alike = known.get(twins.name_key(values["org_legal_name"]), ())
        places = (row.number for row in alike if twins.same_place(row, values["org_street"], values["org_zip_code"]))
        twin = next(places, None)
        if number in here:
            one.outcome, one.known = "same", Here(here[number])
        elif twin is not None:
            one.note("review", "LIKE", _("An organization of this name is here already: %(number)s.", number=twin))


def _locations_known(new: list[Decided], decided: list[Decided], upload: Upload) -> None:
    here = _keys(Location.number, Location.id, [location_number(one.row.values) for one in new])
    pins = _keys(Location.provider_pin, Location.id, [one.row.values["loc_provider_pin"] for one in new])
    parents = _parents(new, decided, upload)
    seen: dict[str, int] = {}
    for one in new:
        values = one.row.values
        pin = values["loc_provider_pin"]
        if found := here.get(location_number(values)):
            one.outcome, one.known = "same", Here(found)
        elif values["record_id"] not in parents:
            one.refuse("record_id", "BUSR", _("The row of this location's organization is missing or is not entered."))
        elif pin and (pin in pins or pin in seen):
            one.refuse("loc_provider_pin", "BUSR", _("Another location has this Provider PIN."))
        elif pin:
            seen[pin] = one.row.number


def _parents(new: list[Decided], decided: list[Decided], upload: Upload) -> set[str]:
    """The records whose organization is here, in this set, or in a set of the file before it."""
    good = {one.row.values["record_id"] for one in decided if not is_location(one) and one.outcome in ("new", "same")}
    wanted = {one.row.values["record_id"] for one in new} - good
    stored = _keys(Organization.number, Organization.id, map(organization_number, wanted))
    good |= {record for record in wanted if organization_number(record) in stored}
    missing = [Decided(one.row, "new", (one.row.values["record_id"], 0)) for one in new]
    by_key = {one.key: one.row.values["record_id"] for one in missing}
    earlier = earlier_rows(upload, missing)
    return good | {by_key[row.same_key] for row in earlier}


# -- entering a set ------------------------------------------------------------------------------------


def enter(decided: list[Decided], maps: Mapping[str, Map]) -> dict[int, int]:
    """Enters organizations and locations of a set with a handful of statements, whatever its size."""
    new = [one for one in decided if one.outcome == "new"]
    organizations = [one for one in new if not is_location(one)]
    locations = [one for one in new if is_location(one)]
    records = {one.row.values["record_id"] for one in new}
    with acting(IMPORT):
        made = _enter_organizations(organizations, maps["A"])
        known = _applications(records)
        made |= _enter_locations(locations, known, maps["B"])
        _keep_versions(list(known.values()))
    _sum_up(made)
    return made


def _applications(records: set[str]) -> dict[str, Application]:
    numbers = {organization_number(record): record for record in records}
    found = db.session.scalars(select(Application).where(Application.number.in_(numbers))).all()
    return {numbers[row.number]: row for row in found}


def _content(values: dict[str, Any], known: Map) -> dict[str, Any]:
    """The content of a section, by its declared paths."""
    content: dict[str, Any] = {}
    for header, path in known:
        group, name = path.split(".")
        if values[header] is not None:
            content.setdefault(group, {})[name] = values[header]
    return content


def _made(**values: Any) -> dict[str, Any]:
    """A row to be stored in bulk."""
    return {"row_version": 1, "created_at": utcnow(), **values}


def _enter_organizations(new: list[Decided], known: Map) -> dict[int, int]:
    number_of = {one.row.number: organization_number(one.row.values["record_id"]) for one in new}
    rows = [
        _made(
            number=number_of[one.row.number], name=one.row.values["org_legal_name"], kind="provider", status="approved",
            is_active=True, **{name: one.row.values[f"org_{name}"] for name in (*ADDRESS, "email")},
        )
        for one in new
    ]  # fmt: skip
    insert_rows(Organization.__table__, rows)
    keys = _keys(Organization.number, Organization.id, number_of.values())
    insert_rows(Application.__table__, [_application(one.row.values, keys) for one in new])
    applications = _keys(Application.number, Application.id, number_of.values())
    sections, events = [], []
    for one in new:
        values, application_id = one.row.values, applications[number_of[one.row.number]]
        sections.append(
            _section(application_id, "A", values["org_legal_name"], _content(values, known), location_id=None)
        )
        events.append(_made(application_id=application_id, kind="migrated", words=_on_file(values), by_id=None))
    insert_rows(Section.__table__, sections)
    insert_rows(ApplicationEvent.__table__, events)
    return {row: keys[number] for row, number in number_of.items()}


def _application(values: dict[str, Any], keys: dict[str, int]) -> dict[str, Any]:
    number, now = organization_number(values["record_id"]), utcnow()
    return _made(
        number=number, kind="enrollment", origin="redcap", status="approved", organization_id=keys[number],
        organization_name=values["org_legal_name"], submitted_at=now, decided_at=now, round=0, language="en",
        is_another=False, **{f"administrator_{name}": values[f"admin_{name}"] for name in (*NAMES, "email")},
        signed_round=1,
    )  # fmt: skip


def _section(application_id: int, kind: str, name: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    whose = {f"coordinator_{part}": None for part in (*NAMES, "email")}
    return _made(
        application_id=application_id, kind=kind, name=name, content=content, remarks={}, status="in_progress",
        **{"row_key": None, **whose, **more},
    )  # fmt: skip


def _on_file(values: dict[str, Any]) -> str:
    """The signatures stay where they are; the timeline names them."""
    return _(
        "Signatures on file: %(cmo)s (CMO), %(cmo_day)s; %(ceo)s (CEO), %(ceo_day)s.",
        cmo=f"{values['cmo_first_name']} {values['cmo_last_name']}",
        ceo=f"{values['ceo_first_name']} {values['ceo_last_name']}",
        cmo_day=values["cmo_signed_on"].isoformat(),
        ceo_day=values["ceo_signed_on"].isoformat(),
    )


def _enter_locations(new: list[Decided], known: dict[str, Application], map_b: Map) -> dict[int, int]:
    number_of = {one.row.number: location_number(one.row.values) for one in new}
    rows = [
        _made(
            number=number_of[one.row.number], name=one.row.values["loc_name"], status="approved",
            organization_id=known[one.row.values["record_id"]].organization_id, time_zone="America/New_York",
            provider_pin=one.row.values["loc_provider_pin"], provider_type=one.row.values["loc_provider_type"],
            **{name: one.row.values[f"loc_{name}"] for name in ADDRESS},
        )
        for one in new
    ]  # fmt: skip
    insert_rows(Location.__table__, rows)
    keys = _keys(Location.number, Location.id, number_of.values())
    sections = [
        _section(
            known[one.row.values["record_id"]].id, "B", one.row.values["loc_name"], _content(one.row.values, map_b),
            location_id=keys[number_of[one.row.number]],
            row_key=f"redcap-{one.row.values['redcap_repeat_instance']}",
            **{f"coordinator_{name}": one.row.values[f"coord_{name}"] for name in (*NAMES, "email")},
        )
        for one in new
    ]  # fmt: skip
    insert_rows(Section.__table__, sections)
    return {row: keys[number] for row, number in number_of.items()}


def _keep_versions(touched: list[Application]) -> None:
    """What is approved now, as a version: a later change is compared with it. Section A lists every location."""
    of: dict[int, list[Section]] = {}
    query = select(Section).where(Section.application_id.in_([row.id for row in touched]))
    for section in db.session.scalars(query.order_by(Section.application_id, Section.kind, Section.id)):
        of.setdefault(section.application_id, []).append(section)
    contents, rounds, versions = [], [], []
    for application in touched:
        first, *rest = of[application.id]
        listed = {**first.content, "locations": [_listed(section) for section in rest]}
        submitted = standing.as_submitted([first, *rest])
        submitted["sections"][0]["content"] = listed
        contents.append({"key": first.id, "said": listed})
        rounds.append({"key": application.id, "said": application.round + 1})
        versions.append(
            _made(application_id=application.id, round=application.round + 1, content=submitted, by_id=None)
        )
    if touched:
        _set_all(Section.__table__.c.content, contents)
        _set_all(Application.__table__.c.round, rounds)
        insert_rows(SubmittedVersion.__table__, versions)
        db.session.expire_all()


def _set_all(column: Any, said: list[dict[str, Any]]) -> None:
    """One column of many rows, by their keys."""
    table = column.table
    statement = update(table).where(table.c.id == bindparam("key"))
    values = {column.name: bindparam("said", type_=column.type), "row_version": table.c.row_version + 1}
    db.session.connection().execute(statement.values(values), said)


def _listed(section: Section) -> dict[str, Any]:
    """A location's line in Section A."""
    primary = section.content.get("primary", {})
    line = {"key": section.row_key, "name": section.name, "city": section.content.get("shipping", {}).get("city")}
    return line | {f"coordinator_{name}": primary.get(name) for name in ("first_name", "last_name", "phone", "email")}


def _sum_up(made: dict[int, int]) -> None:
    """One line of history for the set: the file says the values."""
    if made:
        history.changed_in_bulk("Application", "migrate", sorted(made.values()))
