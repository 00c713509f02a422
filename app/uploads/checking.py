"""Checks all rows of a file at once: every wrong cell is named, the rest become values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app.uploads.columns import Column, Template
from app.uploads.kinds import READERS, Known, Wrong
from app.uploads.reading import Row
from models.base import problem_with

# Each error belongs to one of these families; the words help a reader to mend a whole group.
FAMILIES = {
    "REQD": _l("Something required is missing."),
    "DATA": _l("A value is not written as it should be, or not allowed."),
    "BUSR": _l("Two cells of the row do not fit each other, or a rule of the programme is not met."),
    "DBLD": _l("The same person stands in the file more than once."),
    "LIKE": _l("The person looks like someone already known; a person has to decide."),
}


@dataclass(slots=True)
class CellError:
    """What is wrong in one cell, named by the column's heading."""

    row: int
    column: str
    code: str
    message: str

    def stored(self) -> dict[str, str]:
        """As it is kept with the row."""
        return {"column": self.column, "code": self.code, "message": self.message}


@dataclass(slots=True)
class Checked:
    """A row after the check: values by field, and what is wrong."""

    number: int
    typed: dict[str, str]
    values: dict[str, Any]
    errors: list[CellError] = field(default_factory=list)


class Checker:
    """One check of one file; the answer for a text is worked out once for a column."""

    def __init__(self, template: Template, known: Known, table: Any):
        self.template = template
        self.known = known
        self.headers = {column.field: column.header for column in template.columns}
        self.order = {column.header: place for place, column in enumerate(template.columns)}
        self.readings: list[tuple[Column, Any, dict[str, Any]]] = [(column, table.c.get(column.field), {}) for column in template.columns]

    def check(self, rows: Iterable[Row]) -> list[Checked]:
        """All rows with their values and errors."""
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Checked:
        values: dict[str, Any] = {}
        errors: list[CellError] = []
        bad: set[str] = set()
        for column, stored, seen in self.readings:
            typed = row.typed.get(column.header)
            if typed is None:
                values[column.field] = None
                continue
            answer = seen.get(typed)
            if answer is None:
                answer = seen[typed] = self._read(typed, column, stored)
            value, problem = answer
            if problem is not None:
                bad.add(column.field)
                errors.append(CellError(row.number, column.header, "DATA", str(problem)))
            values[column.field] = value
        self._formulas(row, bad, errors)
        self._missing(row, errors, bad)
        self._rules(row.number, values, bad, errors)
        if len(errors) > 1:
            errors.sort(key=lambda error: self.order[error.column])
        return Checked(row.number, row.typed, values, errors)

    def _read(self, typed: str, column: Column, stored: Any) -> tuple[Any, Any]:
        """The value of a text and None, or None and what is wrong with it."""
        try:
            value = READERS[column.kind](typed, column, self.known)
        except Wrong as wrong:
            return None, wrong.message
        problem = None if stored is None else problem_with(stored, value)
        return (None, problem) if problem else (value, None)

    def _formulas(self, row: Row, bad: set[str], errors: list[CellError]) -> None:
        for column in self.template.columns if row.formulas else ():
            if column.header in row.formulas and column.field not in bad:
                bad.add(column.field)
                message = _l("This cell holds a formula or an error. Please write its value instead.")
                errors.append(CellError(row.number, column.header, "DATA", str(message)))

    def _missing(self, row: Row, errors: list[CellError], bad: set[str]) -> None:
        for column, _, _ in self.readings:
            if column.header not in row.typed and column.is_required(self.known.phased):
                bad.add(column.field)
                message = _l("%(column)s is required.", column=column.header)
                errors.append(CellError(row.number, column.header, "REQD", str(message)))

    def _rules(self, number: int, values: dict[str, Any], bad: set[str], errors: list[CellError]) -> None:
        for rule in self.template.rules:
            for name, code, message in rule(values, bad, self.known):
                errors.append(CellError(number, self.headers[name], code, str(message)))


def check(rows: Iterable[Row], template: Template, known: Known, table: Any) -> list[Checked]:
    """Checks the rows for a template against what is declared of the stored `table`."""
    return Checker(template, known, table).check(rows)
