"""The blank template, as workbook and as CSV, made from the same columns as the parser."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.uploads.columns import Template
from app.uploads.dressing import HINT, drop_downs, filled, headings, put, saved
from app.uploads.explaining import explain, hint
from app.uploads.tidy import harmless

FIRST_ROW = 3  # under headings and instructions


def workbook(template: Template, phased: bool = False, groups: Mapping[str, Any] | None = None) -> bytes:
    """An XLSX with headings, instructions, drop-downs and an explanation sheet."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = str(template.title)[:31]
    headings(sheet, template, phased)
    for place, column in enumerate(template.columns, start=1):
        cell = put(sheet, 2, place, hint(column, phased))
        cell.fill = filled(HINT)
        cell.font = Font(italic=True, color="595959")
    _explanation(book.create_sheet(_("How to fill in")[:31]), template, phased, groups)
    drop_downs(book, sheet, template, groups or {}, FIRST_ROW)
    return saved(book)


def _explanation(sheet: Any, template: Template, phased: bool, groups: Mapping[str, Any] | None) -> None:
    """The sheet that says what each column wants."""
    from openpyxl.styles import Alignment, Font

    put(sheet, 1, 1, str(template.title)).font = Font(bold=True, size=14)
    row = 2
    for row, note in enumerate(template.notes, start=2):
        put(sheet, row, 1, str(note))
    row += 2
    for place, words in enumerate((_("Column"), _("Needed"), _("What to write"), _("Allowed values"), _("Example")), 1):
        put(sheet, row, place, words).font = Font(bold=True)
    for line in explain(template, phased, groups):
        row += 1
        for place, words in enumerate(
            (line.heading, line.required, line.help, "; ".join(line.allowed), line.example), start=1
        ):
            put(sheet, row, place, words).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABCDE", (24, 14, 60, 60, 24), strict=True):
        sheet.column_dimensions[letter].width = width


def csv_file(template: Template, phased: bool = False) -> bytes:
    """A CSV with headings and instructions, in UTF-8 with the mark that spreadsheets look for."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(column.heading(phased) for column in template.columns)
    writer.writerow(harmless(hint(column, phased)) for column in template.columns)
    return out.getvalue().encode("utf-8-sig")
