"""Forms of a screen: built from its columns, filled into a row, and shown again with what was typed."""

from __future__ import annotations

from typing import Any

from flask import flash, g, request
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from wtforms import HiddenField, PasswordField

from app.fab.keys import key_from
from models.acts import Ask
from models.base import choices_of
from views import fields
from views.edge import Refusal
from views.look_up import LookUp
from views.words import Described, describe, formatter

VERSION = "row_version"


class RecordForm(DynamicForm):
    """A form over one row; inputs that were not on the page are left as they are stored."""

    described: dict[str, Described] = {}
    sent: set[str] | None = None  # what an API call sent; a browser's form says it itself

    def was_sent(self, name: str) -> bool:
        """Whether this input was on the page, or in the call."""
        return name in (request.form if self.sent is None else self.sent)

    def forget_omitted(self, row: Any) -> None:
        """Gives every input that was not sent the stored value, and asks nothing of it."""
        for name, what in self.described.items():
            if not self.was_sent(name):
                self[name].validators = ()
                self[name].process(None, getattr(row, what.path))

    def fill(self, row: Any) -> None:
        """Writes what was sent into the row."""
        for name in self.described:
            if self.was_sent(name):
                self[name].populate_obj(row, name)

    def say(self, refusal: Refusal) -> None:
        """Puts a refusal under its field, or above the form."""
        name = (refusal.field or "").removesuffix("_id")
        for candidate in (refusal.field, name):
            if candidate and candidate in self:
                self[candidate].errors = [*self[candidate].errors, str(refusal.message)]
                return
        flash(str(refusal.message), "danger")

    def changed_meanwhile(self, row: Any) -> bool:
        """Whether the row is no longer the one that this form was made from; if so, says what is stored now."""
        if VERSION not in self or request.form.get(VERSION) == str(row.row_version):
            return False
        flash(
            _(
                "This was changed by someone else meanwhile. What is stored now stands under each field that "
                "differs; save again to store what you typed."
            ),
            "danger",
        )
        for name, what in self.described.items():
            stored = getattr(row, name)
            if self.was_sent(name) and self[name].data != stored:
                now = _("Stored now: %(value)s", value=formatter(what)(stored))
                self[name].errors = [*self[name].errors, now]
        self[VERSION].process(None, row.row_version)
        return True


def record_form(
    entity: Any, columns: list[str], look_up_url: Any, versioned: bool, optional: Any = (), needed: Any = ()
) -> type[RecordForm]:
    """The class of the form that adds or edits a row of the entity.

    A rule fills in what is `optional`, and refuses a row without what is `needed`, whatever the column says.
    """
    made: dict[str, Any] = {"described": {}}
    for name in columns:
        what = describe(entity, name)
        made["described"][name] = what
        must = False if name in optional else True if name in needed else None
        if what.relation is not None and what.relation.direction.name == "MANYTOONE":
            made[name] = fields.relation_field(what, look_up_url(name), needed=must)
        elif what.column is not None and not what.column.foreign_keys:
            made[name] = fields.column_field(what, needed=must)
        else:
            raise TypeError(f"{entity.__name__}.{name} cannot be typed into a form; name the relation or a column.")
    if versioned and hasattr(entity, VERSION):
        made[VERSION] = HiddenField()
    return type(f"{entity.__name__}Form", (RecordForm,), made)


def ask_form(asks: tuple[Ask, ...]) -> type[DynamicForm]:
    """The class of the form that asks what an act must know."""
    return type("AskForm", (DynamicForm,), {ask.name: _asked(ask) for ask in asks})


def _asked(ask: Ask) -> Any:
    said: dict[str, Any] = {"description": ask.help or "", "validators": fields.must(ask.required)}
    look = fields.STYLE
    if ask.kind == "choice":
        return fields.CodeField(ask.label, codes=lambda: choices_of({"choices": ask.choices}) or {}, **said)
    if ask.kind == "row":
        return fields.RelationField(ask.label, look_up=LookUp(ask.choices), **said)
    if ask.kind == "yes_no":
        return fields.YesNoField(ask.label, **{**said, "validators": []})
    if ask.kind == "date":
        return fields.DateField(ask.label, render_kw=look, **said)
    if ask.kind == "number":
        limits = fields.Between(0, fields.LARGEST)
        return fields.IntegerField(
            ask.label, render_kw={**look, "min": 0}, **{**said, "validators": [*said["validators"], limits]}
        )
    kind = {"long": fields.TextAreaField, "secret": PasswordField}.get(ask.kind, fields.StringField)
    if ask.kind == "secret":
        look = {**look, "autocomplete": "new-password"}
    limits = fields.validators.Length(max=400)
    return kind(
        ask.label, filters=[fields.stripped], render_kw=look,
        **{**said, "validators": [*said["validators"], fields.storable, limits]},
    )  # fmt: skip


def begin(form: DynamicForm, asks: tuple[Ask, ...], row: Any) -> None:
    """What is known before a person answers, where one row is asked about."""
    for ask in asks:
        if ask.start is not None:
            form[ask.name].process_data(ask.start(row))


def prefill(form: RecordForm) -> None:
    """On a new form stands the record that "Add" was chosen below, or the place in force; never a person."""
    reach = g.get("reach")
    for name, what in form.described.items():
        if what.relation is None or what.is_personal:
            continue
        key = key_from(request.args.get(f"_flt_0_{name}", ""))
        if key is None and reach is not None and reach.kind == name:
            key = getattr(reach, f"{name}_id")
        if key is not None:
            form[name].process_data(form[name].look_up.row(key))


def belongs_here(row: Any) -> None:
    """A new row that needs a place and was not given one belongs to the place in force."""
    reach = g.get("reach")
    for name in ("location", "organization"):
        column = row.__mapper__.columns.get(f"{name}_id")
        if reach is None or reach.kind != name or column is None or column.nullable:
            continue
        if getattr(row, f"{name}_id") is None and row.__dict__.get(name) is None:
            setattr(row, f"{name}_id", getattr(reach, f"{name}_id"))
