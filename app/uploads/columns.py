"""What a column of an upload is: declared once, read by template, parser, checker, help and fix-file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app.uploads.tidy import trim

_IN_BRACKETS = re.compile(r"\s*\([^)]*\)$")


@dataclass(frozen=True)
class Column:
    """One column: its heading, where its value goes, and what may stand in it.

    `kind` names a reader of `app.uploads.cells` or is one; `table` a table of `app.reference`; `choices` gives
    code -> words where they are no table; `required` is True, False or "phased" (while the state's period is on).
    """

    header: str
    field: str
    kind: Any = "text"
    required: bool | str = False
    table: str | None = None
    example: str = ""
    help: Any = ""
    aliases: tuple[str, ...] = ()
    choices: Callable[[], Any] | None = None

    def is_required(self, phased: bool = False) -> bool:
        """Whether an empty cell is an error."""
        return self.required is True or (self.required == "phased" and phased)

    def heading(self, phased: bool = False) -> str:
        """The heading as the template prints it, with an asterisk when required."""
        return self.header + ("*" if self.is_required(phased) else "")


@dataclass(frozen=True)
class Template:
    """One kind of file: its columns, and its rules about several cells of a row."""

    kind: str
    title: Any
    columns: tuple[Column, ...]
    rules: tuple[Callable[..., Iterable[Any]], ...] = ()
    identity: Callable[[dict[str, Any]], Any] | None = None
    notes: tuple[Any, ...] = field(default=())

    def by_heading(self) -> dict[str, Column]:
        """Each way a heading may be written, and the column it means."""
        known: dict[str, Column] = {}
        for column in self.columns:
            for words in (column.header, *column.aliases):
                known[heading_key(words)] = column
        return known

    def column(self, name: str) -> Column:
        """The column of this field."""
        return next(column for column in self.columns if column.field == name)


# The column of the fix-file that says what is wrong: ours, never read back. Both languages are known on reading.
WHAT_TO_FIX = _l("What to fix")
IGNORED_HEADINGS = frozenset({"what to fix", "que corregir"})  # as `heading_key` gives them


def heading_key(words: str) -> str:
    """A heading as it is compared: no case, accents, asterisk, bracketed remark, or extra blanks."""
    words = trim(words).rstrip("* ")
    words = _IN_BRACKETS.sub("", words).rstrip("* ")
    flat = unicodedata.normalize("NFKD", words).casefold()
    return " ".join("".join(letter for letter in flat if not unicodedata.combining(letter)).replace("_", " ").split())


def letter_of(position: int) -> str:
    """The spreadsheet's letter of a column, counted from 0: A, B ... Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
