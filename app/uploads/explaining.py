"""What each column wants, in words: for the page, the explanation sheet, the drop-downs and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app import reference
from app.uploads.columns import Column, Template


@dataclass(frozen=True)
class Explained:
    """One line of the help table."""

    heading: str
    required: str
    help: str
    allowed: list[str]
    example: str


def allowed(column: Column, groups: Mapping[str, Any] | None = None) -> list[str]:
    """The words a cell may hold, where they are a closed list."""
    if column.kind == "yes_no":
        return ["Y", "N"]
    if column.kind == "group":
        return list(groups or {})
    if column.choices is not None:
        return [str(words) for words in column.choices().values()]
    if column.table is None:
        return []
    codes = reference.codes(column.table)
    return list(codes) if column.kind == "state" else [str(word) for word in codes.values()]


def required_words(column: Column, phased: bool) -> str:
    """Whether a cell must be filled, in a word or two."""
    if column.is_required(phased):
        return _("Required")
    if column.required == "phased":
        return _("Optional now")
    return _("Optional")


def example(column: Column) -> str:
    """The example of a column, in the reader's language where it is a word of a table."""
    if column.choices is not None:
        return str(column.choices().get(column.example, column.example))
    if not column.example or column.kind not in ("code", "codes"):
        return column.example
    words = reference.codes(column.table or "")
    return "; ".join(str(words[reference.code_of(column.table, part) or ""]) for part in column.example.split(";"))


def hint(column: Column, phased: bool) -> str:
    """The instruction under a heading of the blank template; skipped when the file is read."""
    words = required_words(column, phased)
    return _("%(need)s. Example: %(example)s", need=words, example=example(column)) if column.example else f"{words}."


def explain(template: Template, phased: bool = False, groups: Mapping[str, Any] | None = None) -> list[Explained]:
    """The help table of a template, in the reader's language."""
    return [
        Explained(
            heading=column.heading(phased),
            required=required_words(column, phased),
            help=str(column.help),
            allowed=_with_names(column, groups),
            example=example(column),
        )
        for column in template.columns
    ]


def _with_names(column: Column, groups: Mapping[str, Any] | None) -> list[str]:
    if column.kind == "group":
        return [f"{code}: {name}" if str(name) else code for code, name in (groups or {}).items()]
    return allowed(column, groups)


def as_schema(template: Template, phased: bool = False, groups: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The same as the schema of a row, for the document of the API: headings, help, and what a cell may hold."""
    properties: dict[str, Any] = {}
    for column in template.columns:
        said = str(column.help) or column.header
        properties[column.header] = {"type": "string", "description": said}
        if column.example:
            properties[column.header]["example"] = example(column)
        if column.kind != "codes" and (words := allowed(column, groups)):
            properties[column.header]["enum"] = words
    required = [column.header for column in template.columns if column.is_required(phased)]
    return {"type": "object", "title": str(template.title), "properties": properties, "required": required}
