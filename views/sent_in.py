"""What an application says, compared for its reviewer with the submission before or with what was approved."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _

from app.rules.declared import Group, Told, told, words
from app.rules.enrollment_fields import form_of
from app.rules.standing import sections_of, sent_in
from models.applications import SECTION_KINDS, Application, Section
from views.comparing import Block, Line, Part


def parts_of(application: Application) -> list[Part]:
    """Each section that whoever looks may read, field by field, beside the time before."""
    now, before = sent_in(application, g.reach)
    old = {(one["kind"], one["row_key"]): one["content"] for one in before or ()}
    rows = {(one.kind, one.row_key): one for one in sections_of(application)}
    found = []
    for one in now:
        key = one["kind"], one["row_key"]
        if key in rows:
            found.append(_part(rows[key], one, old.get(key)))
    return found


def _part(section: Section, now: dict[str, Any], old: dict[str, Any] | None) -> Part:
    form, said = form_of(section.kind), now["content"]
    blocks = [Block(group.label, _lines(section, group, said, old)) for group in form.groups()]
    gone = [] if old is None else [line for group in form.groups() for line in _gone(group, said, old)]
    label = SECTION_KINDS[section.kind] if section.kind == "A" else f"{SECTION_KINDS[section.kind]}, {now['name']}"
    return Part(str(section.id), label, [block for block in blocks if block.lines], old is None, gone)


def _lines(section: Section, group: Group, now: dict[str, Any], old: dict[str, Any] | None) -> list[Line]:
    """The fields that say something, now or before."""
    known = {one.path: one for one in told(group, old or {})}
    lines = []
    for one in told(group, now):
        was = known.get(one.path)
        said = (words(one.field, was.value) if was else "", words(one.field, one.value))
        if any(str(side) for side in said):
            changed = old is not None and str(said[0]) != str(said[1])
            lines.append(Line(f"{section.id}:{one.path}", _label(group, one), *said, changed))
    return lines


def _gone(group: Group, now: dict[str, Any], old: dict[str, Any]) -> list[Line]:
    """What was listed before and is listed no more."""
    here = {one.path for one in told(group, now)}
    return [
        Line("", _label(group, one), words(one.field, one.value), "", True)
        for one in told(group, old)
        if one.path not in here and str(words(one.field, one.value))
    ]


def _label(group: Group, one: Told) -> Any:
    if one.row is None:
        return one.field.label
    return _("%(row)s %(n)s: %(field)s", row=group.one, n=one.row, field=one.field.label)
