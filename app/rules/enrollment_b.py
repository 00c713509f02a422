"""Section B of the CDC Provider Agreement as data: one location. Source: as in `app.rules.enrollment_fields`."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.rules.declared import Field, Form, Group, Step
from app.rules.enrollment_parts import address, person
from models.enrollment import UNIT_KINDS

REPORTING_SYSTEMS = {
    "cvms": _l("This system (CVMS)"),
    "ncir": _l("North Carolina Immunization Registry (NCIR)"),
}


def hours() -> tuple[Field, ...]:
    """A weekday and its two windows."""
    return (
        Field("weekday", _l("Day"), "choice", "weekdays"),
        Field("opens", _l("From"), "time", example="08:00"),
        Field("closes", _l("Until"), "time", example="12:00"),
        Field("opens2", _l("And from"), "time", required=False, example="13:00"),
        Field("closes2", _l("And until"), "time", required=False, example="17:00"),
    )


def number_or_unknown(name: str, label: Any) -> tuple[Field, ...]:
    """A number, or that it is not known or does not apply."""
    unknown = Field(
        f"{name}_unknown", _l("Not known or not applicable: %(what)s", what=label), "yes_no", required=False
    )
    return (Field(name, label, "whole", only_if=(unknown.name, False)), unknown)


def capacity(name: str, label: Any) -> tuple[Field, ...]:
    """How many more vials fit, or that none do."""
    none = Field(f"no_{name}", _l("No capacity: %(what)s", what=label), "yes_no", required=False)
    return (Field(name, label, "whole", only_if=(none.name, False)), none)


SECTION_B = Form(
    "B",
    _l("Section B: location"),
    (
        Step(
            "location",
            _l("Location"),
            (
                Group(
                    "location",
                    _l("Location"),
                    (
                        Field("name", _l("Name of the location"), most=160),
                        Field("orders_elsewhere", _l("Another location orders vaccine for this one"), "yes_no",
                              required=False),
                        Field("ordering_location", _l("Which location orders"), most=160,
                              only_if=("orders_elsewhere", True)),
                        Field("provider_pin", _l("Provider PIN"), "pin", required=False, example="NCA650001", most=9,
                              help=_l("NCA and six digits, from VFC papers.")),
                        Field("vtrcks_pin", _l("VTrckS PIN"), required=False, most=6,
                              help=_l("Six digits, if the location has one.")),
                    ),
                ),
                Group("primary", _l("Primary Vaccine Coordinator"), person()),
                Group("backup", _l("Back-up Vaccine Coordinator"), person()),
            ),
        ),
        Step(
            "addresses",
            _l("Addresses"),
            (
                Group(
                    "shipping",
                    _l("Where vaccine is shipped to"),
                    (
                        *address(),
                        Field("phone", _l("Phone"), "phone", example="9195555555"),
                        Field("fax", _l("Fax"), "phone", required=False, example="9195555555"),
                    ),
                ),
                Group(
                    "administration",
                    _l("Where vaccine is given"),
                    (
                        Field("is_different", _l("It is not the address above"), "yes_no", required=False),
                        *address(only_if=("is_different", True)),
                        Field("phone", _l("Phone"), "phone", required=False, example="9195555555"),
                    ),
                ),
            ),
        ),
        Step(
            "hours",
            _l("Receiving hours"),
            (
                Group("hours", _l("When shipments can be received"), hours(), repeated=True, one=_l("Day"), least=1,
                      most=7),
            ),
            _l("Monday to Friday, and the weekend if you like; two windows a day."),
        ),
        Step(
            "provider",
            _l("Provider type and settings"),
            (
                Group(
                    "provider",
                    _l("Provider type and settings"),
                    (
                        Field("provider_type", _l("Provider type"), "choice", "provider_types"),
                        Field("settings", _l("Settings where vaccine is given"), "codes", "location_settings"),
                    ),
                ),
                Group(
                    "reporting",
                    _l("Reporting of doses"),
                    (
                        Field("system", _l("Doses are recorded in"), "choice", REPORTING_SYSTEMS),
                        Field("reports_to_iis", _l("The location reports to the immunization registry now"),
                              "yes_no", required=False),
                        Field("iis_id", _l("Identifier in the registry"), most=40, only_if=("reports_to_iis", True)),
                        Field("planned_method", _l("How doses will be reported"), most=400, kind="long",
                              only_if=("reports_to_iis", False)),
                    ),
                ),
            ),
        ),
        Step(
            "patients",
            _l("Patients"),
            (
                Group(
                    "patients",
                    _l("Patients routinely served"),
                    (
                        *number_or_unknown("to_18", _l("Aged 18 years and younger")),
                        *number_or_unknown("from_19_to_64", _l("Aged 19 to 64 years")),
                        *number_or_unknown("from_65", _l("Aged 65 years and older")),
                        *number_or_unknown("weekly", _l("Unique patients seen each week, on average")),
                        *number_or_unknown("influenza_peak", _l(
                            "Influenza doses given in the peak week of the 2019-20 season")),
                        Field("populations", _l("Populations served"), "codes", "populations"),
                    ),
                ),
            ),
        ),
        Step(
            "storage",
            _l("Storage"),
            (
                Group(
                    "capacity",
                    _l("How many additional 10-dose vials the location can store at peak times"),
                    (
                        *capacity("refrigerated", _l("Refrigerated (2 to 8 °C)")),
                        *capacity("frozen", _l("Frozen (-25 to -15 °C)")),
                        *capacity("ultra_cold", _l("Ultra-cold (-80 to -60 °C)")),
                    ),
                ),
                Group(
                    "storage_units",
                    _l("Storage units"),
                    (
                        Field("brand", _l("Brand"), most=80),
                        Field("model", _l("Model"), most=80),
                        Field("unit_kind", _l("Kind"), "choice", UNIT_KINDS),
                        Field("holds_range", _l("This unit holds its temperature range"), "must_be_yes"),
                    ),
                    repeated=True,
                    one=_l("Storage unit"),
                    least=1,
                ),
                Group(
                    "attestation",
                    _l("Attestation"),
                    (
                        Field("attests", _l("I attest that each unit listed will maintain the appropriate temperature "
                                            "range"), "must_be_yes"),
                        Field("name", _l("Name of the medical or pharmacy director or Vaccine Coordinator"),
                              personal=True),
                        Field("title", _l("Title"), most=80),
                    ),
                ),
            ),
        ),
        Step(
            "licensed",
            _l("Licensed providers"),
            (
                Group(
                    "licensed_providers",
                    _l("Licensed providers"),
                    (
                        Field("last_name", _l("Last name"), most=64, personal=True),
                        Field("first_name", _l("First name"), most=64, personal=True),
                        Field("title", _l("Title"), most=80),
                        Field("license_number", _l("License number"), most=40, personal=True),
                    ),
                    repeated=True,
                    one=_l("Licensed provider"),
                    least=1,
                    most=300,
                ),
            ),
            _l("Everyone at the location with prescribing authority."),
        ),
        Step(
            "manager",
            _l("First user"),
            (Group("first_manager", _l("First Healthcare Location Manager"), person()),),
            _l("Gets access once the location is approved, and brings in the team."),
        ),
    ),
)  # fmt: skip
