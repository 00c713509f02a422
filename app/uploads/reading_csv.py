"""A CSV file as people's spreadsheets write it: encodings, delimiters, line ends, `sep=` line."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.uploads.limits import DEEPEST_ROW, LONGEST_CELL, MOST_COLUMNS
from app.uploads.refused import FileRefused

Raw = tuple[int, list[str], list[int]]  # row as the spreadsheet numbers it, cells, places of formulas

START = 65_536  # characters by which the delimiter is told
FARTHEST_HEADINGS = 1_048_576  # characters of nothing but delimiters and line ends before them
LONGEST_LINE = 2 * MOST_COLUMNS * LONGEST_CELL  # characters read at once, so that one endless line does no harm
DELIMITERS = ",;\t|"
_SEP_LINE = re.compile(r"\A\"?sep=(.)\"?(\r\n|\r|\n|\Z)", re.IGNORECASE)
_NOT_TEXT = re.compile(r"[\x01-\x08\x0e-\x1a]")


class Pieces(io.RawIOBase):
    """A file that comes piece by piece, to be read like one."""

    def __init__(self, pieces: Iterable[bytes]):
        self._pieces, self._rest = iter(pieces), b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, room: Any) -> int:
        """As many bytes as there is room for, and as the piece has."""
        while not self._rest:
            try:
                self._rest = next(self._pieces)
            except StopIteration:
                return 0
        taken = self._rest[: len(room)]
        room[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def encoding_of(pieces: Callable[[], Iterable[bytes]]) -> str:
    """How the letters are written: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252, all through."""
    start = next((piece for piece in pieces() if piece), b"")
    tries = ["utf-8-sig", "cp1252"]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ["utf-16"]
    for encoding in tries:
        try:
            _look_through(pieces(), encoding)
        except UnicodeError:
            continue
        return encoding
    raise FileRefused("undecodable")


def _look_through(pieces: Iterable[bytes], encoding: str) -> None:
    """Decodes everything; raises FileRefused where something stands there that no text has."""
    decoder = codecs.getincrementaldecoder(encoding)()
    row = 1
    for piece in itertools.chain(pieces, (None,)):
        text = decoder.decode(piece or b"", final=piece is None)
        at = text.find("\x00")
        if at >= 0:
            raise FileRefused("nul", row=row + text.count("\n", 0, at))
        if encoding == "cp1252" and _NOT_TEXT.search(text):
            raise FileRefused("undecodable")
        row += text.count("\n")


def delimiter_of(text: str) -> tuple[str, str]:
    """The delimiter by how a file begins, and that text without the `sep=` line that may name it."""
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
    """The rows of a file that is here as a whole."""
    return rows_of((data,), encoding_of(lambda: (data,)))


def rows_of(pieces: Iterable[bytes], encoding: str) -> Iterator[Raw]:
    """Each row with its number; a value with line breaks is one row, an empty line is one too. In little memory."""
    stream = io.TextIOWrapper(io.BufferedReader(Pieces(pieces)), encoding, newline="")
    start = _start_of(stream)
    delimiter, start = delimiter_of(start)
    lines = itertools.chain(io.StringIO(start, newline=""), iter(lambda: stream.readline(LONGEST_LINE), ""))
    for number, cells in _filled(lines, delimiter):
        if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
            raise FileRefused("too_many_columns", row=number, most=MOST_COLUMNS)
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise FileRefused("long_cell", row=number, most=LONGEST_CELL)
        if any(cells):
            yield number, cells, []


def _start_of(stream: io.TextIOWrapper) -> str:
    """Whole lines from the beginning, up to some that say more than nothing; refused where that is too far away."""
    read = [stream.read(START)]
    while read[-1] and not read[-1].strip(DELIMITERS + " \r\n"):
        if len(read) * START > FARTHEST_HEADINGS:
            raise FileRefused("no_header")
        read.append(stream.read(START))
    return "".join(read) + stream.readline(LONGEST_LINE)  # a line that is not cut


class _Lines:
    """The lines for the csv module: the one that a row begins with, and those that it goes on to by itself."""

    def __init__(self, more: Iterator[str]):
        self.first, self._more = "", more

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line, self.first = self.first, ""
        return line or next(self._more)


def _filled(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that say something, with their numbers. Those of nothing but delimiters are counted and not parsed."""
    given = _Lines(lines)
    reader = csv.reader(given, delimiter=delimiter, strict=True)
    number, nothing = 0, delimiter + "\r\n"
    for line in lines:
        number += 1
        if number > DEEPEST_ROW:  # no spreadsheet has more; blank lines count as well
            raise FileRefused("too_many_rows", most=DEEPEST_ROW, found=f"{DEEPEST_ROW}+")
        if not line.strip(nothing):
            continue
        given.first = line
        try:
            yield number, next(reader)
        except csv.Error as error:
            raise _refusal(str(error), number) from None


def _refusal(problem: str, row: int) -> FileRefused:
    """The reader's complaint in our words."""
    if "field limit" in problem:
        return FileRefused("long_cell", row=row, most=LONGEST_CELL)
    if "unexpected end" in problem:
        return FileRefused("open_quote", row=row)
    return FileRefused("bad_quote", row=row)
