"""The fix-file: only the rows that failed, each wrong cell coloured and explained; uploadable as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.uploads.columns import WHAT_TO_FIX, Template, letter_of
from app.uploads.dressing import HEAD, WRONG, drop_downs, filled, headings, put, saved

AUTHOR = "Vaccine Management"


def workbook(
    template: Template, rows: Iterable[Any], phased: bool = False, groups: Mapping[str, Any] | None = None
) -> bytes:
    """An XLSX of `rows`; each has `row` (as the spreadsheet counted), `typed` and `errors` as UploadRow keeps them."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = str(template.title)[:31]
    headings(sheet, template, phased)
    last = len(template.columns) + 1
    heading = put(sheet, 1, last, str(WHAT_TO_FIX))
    heading.fill, heading.font = filled(HEAD), Font(bold=True)
    sheet.column_dimensions[letter_of(last - 1)].width = 80
    for number, row in enumerate(rows, start=2):
        _write(sheet, number, row, template)
    drop_downs(book, sheet, template, groups or {}, first_row=2)
    return saved(book)


def _write(sheet: Any, number: int, row: Any, template: Template) -> None:
    """One row: what was typed, and what is wrong with it."""
    from openpyxl.comments import Comment

    wrong: dict[str, list[str]] = {}
    for error in row.errors:
        wrong.setdefault(error["column"], []).append(error["message"])
    for place, column in enumerate(template.columns, start=1):
        reasons = wrong.get(column.header)
        typed = row.typed.get(column.header, "")
        if not typed and not reasons:
            continue
        cell = put(sheet, number, place, typed)
        if reasons:
            cell.fill = filled(WRONG)
            cell.comment = Comment("\n".join(reasons), AUTHOR, width=320, height=80)
    put(sheet, number, len(template.columns) + 1, in_words(row.errors))


def in_words(errors: Iterable[dict[str, str]]) -> str:
    """All that is wrong with a row, in one line."""
    return " ".join(f"{error['column']}: {error['message']}".removeprefix(": ") for error in errors)
