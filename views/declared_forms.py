"""Inputs made from declared fields: one step of a form as an input form, filled from its content and read back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from wtforms import HiddenField, IntegerField, StringField, TextAreaField, validators

from app.rules.declared import Field, Group, Step, is_empty, problem, told
from app.rules.recipients import ten_digits
from models.base import choices_of
from models.enrollment import pin_of
from views import fields
from views.fields import CodeField, CodesField, YesNoField, stripped

ROWS = "{}.rows"  # name of the hidden inputs that list the keys of a repeated group's rows
KEY = re.compile(r"[a-z0-9]{1,12}")
BLANK = "__key__"  # stands for the key in the pattern of a row
MOST_ROWS = 400
SHAPES = {"phone": "tel", "email": "email", "time": "time", "date": "date"}


class Wanted:
    """Marks an input as needed in the end; a draft may leave it empty."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, _field: Any) -> None:
        return


def new_key() -> str:
    """The key of a new row."""
    return secrets.token_hex(4)


def rows_of(group: Group, content: dict[str, Any]) -> list[str]:
    """The keys of a repeated group's stored rows; one to begin with where there is none."""
    return [row["key"] for row in content.get(group.name) or ()] or [new_key()]


def rows_sent(group: Group, sent: Any) -> list[str]:
    """The keys of the rows that a form holds, in its order."""
    keys = (key for key in sent.getlist(ROWS.format(group.name)) if KEY.fullmatch(key))
    return list(dict.fromkeys(keys))[:MOST_ROWS]


def step_form(step: Step, rows: dict[str, list[str]], with_patterns: bool = True) -> type[DynamicForm]:
    """The class of the form of a step whose repeated groups have these rows, each input named by its path."""
    made: dict[str, Any] = {"seen": HiddenField()}
    for group in step.groups:
        if not group.repeated:
            made |= {f"{group.name}.{field.name}": field_input(field) for field in group.fields}
            continue
        for key in [*rows[group.name], *([BLANK] if with_patterns else [])]:
            made |= {f"{group.name}.{key}.{field.name}": field_input(field) for field in group.fields}
    return type("StepForm", (DynamicForm,), made)


def field_input(field: Field) -> Any:
    """The input of a declared field."""
    flags = [Wanted()] if field.required and field.only_if is None else []
    said: dict[str, Any] = {
        "description": field.help or "",
        "validators": [*flags, validators.Optional(), _fits(field)],
    }
    if field.kind == "choice":
        return CodeField(field.label, codes=lambda: choices_of({"choices": field.choices}) or {}, **said)
    if field.kind == "codes":
        said["validators"] = flags
        return CodesField(field.label, codes=lambda: choices_of({"choices": field.choices}) or {}, **said)
    if field.kind in ("yes_no", "must_be_yes"):
        return YesNoField(field.label, **{**said, "validators": flags})
    if field.kind == "whole":
        look = {**fields.STYLE, "min": field.least, "inputmode": "numeric"}
        return IntegerField(field.label, render_kw=look, **said)
    look = {**fields.STYLE, "type": SHAPES.get(field.kind, "text")}
    if field.kind != "phone":
        look["maxlength"] = field.most
    if field.example:
        look["placeholder"] = field.example
    if field.kind == "long":
        return TextAreaField(field.label, filters=[stripped], render_kw={**fields.STYLE, "rows": 3}, **said)
    return StringField(field.label, filters=[stripped, *_also(field.kind)], render_kw=look, **said)


def _also(kind: str) -> list[Any]:
    if kind == "phone":
        return [lambda typed: ten_digits(typed) or None]
    return [pin_of] if kind == "pin" else []


def _fits(field: Field) -> Any:
    def check(_form: Any, sent: Any) -> None:
        if words := problem(field, sent.data):
            raise validators.StopValidation(str(words))

    return check


def fill(form: Any, step: Step, content: dict[str, Any]) -> None:
    """Puts a stored content into the inputs."""
    for group in step.groups:
        for one in told(group, content):
            if one.path in form and not is_empty(one.value):
                kept = ";".join(one.value) if isinstance(one.value, list) else one.value
                form[one.path].process_data(kept)


def read(form: Any, step: Step, rows: dict[str, list[str]]) -> dict[str, Any]:
    """What was typed, as a content holds it."""
    values: dict[str, Any] = {}
    for group in step.groups:
        if group.repeated:
            values[group.name] = [
                {"key": key, **_typed(form, group, f"{group.name}.{key}")} for key in rows[group.name]
            ]
        else:
            values[group.name] = _typed(form, group, group.name)
    return values


def _typed(form: Any, group: Group, before: str) -> dict[str, Any]:
    found = {field.name: form[f"{before}.{field.name}"].data for field in group.fields}
    return {name: value for name, value in found.items() if not is_empty(value) and value is not False}


def say_stored(form: Any, step: Step, stored: dict[str, Any], words: Any) -> None:
    """Puts beside each input that differs what somebody else stored meanwhile."""
    for group in step.groups:
        for one in told(group, stored):
            if one.path in form and _plain(form[one.path].data) != _plain(one.value):
                now = _("Stored now: %(value)s", value=words(one.field, one.value) or "–")
                form[one.path].errors = [*form[one.path].errors, now]


def _plain(value: Any) -> Any:
    return None if is_empty(value) or value is False else value


def inputs(form: Any, group: Group, key: str = "") -> Iterator[Any]:
    """The inputs of a group, or of one of its rows."""
    before = f"{group.name}.{key}" if key else group.name
    for field in group.fields:
        yield form[f"{before}.{field.name}"]
