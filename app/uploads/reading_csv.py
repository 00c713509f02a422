"""A CSV file as people's spreadsheets write it: encodings, delimiters, line ends, `sep=` line."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from app.uploads.limits import LONGEST_CELL, MOST_COLUMNS
from app.uploads.refused import FileRefused

Raw = tuple[int, list[str], list[int]]  # row as the spreadsheet numbers it, cells, places of formulas

DELIMITERS = ",;\t|"
_SEP_LINE = re.compile(r"\A\"?sep=(.)\"?(\r\n|\r|\n|\Z)", re.IGNORECASE)
_NOT_TEXT = re.compile(r"[\x01-\x08\x0e-\x1a]")


def decoded(data: bytes) -> str:
    """The text of the file: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ["utf-16"]
    else:
        tries = ["utf-8-sig", "cp1252"]
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        return _only_text(text, guessed=encoding == "cp1252")
    raise FileRefused("undecodable")


def _only_text(text: str, guessed: bool) -> str:
    at = text.find("\x00")
    if at >= 0:
        raise FileRefused("nul", row=text.count("\n", 0, at) + 1)
    if guessed and _NOT_TEXT.search(text):
        raise FileRefused("undecodable")
    return text


def delimiter_of(text: str) -> tuple[str, str]:
    """The delimiter, and the text without the `sep=` line that may name it."""
    named = _SEP_LINE.match(text)
    if named:
        return named.group(1), text[named.end() :]
    first = next((line for line in io.StringIO(text, newline="") if line.strip(DELIMITERS + " \r\n")), "")
    return max(DELIMITERS, key=lambda one: _cells_in(first, one)), text


def _cells_in(line: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:
        return 0


def raw_rows(data: bytes) -> Iterator[Raw]:
    """Each row with its number; a value with line breaks is one row, an empty line is one too."""
    delimiter, text = delimiter_of(decoded(data))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refusal(str(error), number) from None
        if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
            raise FileRefused("too_many_columns", row=number, most=MOST_COLUMNS)
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise FileRefused("long_cell", row=number, most=LONGEST_CELL)
        yield number, cells, []


def _refusal(problem: str, row: int) -> FileRefused:
    """The reader's complaint in our words."""
    if "field limit" in problem:
        return FileRefused("long_cell", row=row, most=LONGEST_CELL)
    if "unexpected end" in problem:
        return FileRefused("open_quote", row=row)
    return FileRefused("bad_quote", row=row)
