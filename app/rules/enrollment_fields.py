"""The fields of the CDC Provider Agreement as data: Section A of an organization, Section B of one location.

Forms in steps, completeness, review, papers and imports all read these declarations. Source: CDC COVID-19 Vaccination
Program Provider Agreement, as the programme's guides describe it. `signs=True` marks what, once approved, cannot change
without new signatures; any other change needs a review only.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.rules.declared import Field, Form, Group, Step
from app.rules.enrollment_b import REPORTING_SYSTEMS, SECTION_B
from app.rules.enrollment_parts import address, person

SECTION_A = Form(
    "A",
    _l("Section A: organization"),
    (
        Step(
            "organization",
            _l("Organization"),
            (
                Group(
                    "organization",
                    _l("Organization"),
                    (
                        Field("legal_name", _l("Legal name"), most=160, signs=True),
                        Field("location_count", _l("Number of affiliated vaccination locations"), "whole", least=1,
                              help=_l("1 when it is only the organization itself.")),
                        Field("phone", _l("Phone"), "phone", example="9195555555"),
                        Field("email", _l("E-mail"), "email", most=254, help=_l(
                            "Must be read every day: it is the dedicated contact of the program.")),
                        *address(),
                        Field("is_another", _l("It is another organization"), "yes_no", required=False, help=_l(
                            "Tick only when told of one that is known already.")),
                    ),
                ),
                Group("administrator", _l("Organization Administrator"), person()),
            ),
        ),
        Step(
            "cmo",
            _l("Chief Medical Officer"),
            (
                Group(
                    "cmo",
                    _l("Chief Medical Officer (or equivalent)"),
                    (
                        *person(signs=True),
                        Field("title", _l("Title"), most=80),
                        Field("license_state", _l("State of licensure"), "choice", "us_states"),
                        Field("license_number", _l("License number"), most=40),
                        *address(),
                    ),
                ),
            ),
            _l("Signs the agreement, with an e-mail address of their own."),
        ),
        Step(
            "ceo",
            _l("Chief Executive Officer"),
            (
                Group(
                    "ceo",
                    _l("Chief Executive Officer or Chief Fiduciary (or equivalent)"),
                    (*person(signs=True), Field("title", _l("Title"), most=80), *address()),
                ),
            ),
            _l("Signs the agreement, with an e-mail address of their own."),
        ),
        Step(
            "locations",
            _l("Locations"),
            (
                Group(
                    "locations",
                    _l("Locations"),
                    (
                        Field("name", _l("Name of the location"), most=160),
                        Field("city", _l("City"), most=80),
                        Field("coordinator_first_name", _l("First name of the primary Vaccine Coordinator"), most=64,
                              personal=True),
                        Field("coordinator_last_name", _l("Last name of the primary Vaccine Coordinator"), most=64,
                              personal=True),
                        Field("coordinator_phone", _l("Phone of the primary Vaccine Coordinator"), "phone",
                              example="9195555555", personal=True),
                        Field("coordinator_email", _l("E-mail of the primary Vaccine Coordinator"), "email", most=254,
                              personal=True),
                    ),
                    repeated=True,
                    one=_l("Location"),
                    least=1,
                ),
            ),
            _l("Each location's primary Vaccine Coordinator is invited by e-mail and completes its Section B."),
        ),
    ),
)  # fmt: skip
FORMS = {"A": SECTION_A, "B": SECTION_B}


def form_of(kind: str) -> Form:
    """The declared form of a section by its kind."""
    return FORMS[kind]


__all__ = ["FORMS", "REPORTING_SYSTEMS", "SECTION_A", "SECTION_B", "form_of"]
