"""Tables for spreadsheets, streamed in constant memory: the first bytes leave before the last row is read.

A cell is text, number, day, instant, yes/no or nothing. Text that a spreadsheet could take for a formula is
made harmless (CWE-1236): by a leading apostrophe in CSV, as a text cell in XLSX.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.formats import words, xlsx

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CHUNK = 64 * 1024


def csv_stream(headers: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The table as CSV: UTF-8 with a byte order mark, commas, CRLF (RFC 4180), days as 2021-01-31."""
    return written([str(header) for header in headers], rows, plain_words())


def written(headers: list[str], rows: Iterable[Iterable[Any]], plain: Callable[[Any], str]) -> Iterator[bytes]:
    """The CSV in chunks."""
    page = io.StringIO()
    writer = csv.writer(page)
    page.write("\ufeff")
    writer.writerow([harmless(header) for header in headers])
    for row in rows:
        writer.writerow([plain(value) for value in row])
        if page.tell() > CHUNK:
            yield page.getvalue().encode("utf-8", "replace")
            page.seek(0)
            page.truncate()
    yield page.getvalue().encode("utf-8", "replace")


def xlsx_stream(headers: Iterable[Any], rows: Iterable[Iterable[Any]], title: str = "") -> Iterator[bytes]:
    """The table as an Excel workbook: headings in bold and kept in view, days and instants as dates."""
    return xlsx.workbook([str(header) for header in headers], rows, title or words.sheet(), words.yes(), harmful)


def plain_words() -> Callable[[Any], str]:
    """How a value is written in CSV, in the language of the reader who asked."""
    yes, no = words.yes()

    def plain(value: Any) -> str:
        if type(value) is str:
            return harmless(value)
        if value is None:
            return ""
        if value is True or value is False:
            return yes if value else no
        if isinstance(value, dt.datetime):
            return value.isoformat(" ", "seconds")
        if isinstance(value, int | float | dt.date):
            return str(value)
        return harmless(str(value))

    return plain


def harmful(text: str) -> bool:
    """Whether a spreadsheet could take the text for a formula."""
    return text.startswith(DANGEROUS)


def harmless(text: str) -> str:
    """The text, with an apostrophe before what could be taken for a formula; no character NUL."""
    text = text.replace("\0", "")
    return "'" + text if text.startswith(DANGEROUS) else text
