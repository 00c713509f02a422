"""From the bytes of a file to rows under known columns, or one plain reason why not."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath

from app.uploads import reading_csv
from app.uploads.child import raw_rows_apart
from app.uploads.columns import IGNORED_HEADINGS, Column, Template, heading_key, letter_of
from app.uploads.limits import APART_FROM, MEGABYTE, MOST_BYTES, MOST_ROWS
from app.uploads.reading_csv import Raw
from app.uploads.refused import FileRefused
from app.uploads.tidy import cell_text

Pieces = Callable[[], Iterable[bytes]]  # a file piece by piece, from its beginning each time it is asked
ENDINGS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx"}
MACRO_ENDINGS = (".xlsm", ".xltm", ".xlam")
ZIP = b"PK\x03\x04"
# Between marks, a cell that begins or ends with a blank or what nobody sees, or begins with an apostrophe.
_UNCLEAN = re.compile("\x1f[^!-&(-~]|[^!-~]\x1f").search
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
# A line under the headings that explains them, in the words of our template and of most others.
_HINTS = (
    "required", "optional", "example", "mandatory", "format:", "requerido", "obligatorio", "opcional", "ejemplo",
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """One row: its number in the spreadsheet, and the text of each filled cell under the column's header."""

    number: int
    typed: dict[str, str]
    formulas: frozenset[str] = frozenset()


Rows = Generator[Row, None, None]


@dataclass
class Table:
    """What a file holds: its columns in its own order, and its rows."""

    columns: list[Column]
    rows: list[Row] = field(default_factory=list)


def read(data: bytes, name: str, template: Template, phased: bool = False, most_rows: int = MOST_ROWS) -> Table:
    """The rows of a file; raises FileRefused with the reason. `phased` adds the columns then required."""
    check_size(lambda: (data,), len(data))
    table, rows = opened(lambda: (data,), name, template, phased, apart=len(data) >= APART_FROM)
    for row in rows:
        if len(table.rows) == most_rows:
            raise FileRefused("too_many_rows", most=most_rows, found=most_rows + 1 + sum(1 for _row in rows))
        table.rows.append(row)
    return table


def read_some(
    pieces: Pieces, size: int, name: str, template: Template, phased: bool, most_rows: int
) -> tuple[Table, bool]:
    """The first rows of a file of so many bytes, and whether they are all.

    Raises FileRefused for what is wrong up to there. Of a file of text that nobody could wait for, only the beginning
    is looked at: its columns, and rows as far as they are good.
    """
    is_long = size > MOST_BYTES
    start = partial(_beginning, pieces) if is_long else pieces
    table, rows = opened(start, name, template, phased, apart=size >= APART_FROM)
    with closing(rows):
        try:
            table.rows.extend(itertools.islice(rows, most_rows))
            return table, not is_long and next(rows, None) is None
        except FileRefused:
            if not is_long:
                raise
            return table, False


def _beginning(pieces: Pieces) -> Iterable[bytes]:
    """As much of a long file as is looked at first, up to the end of a line; of UTF-16, which few write, all."""
    some, size = [], 0
    for piece in pieces():
        some.append(piece)
        size += len(piece)
        if size >= MOST_BYTES:
            break
    if some and some[0].startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return pieces()
    some[-1] = some[-1][: some[-1].rfind(b"\n") + 1] or some[-1]
    return some


def check_size(pieces: Pieces, size: int, most: int = MOST_BYTES) -> None:
    """Refuses nothing at all, and more than `most` bytes."""
    if size > most:
        raise FileRefused("too_big", most=most // MEGABYTE)
    if not any(piece.strip() for piece in pieces()):
        raise FileRefused("empty")


def is_text(name: str) -> bool:
    """Whether a file of this name has lines of text, which are read one by one however many there are."""
    return ENDINGS.get(PurePath(name).suffix.lower()) == "csv"


def opened(
    pieces: Pieces,
    name: str,
    template: Template,
    phased: bool = False,
    apart: bool = True,
    expect: Callable[[int], None] = lambda rows: None,
) -> tuple[Table, Rows]:
    """The columns of a file, and its rows one after the other, in little memory however many there are.

    `pieces` gives the file anew each time it is asked, perhaps in another thread; `apart` parses CSV in a child as
    well; `expect` hears how many rows may come.
    """
    start = next((piece for piece in pieces() if piece), b"")
    if _format(start, name) == "xlsx":
        raw = raw_rows_apart(pieces(), "xlsx", expect=expect)
    else:
        encoding = reading_csv.encoding_of(pieces)
        expect(sum(piece.count(b"\n") for piece in pieces()))
        raw = raw_rows_apart(pieces(), "csv", encoding) if apart else reading_csv.rows_of(pieces(), encoding)
    return _table(raw, template, phased)


def _format(data: bytes, name: str) -> str:
    """What the file is, by its name and by what is inside; both must agree."""
    ending = PurePath(name).suffix.lower()
    if ending in MACRO_ENDINGS:
        raise FileRefused("macros")
    if data.startswith(OLD_OFFICE) or ending == ".xls":
        raise FileRefused("old_excel")
    kind = ENDINGS.get(ending)
    if kind is None:
        raise FileRefused("unknown_format")
    if (kind == "xlsx") != data.startswith(ZIP):
        raise FileRefused("false_name", ending=ending)
    return kind


def _table(raw: Iterator[Raw], template: Template, phased: bool) -> tuple[Table, Rows]:
    headings: list[str] = []
    for _number, cells, _ in raw:
        headings = [cell_text(cell) for cell in cells]
        if any(headings):
            break
    places = _places(headings, template, phased)
    return Table(columns=[column for column in places if column]), _rows(raw, headings, places)


def _rows(raw: Iterable[Raw], headings: list[str], places: list[Column | None]) -> Rows:
    unnamed = [at for at, words in enumerate(headings) if not heading_key(words)]
    first, none = True, True
    for number, cells, formulas in raw:
        _refuse_strays(number, cells, len(places), unnamed)
        row = _row(number, cells, formulas, places)
        explains, first = first and _explains(cells), False
        if row is not None and not explains:
            none = False
            yield row
    if none:
        raise FileRefused("no_rows")


def _places(headings: list[str], template: Template, phased: bool) -> list[Column | None]:
    """Which column stands at each place; None where it has no heading or is ours to ignore."""
    known = template.by_heading()
    keys = [heading_key(words) for words in headings]
    places = [known.get(key) for key in keys]
    found = [column for column in places if column]
    if not found:
        raise FileRefused("no_header")
    unknown = [words for words, key in zip(headings, keys, strict=True) if not _is_known(key, known)]
    if unknown:
        raise FileRefused("unknown_columns", names=_listed(unknown))
    doubled = [column.header for column in template.columns if found.count(column) > 1]
    if doubled:
        raise FileRefused("doubled_columns", names=_listed(doubled))
    missing = [one.header for one in template.columns if one.is_required(phased) and one not in found]
    if missing:
        raise FileRefused("missing_columns", names=_listed(missing))
    return places


def _is_known(key: str, known: dict[str, Column]) -> bool:
    return not key or key in known or key in IGNORED_HEADINGS


def _listed(names: list[str], most: int = 10) -> str:
    """A few names for a sentence; what people type may be long and many."""
    short = [name if len(name) <= 40 else name[:39] + "…" for name in names[:most]]
    return ", ".join(short) + (" …" if len(names) > most else "")


def _row(number: int, cells: list[str], formulas: list[int], places: list[Column | None]) -> Row | None:
    filled = {column.header: cell for column, cell in zip(places, cells, strict=False) if cell and column is not None}
    # Letters, digits and inner signs alone need no cleaning; nearly every row is of such.
    whole = "\x1f".join(("", *filled.values(), ""))
    if not whole.isascii() or _UNCLEAN(whole):
        filled = {header: text for header, cell in filled.items() if (text := cell_text(cell))}
    if not filled:
        return None
    calculated = frozenset(places[at].header for at in formulas if at < len(places) and places[at])
    return Row(number, filled, calculated)


def _refuse_strays(number: int, cells: list[str], width: int, unnamed: list[int]) -> None:
    """A value beyond or between the headings belongs to nobody: better refused than lost."""
    if len(cells) > width and any(cell_text(cell) for cell in cells[width:]):
        raise FileRefused("wide_row", row=number)
    strays = [letter_of(at) for at in unnamed if at < len(cells) and cell_text(cells[at])]
    if strays:
        raise FileRefused("unnamed_columns", names=_listed(strays))


def _explains(cells: list[str]) -> bool:
    """Whether the row under the headings explains them instead of naming a person."""
    texts = [cell_text(cell).casefold() for cell in cells]
    filled = [text for text in texts if text]
    if not filled:
        return False
    return filled[0].startswith("#") or sum(text.startswith(_HINTS) for text in filled) >= 2
