"""Provider agreements from a REDCap export: an organization in one row, each of its locations in a row of its own.

`MAP` says which REDCap variable is which declared field of Section A or B; docs/redcap.md tells the same to people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import reference
from app.rules.declared import Field, Form, problem
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from app.uploads import cells
from app.uploads.cells import Known, Wrong
from app.uploads.columns import Column, Template
from app.uploads.kind import Kind, Menu, Words
from app.uploads.redcap_commit import decide, enter
from models.applications import Application

LOCATION = "section_b"  # the repeating instrument; an empty one is the organization
A_SET = 200  # rows in one transaction
NAME_PARTS = ("last_name", "first_name")
PERSON = (*NAME_PARTS, "phone", "email")
ADDRESS = ("street", "street2", "city", "state", "zip_code", "county")


def _all(prefix: str, group: str, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{prefix}_{name}", f"{group}.{name}") for name in names)


MAP_A = (
    *_all("org", "organization", "legal_name", "phone", "email", *ADDRESS),
    *_all("admin", "administrator", *PERSON),
    *_all("cmo", "cmo", *PERSON, "title", "license_state", "license_number"),
    *_all("ceo", "ceo", *PERSON, "title"),
)
MAP_B = (
    *_all("loc", "location", "name", "provider_pin", "vtrcks_pin"),
    ("loc_provider_type", "provider.provider_type"),
    *_all("loc", "shipping", *ADDRESS, "phone"),
    *_all("coord", "primary", *PERSON),
    *_all("backup", "backup", *PERSON),
)
SIGNED = ("cmo_signed_on", "ceo_signed_on")
NEEDED_A = (
    "org_legal_name",
    "org_email",
    "cmo_last_name",
    "cmo_first_name",
    "ceo_last_name",
    "ceo_first_name",
    *SIGNED,
)
NEEDED_B = ("loc_name", "loc_street", "loc_city", "loc_state", "loc_zip_code", "loc_county")
EXAMPLES = {
    "org_legal_name": "Piedmont Family Health", "org_email": "vaccine@piedmont.example", "cmo_last_name": "Vance",
    "cmo_first_name": "Helena", "ceo_last_name": "Odom", "ceo_first_name": "Marcus",
}  # fmt: skip


def field_of(form: Form, path: str) -> Field:
    """The declared field of a path."""
    group, name = path.split(".")
    return next(one for one in form.groups() if one.name == group).field(name)


def reader(field: Field) -> Callable[[str, Column, Known], Any]:
    """Reads a cell as the declared field asks."""

    def read(typed: str, column: Column, known: Known) -> Any:
        value = _value(field, typed, column, known)
        if words := problem(field, value):
            raise Wrong(words)
        return value

    return read


def _value(field: Field, typed: str, column: Column, known: Known) -> Any:
    if field.kind in ("phone", "zip"):
        return cells.READERS[field.kind](typed, column, known)
    if field.kind == "pin":
        return f"NCA{typed}" if typed.isdigit() else typed.upper()
    if field.kind != "choice":
        return typed
    found = reference.county_fips(typed) if field.choices == "counties" else reference.code_of(field.choices, typed)
    return found or typed


def record(typed: str, _column: Column, _known: Known) -> str:
    """REDCap's number of a record."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,12}", typed):
        raise Wrong(_l("A record id has up to 12 letters, digits and hyphens."))
    return typed


def instrument(typed: str, _column: Column, _known: Known) -> str:
    """What the row is of."""
    if typed.strip().casefold() != LOCATION:
        raise Wrong(_l("This is empty for the organization, and section_b for a location."))
    return LOCATION


def instance(typed: str, _column: Column, _known: Known) -> int:
    """Which of the locations of a record."""
    if not re.fullmatch(r"[1-9][0-9]{0,3}", typed):
        raise Wrong(_l("Please give a whole number, %(least)s or more.", least=1))
    return int(typed)


def what_is_needed(values: dict[str, Any], bad: set[str], _known: Known) -> Iterator[tuple[str, str, Any]]:
    """What an organization's row must say, or a location's."""
    is_location = values["redcap_repeat_instrument"] == LOCATION
    if is_location and values["redcap_repeat_instance"] is None and "redcap_repeat_instance" not in bad:
        yield "redcap_repeat_instance", "REQD", _l("Please give the number of the location.")
    for name in NEEDED_B if is_location else NEEDED_A:
        if values[name] is None and name not in bad:
            yield name, "REQD", _l("%(column)s is required.", column=name)


def _columns() -> Iterator[Column]:
    yield Column("record_id", "record_id", record, True, example="1042", help=_l("REDCap's number of the agreement."))
    yield Column("redcap_repeat_instrument", "redcap_repeat_instrument", instrument, help=_l(
        "Empty for the organization, section_b for a location."))  # fmt: skip
    yield Column("redcap_repeat_instance", "redcap_repeat_instance", instance, help=_l(
        "1, 2 ... for the locations of a record."))  # fmt: skip
    for form, known in ((SECTION_A, MAP_A), (SECTION_B, MAP_B)):
        for header, path in known:
            field = field_of(form, path)
            yield Column(header, header, reader(field), example=EXAMPLES.get(header, ""), help=field.label)
    for header in SIGNED:
        yield Column(header, header, "day", example="12/10/2020", help=_l("When the paper was signed that is on file."))


REDCAP = Template(
    kind="redcap",
    title=_l("Provider agreements from REDCap"),
    columns=tuple(_columns()),
    rules=(what_is_needed,),
    identity=lambda values: (values["record_id"], values["redcap_repeat_instance"] or 0),
    notes=(
        _l("One row for each organization, with redcap_repeat_instrument empty, and below it one for each location."),
        _l("A record that was entered before stays as it is; the file may be sent as often as you like."),
    ),
)
WORDS = Words(
    title=_l("Provider agreements from REDCap"),
    file_name=_l("redcap-agreements-template"),
    lead=_l("Bring in the agreements that were signed before this system, from a CSV export of REDCap."),
    warning=_l("Organizations and locations in this file are approved at once: their signatures are on file."),
    see=_l("See the applications"),
    listed="ApplicationScreen.list",
    new=lambda n: ngettext(
        "%(num)s organization or location will be entered.", "%(num)s organizations and locations will be entered.", n
    ),
    entered=lambda n: ngettext(
        "%(num)s organization or location was entered.", "%(num)s organizations and locations were entered.", n
    ),
)
KIND = Kind(
    name="redcap",
    template=REDCAP,
    table=Application.__table__,
    decide=lambda rows, upload: decide(rows, upload, REDCAP),
    enter=lambda decided, upload, by: enter(decided, {"A": MAP_A, "B": MAP_B}),
    words=WORDS,
    menu=Menu("Program", _l("Agreements from REDCap"), "fa-file-import"),
    verb="send_agreements",
    named_by=("record_id", "org_legal_name", "loc_name"),
    needs_place=False,
    at_once=A_SET,
)
