"""Looks at the table of contents of a workbook before anything in it is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from app.uploads.limits import (
    LONGEST_TAG,
    MEGABYTE,
    MOST_MEMBERS,
    MOST_TAGS,
    MOST_UNPACKED,
    RATIO_LOOKED_AT_FROM,
    WORST_RATIO,
)
from app.uploads.refused import FileRefused

PACKED = (".zip", ".gz", ".7z", ".rar", ".xz", ".bz2", ".xlsx", ".xlsm", ".xlsb", ".xls", ".docx", ".ods")
BOOK = "xl/workbook.xml"
OVERLAP = 200  # bytes, longer than any mark looked for
SPARSE = 2_000  # marks in a megabyte; where there are more, none of them is long enough to harm
_DECLARATIONS = tuple(
    mark.encode(encoding) for mark in ("<!DOCTYPE", "<!ENTITY") for encoding in ("utf-8", "utf-16-le", "utf-16-be")
)


def checked(data: bytes) -> zipfile.ZipFile:
    """The opened zip file; refuses what is no workbook, or one made to harm."""
    try:
        book = zipfile.ZipFile(io.BytesIO(data))
        members = book.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise FileRefused("broken_workbook") from None
    _check_sizes(members, len(data))
    names = [member.filename for member in members]
    lower = [name.lower() for name in names]
    if any(name.endswith("vbaproject.bin") for name in lower):
        raise FileRefused("macros")
    if any(name.endswith(PACKED) for name in lower):
        raise FileRefused("nested")
    if "[Content_Types].xml" not in names or BOOK not in lower:
        raise FileRefused("false_name", ending=".xlsx")
    if len(set(names)) != len(names) or any(member.flag_bits & 1 for member in members):
        raise FileRefused("broken_workbook")
    return book


def _check_sizes(members: list[zipfile.ZipInfo], sent: int) -> None:
    """Declared sizes are binding: no more than declared is ever unpacked."""
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED:
        raise FileRefused("bomb")
    if sum(member.compress_size for member in members) > sent:  # members that share their bytes
        raise FileRefused("bomb")
    if unpacked > RATIO_LOOKED_AT_FROM and unpacked > WORST_RATIO * sent:
        raise FileRefused("bomb")


def check_contents(book: zipfile.ZipFile) -> int:
    """Refuses entity declarations, macros, and more of anything than a list of people has; costs no parsing.

    Answers how many rows the largest sheet may have.
    """
    tags = strings = cells = most = 0
    for member in book.infolist():
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        rows = 0
        for piece, fresh in pieces(book, member):
            if any(mark in piece for mark in _DECLARATIONS):
                raise FileRefused("entities")
            if member.filename == "[Content_Types].xml" and b"macroEnabled" in piece:
                raise FileRefused("macros")
            tags += fresh.count(b"<")
            strings += fresh.count(b"<si")
            cells += fresh.count(b"<c ")
            if member.filename.startswith("xl/") and _has_endless_tag(fresh):
                raise FileRefused("too_heavy")
            rows += fresh.count(b"<row ")
            most = max(most, rows)
            if tags > MOST_TAGS:
                raise FileRefused("too_heavy")
    # A table of strings that no cell uses is there to be parsed, not to be read.
    if strings > 2 * cells + 10_000:
        raise FileRefused("too_heavy")
    return most


def _has_endless_tag(piece: bytes) -> bool:
    """Whether a tag or text goes on and on: a parser that is fed bit by bit begins it anew with each bit."""
    return piece.count(b"<") < SPARSE and max(map(len, piece.split(b"<"))) > LONGEST_TAG


def pieces(book: zipfile.ZipFile, member: zipfile.ZipInfo | str) -> Iterator[tuple[bytes, bytes]]:
    """A member a megabyte at a time: what is new with the end of the piece before, so nothing hides; and the new."""
    before = b""
    try:
        with book.open(member) as content:
            while piece := content.read(MEGABYTE):
                yield before + piece, piece
                before = piece[-OVERLAP:]
    except (KeyError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error):
        raise FileRefused("broken_workbook") from None
