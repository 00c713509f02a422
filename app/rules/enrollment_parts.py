"""Groups of fields that both sections of the provider agreement ask for: a person, an address."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from app.rules.declared import Field


def person(signs: bool = False, email: bool = True, phone: bool = True) -> tuple[Field, ...]:
    """Who somebody is and how to be reached."""
    fields = [
        Field("last_name", _l("Last name"), most=64, signs=signs, personal=True),
        Field("first_name", _l("First name"), most=64, signs=signs, personal=True),
        Field("middle_initial", _l("Middle initial"), most=1, required=False, personal=True),
    ]
    if phone:
        fields.append(Field("phone", _l("Phone"), "phone", example="9195555555", personal=True))
    if email:
        fields.append(Field("email", _l("E-mail"), "email", most=254, personal=True))
    return tuple(fields)


def address(only_if: tuple[str, Any] | None = None) -> tuple[Field, ...]:
    """A postal address."""
    return (
        Field("street", _l("Street"), only_if=only_if),
        Field("street2", _l("Street, second line"), required=False),
        Field("city", _l("City"), most=80, only_if=only_if),
        Field("state", _l("State"), "choice", "us_states", only_if=only_if),
        Field("zip_code", _l("ZIP"), "zip", example="27601", most=10, only_if=only_if),
        Field("county", _l("County"), "choice", "counties", only_if=only_if),
    )
