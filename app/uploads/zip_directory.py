"""Looks at the table of contents of a workbook before anything in it is unpacked."""

from __future__ import annotations

import io
import zipfile

from app.uploads.limits import MOST_MEMBERS, MOST_UNPACKED, RATIO_LOOKED_AT_FROM, WORST_RATIO
from app.uploads.refused import FileRefused

PACKED = (".zip", ".gz", ".7z", ".rar", ".xz", ".bz2", ".xlsx", ".xlsm", ".xlsb", ".xls", ".docx", ".ods")
BOOK = "xl/workbook.xml"
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


def check_contents(book: zipfile.ZipFile) -> None:
    """Refuses entity declarations and a content type with macros, in any member that is XML."""
    for member in book.infolist():
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        try:
            content = book.read(member)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, zlib_error()):
            raise FileRefused("broken_workbook") from None
        if any(mark in content for mark in _DECLARATIONS):
            raise FileRefused("entities")
        if member.filename == "[Content_Types].xml" and b"macroEnabled" in content:
            raise FileRefused("macros")


def zlib_error() -> type[Exception]:
    """The error of damaged compressed data."""
    import zlib

    return zlib.error
