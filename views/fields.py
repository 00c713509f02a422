"""Form fields made from what is declared of a column: one kind of field for one kind of column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone, to_utc
from markupsafe import Markup
from sqlalchemy import types
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    DecimalField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
    widgets,
)
from wtforms.fields.choices import Choice

from app.fab.keys import key_from
from app.rules.recipients import ten_digits
from models.base import UNSTORABLE, choices_of, problem_with
from views.code_select import CodeSelect
from views.given import REQUIRED, Given
from views.look_up import LookUp
from views.words import Described

LARGEST = 2**31 - 1


class Between(validators.NumberRange):
    """A number within limits; one too large or odd for WTForms to compare is outside of them."""

    def __call__(self, form: Any, field: Any) -> None:
        try:
            super().__call__(form, field)
        except validators.ValidationError:
            raise
        except (ArithmeticError, ValueError):
            raise validators.ValidationError(_("This number is not possible.")) from None


INPUT_KINDS = {"phone": "tel", "email": "email"}
STYLE = {"class": "form-control"}


class CodeField(SelectField):
    """One of the allowed codes, in words; a blank stands for none."""

    widget = CodeSelect()

    def __init__(self, label: Any = None, codes: Callable[[], dict[str, Any]] = dict, blank: bool = True, **more: Any):
        self.codes, self.blank = codes, blank
        super().__init__(label, coerce=lambda value: value or None, choices=[], **more)

    def iter_choices(self) -> Iterator[Choice]:
        if self.blank or self.data is None:
            yield Choice("", "", self.data is None, {})
        for code, words in self.codes().items():
            yield Choice(code, str(words), code == self.data, {})

    def pre_validate(self, form: Any) -> None:
        if self.data is not None and self.data not in self.codes():
            raise validators.ValidationError(_("This is not one of the allowed values."))


class CodesField(SelectMultipleField):
    """Several codes of a table as checkboxes, stored as one text with semicolons between them."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()

    def __init__(self, label: Any = None, codes: Callable[[], dict[str, Any]] = dict, **more: Any):
        self.codes = codes
        super().__init__(label, choices=[], **more)

    def __call__(self, **more: Any) -> Markup:
        return Markup('<input type="hidden" name="{}" value="">').format(self.name) + super().__call__(**more)

    def iter_choices(self) -> Iterator[Choice]:
        for code, words in self.codes().items():
            yield Choice(code, str(words), code in (self.data or ()), {})

    def process_data(self, value: Any) -> None:
        self.data = [code for code in (value or "").split(";") if code]

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = [code for text in valuelist for code in text.split(";") if code]

    def pre_validate(self, form: Any) -> None:
        if not set(self.data or ()) <= set(self.codes()):
            raise validators.ValidationError(_("This is not one of the allowed values."))

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, ";".join(self.data or []) or None)


class YesNoField(BooleanField):
    """A checkbox that says "no" aloud: an unticked one is told from one that was not on the form."""

    def __init__(self, label: Any = None, **more: Any):
        super().__init__(label, **more)
        self.type = "BooleanField"  # templates draw it as what it is

    def __call__(self, **more: Any) -> Markup:
        return Markup('<input type="hidden" name="{}" value="n">').format(self.name) + super().__call__(**more)

    def _value(self) -> str:
        return "y"  # not what was sent first: that is the "no" of the hidden input

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = bool(valuelist) and valuelist[-1] in ("y", "yes", "true", "1", "on")


class MaybeField(CodeField):
    """Yes, no, or not known."""

    def __init__(self, label: Any = None, **more: Any):
        super().__init__(label, codes=lambda: {"y": _l("Yes"), "n": _l("No")}, **more)

    def process_data(self, value: Any) -> None:
        self.data = None if value is None else "y" if value else "n"

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, None if self.data is None else self.data == "y")


class InstantField(DateTimeLocalField):
    """A date and time on the clock of the place in force; stored in UTC."""

    def process_data(self, value: dt.datetime | None) -> None:
        super().process_data(to_user_timezone(value).replace(tzinfo=None) if value else None)

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, to_utc(self.data) if self.data else None)


class RelationField(Field):
    """A row of another entity: a select that finds as one types, with a button that looks up where scripts are off."""

    def __init__(self, label: Any = None, *, look_up: LookUp, url: str = "", listed: bool = True, **more: Any):
        super().__init__(label, **more)
        self.look_up, self.url, self.listed = look_up, url, listed
        self.typed = ""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        key = key_from(text, self.look_up.entity.id)
        row = None if key is None else self.look_up.row(key)
        if row is None:
            raise ValueError(_("Not found."))
        self.data = row

    def choices(self) -> list[tuple[int, str]]:
        """What is offered at once: the row chosen, and on a form the first ones there are."""
        chosen = [(self.data.id, str(self.data))] if self.data is not None else []
        offered = self.look_up.options(self.typed) if self.listed or self.typed else []
        return chosen + [option for option in offered if option not in chosen]

    def widget(self, field: Any, **said: Any) -> Markup:
        here = None if self.data is None else self.data.id
        options = Markup("").join(OPTION[key == here].format(key, words) for key, words in self.choices())
        said = {"class": "form-control", **said, "name": self.name, "id": self.id, "required": self.flags.required}
        said |= {"data-ajax": self.url, "data-ajax-method": "POST"}
        marks = Markup("").join(
            Markup(' {}="{}"').format(name, "" if value is True else value) for name, value in said.items() if value
        )
        select = Markup('<select{}><option value=""></option>{}</select>').format(marks, options)
        return select + (self._without_scripts() if self.listed and self.url else Markup(""))

    def _without_scripts(self) -> Markup:
        words = _("Other choices for %(what)s: type part of the name", what=self.label.text)
        return Markup(
            '<noscript><input class="form-control" name="{0}-find" value="{1}" maxlength="80" aria-label="{2}">'
            '<button type="submit" class="c-button c-button-quiet" name="_look_up" value="{0}">{3}</button></noscript>'
        ).format(self.name, self.typed, words, _("Look up"))


OPTION = {
    True: Markup('<option value="{}" selected>{}</option>'),
    False: Markup('<option value="{}">{}</option>'),
}


def stripped(text: str | None) -> str | None:
    """Typed words without blanks around them; nothing for an empty input."""
    return (text.strip() or None) if isinstance(text, str) else text


def fits(column: Any) -> Callable[[Any, Any], None]:
    """A validator that says what is wrong with a value for its column, as uploads say it."""

    def check(_form: Any, field: Any) -> None:
        problem = problem_with(column, field.data) if isinstance(field.data, str) else None
        if problem:
            raise validators.StopValidation(str(problem))

    return check


def storable(_form: Any, field: Any) -> None:
    """A validator of words that go to no column: no character that a database cannot hold."""
    if isinstance(field.data, str) and UNSTORABLE.search(field.data):
        raise validators.StopValidation(_("This contains a character that cannot be stored."))


def must(needed: bool) -> list[Any]:
    """The validator of an input that must, or may, be filled in."""
    return [Given(REQUIRED)] if needed else [validators.Optional()]


def is_required(column: Any) -> bool:
    """Whether a person must give it: no NULL, and nothing that stands in for an answer."""
    return not column.nullable and column.default is None and column.server_default is None


def relation_field(what: Described, url: Any, listed: bool = True, needed: bool | None = None) -> Any:
    """The field of a many-to-one relation."""
    key = next(iter(what.relation.local_columns))
    asked = is_required(key) if needed is None else needed
    return RelationField(
        what.label, look_up=LookUp.through(what.relation), url=url, listed=listed,
        description=what.help or "", validators=must(asked),
    )  # fmt: skip


def column_field(what: Described, needed: bool | None = None, least: int = 0) -> Any:
    """The field of a column, by its type and what is declared of it."""
    column = what.column
    asked = is_required(column) if needed is None else needed
    said: dict[str, Any] = {"description": what.help or "", "validators": must(asked)}
    if needed is None and column.default is not None and column.default.is_scalar:
        said["default"] = column.default.arg
    if what.info.get("format") == "codes":
        return CodesField(what.label, codes=lambda: choices_of(what.info) or {}, **said)
    if what.info.get("choices") is not None:
        return CodeField(what.label, codes=lambda: choices_of(what.info) or {}, blank=not asked, **said)
    kind = column.type
    if isinstance(kind, types.Boolean):
        return (
            MaybeField(what.label, **said) if column.nullable else YesNoField(what.label, **{**said, "validators": []})
        )
    if isinstance(kind, types.DateTime):
        return InstantField(what.label, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], render_kw=STYLE, **said)
    if isinstance(kind, types.Date):
        return DateField(what.label, render_kw=STYLE, **said)
    if isinstance(kind, types.Integer):
        said["validators"].append(Between(least, LARGEST))
        return IntegerField(what.label, render_kw={**STYLE, "min": least, "inputmode": "numeric"}, **said)
    if isinstance(kind, types.Numeric):
        most = 10 ** ((kind.precision or 12) - (kind.scale or 0)) - 1
        said["validators"].append(Between(least, most))
        return DecimalField(what.label, places=kind.scale, render_kw={**STYLE, "step": "any", "min": least}, **said)
    return _words_field(what, said)


def search_field(what: Described) -> Any:
    """An input to search a column by; whatever is typed is judged by the filter it goes to."""
    kind = what.column.type
    if what.info.get("choices") is not None:
        return CodeField(what.label, codes=lambda: choices_of(what.info) or {})
    if isinstance(kind, types.Boolean):
        return MaybeField(what.label)
    if isinstance(kind, types.Date | types.DateTime):
        return DateField(what.label, render_kw=STYLE)
    if isinstance(kind, types.Integer):
        return IntegerField(what.label, render_kw={**STYLE, "inputmode": "numeric"})
    return StringField(what.label, render_kw={**STYLE, "maxlength": 80})


def _words_field(what: Described, said: dict[str, Any]) -> Any:
    format_, length = what.info.get("format"), getattr(what.column.type, "length", None)
    filters = [stripped] + ([lambda text: ten_digits(text) or None] if format_ == "phone" else [])
    said["validators"].append(fits(what.column))
    look: dict[str, Any] = dict(STYLE)
    if length and format_ != "phone":
        look["maxlength"] = length
    if what.info.get("example"):
        look["placeholder"] = str(what.info["example"])
    if format_ == "long" or (length or 0) > 300:
        return TextAreaField(what.label, filters=filters, render_kw={**look, "rows": 4}, **said)
    return StringField(
        what.label, filters=filters, render_kw={**look, "type": INPUT_KINDS.get(format_ or "", "text")}, **said
    )
