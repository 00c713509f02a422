"""The first visible sheet of a workbook, cell by cell as the spreadsheet shows it; runs in the child process."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

from app.uploads.limits import DEEPEST_ROW, LONGEST_CELL, MOST_COLUMNS, MOST_TEXT
from app.uploads.reading_csv import Raw
from app.uploads.refused import FileRefused
from app.uploads.zip_directory import check_contents, checked, pieces

_ZEROS = re.compile(r"0+")
_MERGED = re.compile(rb"<(?:\w{1,20}:)?mergeCell\s[^>]{0,100}?ref=[\"']([A-Z0-9:]{1,30})[\"']")


def raw_rows(data: bytes, expect: Callable[[int], None] = lambda rows: None) -> Iterator[Raw]:
    """Each row that holds something, with the number that the spreadsheet shows; `expect` is told how many may come."""
    archive = checked(data)
    expect(check_contents(archive))
    sheet = _first_visible(data)
    _refuse_merged(archive, sheet)
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    text = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        row = _row(number, cells)
        if row is None:
            continue
        text += sum(map(len, row[1]))
        if text > MOST_TEXT or number > DEEPEST_ROW:
            raise FileRefused("too_heavy")
        yield row


def _first_visible(data: bytes) -> Any:
    """The sheet that people see first."""
    import warnings

    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that we have no use for
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        except MemoryError:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever a damaged file makes of the library
            raise _damaged(problem) from None
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            return sheet
    raise FileRefused("no_sheet")


def _damaged(problem: Exception) -> FileRefused:
    entities = type(problem).__name__ in ("EntitiesForbidden", "DTDForbidden", "ExternalReferenceForbidden")
    return FileRefused("entities" if entities else "broken_workbook")


def _refuse_merged(archive: Any, sheet: Any) -> None:
    """A merged cell leaves the rows under it empty: whose value it is cannot be known."""
    for piece, _fresh in pieces(archive, sheet._worksheet_path):
        if merged := _MERGED.search(piece):
            raise FileRefused("merged", where=merged.group(1).decode())


def _row(number: int, cells: Any) -> Raw | None:
    texts: list[str] = []
    formulas: list[int] = []
    for place, cell in enumerate(cells):
        if cell.value is None:
            texts.append("")
            continue
        if cell.data_type in ("f", "e"):
            formulas.append(place)
        texts.append(shown(cell))
    if not any(texts):
        return None
    if len(texts) > MOST_COLUMNS and any(texts[MOST_COLUMNS:]):
        raise FileRefused("too_many_columns", row=number, most=MOST_COLUMNS)
    if max(map(len, texts)) > LONGEST_CELL:
        raise FileRefused("long_cell", row=number, most=LONGEST_CELL)
    return number, texts, formulas


def shown(cell: Any) -> str:
    """The value as text: dates as YYYY-MM-DD, numbers exactly, zeros where the cell's format shows them."""
    value = cell.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    return str(value)


def _number(value: float, shape: str | None) -> str:
    """A number without a guess: only a format made of zeros, such as 00000, adds any."""
    if isinstance(value, float) and not value.is_integer():
        return repr(value)
    digits = str(int(value))
    zeros = (shape or "").replace("\\", "").replace('"', "")
    if zeros in ("00000-0000", "000000000"):
        digits = digits.zfill(9)
        return f"{digits[:5]}-{digits[5:]}" if "-" in zeros else digits
    return digits.zfill(len(zeros)) if _ZEROS.fullmatch(zeros) else digits
