"""The forms around signing in."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, validators

from app.rules import passwords

NEEDED = _l("Please fill this in.")
SAME = _l("The two are not the same.")


def _secret(label: Any, autocomplete: str, **more: Any) -> PasswordField:
    checks = [validators.InputRequired(NEEDED), validators.Length(max=1000), *more.pop("checks", [])]
    return PasswordField(label, validators=checks, render_kw={"autocomplete": autocomplete}, **more)


class CodeForm(FlaskForm):
    """One code."""

    code = StringField(
        _l("Code"),
        validators=[validators.InputRequired(NEEDED), validators.Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"},
    )


class ForgottenForm(FlaskForm):
    """Whose password was forgotten."""

    username = StringField(
        _l("Username or e-mail"),
        validators=[validators.InputRequired(NEEDED), validators.Length(max=320)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


class AddressForm(FlaskForm):
    """The mail address of a recipient."""

    email = StringField(
        _l("E-mail"),
        validators=[validators.InputRequired(NEEDED), validators.Length(max=254)],
        render_kw={"autocomplete": "email", "type": "email", "autocapitalize": "none", "spellcheck": "false"},
    )


class NewPasswordForm(FlaskForm):
    """A password, typed twice because it is not seen."""

    password = _secret(_l("New password"), "new-password")
    again = _secret(_l("New password again"), "new-password", checks=[validators.EqualTo("password", SAME)])


class ChangePasswordForm(NewPasswordForm):
    """The same, by whoever knows the current one."""

    current = _secret(_l("Current password"), "current-password")
    field_order = ("current", "password", "again")


class PasswordForm(FlaskForm):
    """One's password once more, before something that weakens the account."""

    current = _secret(_l("Current password"), "current-password")


def advice(has_second: bool) -> str:
    """What a password may be."""
    shortest = passwords.SHORTEST_WITH_SECOND if has_second else passwords.SHORTEST
    return _(
        "At least %(n)s characters. Several words in a row are easy to keep in mind; there are no rules about digits "
        "or signs, and it does not expire.",
        n=shortest,
    )
