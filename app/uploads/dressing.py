"""How the sheets that we hand out look, and their drop-downs: shared by blank template and fix-file."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.uploads.columns import Column, Template, letter_of
from app.uploads.explaining import allowed
from app.uploads.tidy import harmless

HEAD, REQUIRED_HEAD, HINT, WRONG = "DCE6F1", "1F4E79", "F2F2F2", "FFD2CC"
DROP_DOWN_ROWS = 5_000
# What XML cannot hold; a spreadsheet could not open it.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def put(sheet: Any, row: int, column: int, text: str) -> Any:
    """Writes a text cell that no spreadsheet will calculate; rows and columns count from 1."""
    cell = sheet.cell(row, column)
    if text:
        cell.value = harmless(_NOT_XML.sub("\ufffd", text))
        cell.data_type = "s"
    cell.number_format = "@"
    return cell


def filled(color: str) -> Any:
    """A plain background."""
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=color, end_color=color)


def headings(sheet: Any, template: Template, phased: bool) -> None:
    """The row of headings; required ones darker and with an asterisk."""
    from openpyxl.styles import Alignment, Font

    for place, column in enumerate(template.columns, start=1):
        cell = put(sheet, 1, place, column.heading(phased))
        required = column.is_required(phased)
        cell.fill = filled(REQUIRED_HEAD if required else HEAD)
        cell.font = Font(bold=True, color="FFFFFF" if required else "000000")
        cell.alignment = Alignment(vertical="center")
        dimension = sheet.column_dimensions[letter_of(place - 1)]
        dimension.width = max(14, len(column.header) + 4, len(column.example) + 4)
        dimension.number_format = "@"
    sheet.freeze_panes = "A2"


def drop_downs(book: Any, sheet: Any, template: Template, groups: Mapping[str, Any], first_row: int) -> None:
    """A drop-down for each column with a closed list; the lists stand on a hidden sheet."""
    lists = book.create_sheet("Lists")
    lists.sheet_state = "hidden"
    used = 0
    for place, column in enumerate(template.columns):
        words = allowed(column, groups)
        if not words:
            continue
        for row, word in enumerate(words, start=1):
            put(lists, row, used + 1, word)
        source = f"Lists!${letter_of(used)}$1:${letter_of(used)}${len(words)}"
        letter = letter_of(place)
        _drop_down(sheet, column, source, f"{letter}{first_row}:{letter}{first_row + DROP_DOWN_ROWS - 1}")
        used += 1


def _drop_down(sheet: Any, column: Column, source: str, cells: str) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1=source, allow_blank=True)
    rule.showErrorMessage = column.kind != "codes"  # several values in one cell must stay possible
    rule.errorTitle = column.header
    rule.error = _("Please choose one of the list.")
    rule.showInputMessage = bool(column.help)
    rule.promptTitle = column.header
    rule.prompt = str(column.help)[:250] or None
    sheet.add_data_validation(rule)
    rule.add(cells)


def saved(book: Any) -> bytes:
    """The workbook as a file."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
