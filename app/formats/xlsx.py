"""An Excel workbook written row by row into a stream: ECMA-376 with text kept in its cell."""

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import chain, count, islice
from typing import Any
from xml.sax.saxutils import escape

from app.formats.xlsx_package import BOLD, DAY, INSTANT, MAIN, QUOTED, XML, parts

CHUNK = 64 * 1024
LAST_ROW = 1_048_576
BIGGEST = 1_500_000_000  # letters of a sheet: below 2 GiB the package needs no ZIP64, which Excel reads badly
LONGEST = 32_767
MEASURED = 100
FIRST_DAY = dt.date(1900, 3, 1)  # Excel counts a 29 February 1900; earlier days are written as text
DAY_ZERO = dt.datetime(1899, 12, 30)
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Outlet(io.RawIOBase):
    """A file one can only write to: what was written since is taken out and sent."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self.waiting = bytes(self.waiting), bytearray()
        return taken


def workbook(
    headers: list[str],
    rows: Iterable[Iterable[Any]],
    title: str,
    yes_no: tuple[str, str],
    harmful: Callable[[str], bool],
) -> Iterator[bytes]:
    """The workbook in chunks; a table longer than a sheet goes on in the next."""
    out, waiting = Outlet(), iter(rows)
    first = [list(row) for row in islice(waiting, MEASURED)]
    waiting, cols = chain(first, waiting), widths(headers, first)
    cells = Cells(yes_no, harmful)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as package:
        for sheets in count(1):
            with package.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                for text in sheet_xml(headers, cols, waiting, cells):
                    sheet.write(text.encode())
                    if out.waiting:
                        yield out.take()
            more = next(waiting, None)
            if more is None:
                break
            waiting = chain([more], waiting)
        for name, text in parts(title, sheets).items():
            package.writestr(name, text)
    yield out.take()


def sheet_xml(headers: list[str], cols: str, rows: Iterator[Iterable[Any]], cells: "Cells") -> Iterator[str]:
    """One sheet as XML in chunks, the headings kept in view; leaves the rows it has no room for."""
    letters = [letters_of(at) for at in range(len(headers))]
    heading = "".join(cells.text(f"{letter}1", name, BOLD) for letter, name in zip(letters, headers, strict=True))
    yield (
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>{cols}<sheetData>'
        f'<row r="1">{heading}</row>'
    )
    page: list[str] = []
    sent = size = 0
    for number, row in enumerate(rows, 2):
        line = "".join([cells.cell(f"{letter}{number}", value) for letter, value in zip(letters, row, strict=True)])
        page.append(f'<row r="{number}">{line}</row>')
        size += len(line)
        if number == LAST_ROW or sent + size > BIGGEST:
            break
        if size > CHUNK:
            yield "".join(page)
            page, sent, size = [], sent + size, 0
    yield "".join(page) + "</sheetData></worksheet>"


class Cells:
    """How one value is written in a cell, in the language of the reader who asked."""

    def __init__(self, yes_no: tuple[str, str], harmful: Callable[[str], bool]):
        self.yes, self.no = yes_no
        self.harmful = harmful

    def cell(self, place: str, value: Any) -> str:
        """The cell; nothing for no value."""
        if type(value) is str:
            return self.text(place, value, QUOTED if self.harmful(value) else 0) if value else ""
        if value is None:
            return ""
        if value is True or value is False:
            return self.text(place, self.yes if value else self.no)
        if isinstance(value, dt.date):
            return self.date(place, value)
        if isinstance(value, int | float | Decimal) and held(value):
            return f'<c r="{place}"><v>{value}</v></c>'
        return self.cell(place, str(value))

    def date(self, place: str, value: dt.date) -> str:
        """A day or an instant as Excel counts: days since the end of 1899, the time as their fraction."""
        if isinstance(value, dt.datetime):
            passed, style = value.replace(tzinfo=None) - DAY_ZERO, INSTANT
        else:
            passed, style = dt.datetime.combine(value, dt.time()) - DAY_ZERO, DAY
        if passed.days < (FIRST_DAY - DAY_ZERO.date()).days:
            return self.text(place, value.isoformat())
        number = passed.days if style == DAY else round(passed / dt.timedelta(days=1), 9)
        return f'<c r="{place}" s="{style}"><v>{number}</v></c>'

    def text(self, place: str, value: str, style: int = 0) -> str:
        """A text cell: never a formula, whatever it begins with."""
        if not value.isprintable():
            value = UNPRINTABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
        if len(value) > LONGEST:
            value = value[: LONGEST - 1] + "…"
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def held(number: int | float | Decimal) -> bool:
    """Whether Excel, with its 15 digits, can hold the number."""
    return (isinstance(number, int) or math.isfinite(number)) and abs(number) < 10**15


def letters_of(column: int) -> str:
    """A, B ... Z, AA ...: the name of a column counted from 0."""
    name = ""
    while column >= 0:
        name, column = chr(65 + column % 26) + name, column // 26 - 1
    return name


def widths(headers: list[str], rows: list[list[Any]]) -> str:
    """The width of each column by its heading and its first values, between 8 and 50 letters."""
    columns = zip(headers, *rows, strict=True)
    wide = [min(max(max(len(str(value)) for value in column if value is not None) + 2, 8), 50) for column in columns]
    cols = (f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>' for at, width in enumerate(wide, 1))
    return f"<cols>{''.join(cols)}</cols>" if wide else ""
