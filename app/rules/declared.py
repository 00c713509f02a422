"""Forms declared as data: steps of groups of fields over a JSON content, and what a content still lacks.

A content is {group: {field: value}}; of a repeated group {group: [{"key": ..., field: value}, ...]}. The path of a
value is "group.field" or "group.<key>.field"; screens name their inputs, and reviews their remarks, by it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from models.base import FORMATS, UNSTORABLE, choices_of

KINDS = (
    "text", "long", "email", "phone", "zip", "pin", "whole", "yes_no", "must_be_yes", "choice", "codes", "time", "date",
)  # fmt: skip
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LARGEST = 10_000_000
NEEDED = _l("Please fill this in.")


@dataclass(frozen=True)
class Field:
    """One thing to be told: `only_if` names a field of the same group and the value with which it is needed.

    `signs`: a change of it, once approved, needs new signatures; other changes need a review only.
    """

    name: str
    label: Any
    kind: str = "text"
    choices: Any = None
    required: bool = True
    help: Any = None
    example: str = ""
    most: int = 120
    least: int = 0
    only_if: tuple[str, Any] | None = None
    signs: bool = False
    personal: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise TypeError(f"Field() does not know the kind {self.kind}")

    def is_needed(self, values: dict[str, Any]) -> bool:
        """Whether it must be told, given what else its group says."""
        if not self.required:
            return False
        return self.only_if is None or (values.get(self.only_if[0]) or False) == (self.only_if[1] or False)


@dataclass(frozen=True)
class Group:
    """Fields that belong together; a repeated one has `least` to `most` rows, each called `one`."""

    name: str
    label: Any
    fields: tuple[Field, ...]
    repeated: bool = False
    one: Any = ""
    least: int = 0
    most: int = 100
    lead: Any = ""

    def field(self, name: str) -> Field:
        """The field of this name; raises StopIteration for an unknown one."""
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True)
class Step:
    """One page of a form."""

    name: str
    label: Any
    groups: tuple[Group, ...]
    lead: Any = ""


@dataclass(frozen=True)
class Form:
    """A form in steps."""

    name: str
    label: Any
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        """The step of this name, if there is one."""
        return next((step for step in self.steps if step.name == name), None)

    def groups(self) -> Iterator[Group]:
        """Every group, in order."""
        for step in self.steps:
            yield from step.groups


@dataclass(frozen=True)
class Told:
    """One field with its value in a content."""

    group: Group
    field: Field
    path: str
    value: Any
    row: int | None = None  # 1, 2 ... in a repeated group
    values: Any = None  # what else the group or row says


@dataclass(frozen=True)
class Gap:
    """What a content lacks or has wrong, and on which step and in which group."""

    step: Step
    group: Group
    path: str
    label: Any
    words: Any
    row: int | None = None


@dataclass(frozen=True)
class Change:
    """One value that differs between two contents; None on a side where there is none."""

    path: str
    group: Group
    field: Field
    before: Any
    after: Any


def told(group: Group, content: dict[str, Any]) -> Iterator[Told]:
    """Each field of a group with its value, row by row where it repeats."""
    stored = content.get(group.name)
    if not group.repeated:
        values = stored or {}
        for field in group.fields:
            yield Told(group, field, f"{group.name}.{field.name}", values.get(field.name), None, values)
        return
    for number, row in enumerate(stored or (), 1):
        for field in group.fields:
            path = f"{group.name}.{row['key']}.{field.name}"
            yield Told(group, field, path, row.get(field.name), number, row)


def is_empty(value: Any) -> bool:
    """Whether nothing was told; "no" and 0 are answers."""
    return value is None or value == "" or value == []


def problem(field: Field, value: Any) -> Any:
    """What is wrong with a value, as words for a person; None when nothing is, or there is none."""
    if is_empty(value):
        return None
    if field.kind in ("yes_no", "must_be_yes"):
        return None if isinstance(value, bool) else _l("This is not one of the allowed values.")
    if field.kind == "whole":
        fits = isinstance(value, int) and field.least <= value <= LARGEST
        return None if fits else _l("Please give a whole number, %(least)s or more.", least=field.least)
    if field.kind == "codes":
        known = set(choices_of({"choices": field.choices}) or {})
        return None if isinstance(value, list) and set(value) <= known else _l("This is not one of the allowed values.")
    if field.kind == "choice" and value not in (choices_of({"choices": field.choices}) or {}):
        return _l("This is not one of the allowed values.")
    return _problem_with_words(field, value)


def _problem_with_words(field: Field, value: Any) -> Any:
    if not isinstance(value, str) or UNSTORABLE.search(value):
        return _l("This contains a character that cannot be stored.")
    if len(value) > field.most:
        return _l("This is too long: at most %(n)s characters.", n=field.most)
    if field.kind in FORMATS and not FORMATS[field.kind][0].fullmatch(value):
        return FORMATS[field.kind][1]
    if field.kind == "time" and not CLOCK.fullmatch(value):
        return _l("Please give a time, for example 08:30.")
    if field.kind == "date":
        try:
            dt.date.fromisoformat(value)
        except ValueError:
            return _l("Please give a date.")
    return None


def gaps(form: Form, content: dict[str, Any]) -> list[Gap]:
    """Everything that keeps a content from being complete, in the order of the form."""
    return [gap for step in form.steps for gap in gaps_in(step, content)]


def gaps_in(step: Step, content: dict[str, Any]) -> list[Gap]:
    """What one step lacks or has wrong."""
    found = []
    for group in step.groups:
        rows = len(content.get(group.name) or ()) if group.repeated else 0
        if group.repeated and rows < group.least:
            found.append(Gap(step, group, group.name, group.label, _l("Please add at least %(n)s.", n=group.least)))
        for one in told(group, content):
            words = _lacks(one) or problem(one.field, one.value)
            if words:
                found.append(Gap(step, group, one.path, one.field.label, words, one.row))
    return found


def _lacks(one: Told) -> Any:
    if one.field.kind == "must_be_yes" and not one.value:
        return _l("This must be confirmed.")
    return NEEDED if one.field.is_needed(one.values) and is_empty(one.value) else None


def is_started(step: Step, content: dict[str, Any]) -> bool:
    """Whether anything was told on a step."""
    return any(not is_empty(one.value) for group in step.groups for one in told(group, content))


def standing(step: Step, content: dict[str, Any]) -> str:
    """not_started, in_progress or complete."""
    if not is_started(step, content):
        return "not_started" if gaps_in(step, content) else "complete"
    return "in_progress" if gaps_in(step, content) else "complete"


def changes(form: Form, before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Every value that differs, in the order of the form; rows are compared by their keys."""
    found = []
    for group in form.groups():
        old = {one.path: one for one in told(group, before)}
        new = {one.path: one for one in told(group, after)}
        for path in [*new, *(path for path in old if path not in new)]:
            was, now = old.get(path), new.get(path)
            values = (was.value if was else None, now.value if now else None)
            if values[0] != values[1] and not (is_empty(values[0]) and is_empty(values[1])):
                found.append(Change(path, group, (now or was).field, *values))  # type: ignore[union-attr]
    return found


def words(field: Field, value: Any) -> Any:
    """A value as a person reads it; "" where there is none."""
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return _l("Yes") if value else _l("No")
    if field.kind == "phone" and len(value) == 10:
        return f"({value[:3]}) {value[3:6]}-{value[6:]}"
    if field.kind in ("choice", "codes"):
        known = choices_of({"choices": field.choices}) or {}
        codes = value if isinstance(value, list) else [value]
        return ", ".join(str(known.get(code, code)) for code in codes)
    return str(value)
