"""Checks all rows of a file at once: every wrong cell is named, the rest become values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app.uploads.cells import FREE, Known, Wrong, reader_of
from app.uploads.columns import Column, Template
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
        self.blank: dict[str, Any] = {column.field: None for column in template.columns}
        self.required = {column.header for column in template.columns if column.is_required(known.phased)}
        self.fields = {column.header: column.field for column in template.columns}
        # For each heading: the column's field, the values of texts read before, and what is needed to read another.
        self.readings: dict[str, tuple[str, dict[str, Any], Column]] = {
            column.header: (column.field, {}, column) for column in template.columns
        }
        # A date, key or code is taken from what is allowed; free text must fit the column that stores it.
        self.stored = {
            column.field: table.c[column.field]
            for column in template.columns
            if column.kind in FREE and column.field in table.c
        }

    def check(self, rows: Iterable[Row]) -> list[Checked]:
        """All rows with their values and errors."""
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> Checked:
        values = self.blank.copy()
        errors: list[CellError] = []
        bad: set[str] = set()
        readings = self.readings
        for header, typed in row.typed.items():
            if (reading := readings.get(header)) is None:  # a column of an earlier template, in a row that was kept
                continue
            name, seen, column = reading
            if typed in seen:
                values[name] = seen[typed]
                continue
            try:
                values[name] = seen[typed] = self._read(typed, column)
            except Wrong as wrong:
                values[name] = None
                bad.add(name)
                errors.append(CellError(row.number, header, "DATA", str(wrong.message)))
        if missing := self.required - row.typed.keys():
            bad.update(self.fields[header] for header in missing)
            errors.extend(self._missing(row.number, header) for header in missing)
        if row.formulas:
            self._formulas(row, bad, errors)
        self._rules(row.number, values, bad, errors)
        if len(errors) > 1:
            errors.sort(key=lambda error: self.order[error.column])
        return Checked(row.number, row.typed, values, errors)

    def _read(self, typed: str, column: Column) -> Any:
        """The value of a text; raises Wrong."""
        value = reader_of(column)(typed, column, self.known)
        stored = self.stored.get(column.field)
        if stored is not None and (problem := problem_with(stored, value)):
            raise Wrong(problem)
        return value

    def _formulas(self, row: Row, bad: set[str], errors: list[CellError]) -> None:
        for column in self.template.columns:
            if column.header in row.formulas and column.field not in bad:
                bad.add(column.field)
                message = _l("This cell holds a formula or an error. Please write its value instead.")
                errors.append(CellError(row.number, column.header, "DATA", str(message)))

    def _missing(self, number: int, header: str) -> CellError:
        return CellError(number, header, "REQD", str(_l("%(column)s is required.", column=header)))

    def _rules(self, number: int, values: dict[str, Any], bad: set[str], errors: list[CellError]) -> None:
        for rule in self.template.rules:
            for name, code, message in rule(values, bad, self.known):
                errors.append(CellError(number, self.headers[name], code, str(message)))


def check(rows: Iterable[Row], template: Template, known: Known, table: Any) -> list[Checked]:
    """Checks the rows for a template against what is declared of the stored `table`."""
    return Checker(template, known, table).check(rows)
