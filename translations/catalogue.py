"""Keeps a catalogue whole: new messages come in empty, old ones go out, the tables' own words are filled in.

The head of the file (its header and the glossary) is left as it stands, and nothing in it depends on the day or
on where a message is used: two runs write the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app import reference
from translations.collecting import wanted

HERE = Path(__file__).resolve().parent
LOCALES = ("es",)
UNDATED = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)


def path_of(locale: str, ending: str = "po") -> Path:
    """Where the catalogue of a language stands: `po` to be written, `mo` to be read by the program."""
    return HERE / locale / "LC_MESSAGES" / f"messages.{ending}"


def read(locale: str) -> Catalog:
    """The catalogue as it was last written."""
    with path_of(locale).open("rb") as file:
        catalog = read_po(file, locale=locale, abort_invalid=True)
    catalog.creation_date = catalog.revision_date = UNDATED
    return catalog


def updated(locale: str) -> Catalog:
    """The catalogue with exactly the messages there are today; what is new has no words yet."""
    known, catalog = read(locale), wanted(locale)
    tables = reference.spanish() if locale == "es" else {}
    for message in catalog:
        if message.id:
            old = known.get(message.id)
            message.string = tables.get(message.id) or (old.string if old and not old.fuzzy else message.string)
    return catalog


def as_po(locale: str, catalog: Catalog) -> bytes:
    """A catalogue as its file, under the head that the file has."""
    head = path_of(locale).read_bytes().split(b"\n\n", 1)[0]
    body = io.BytesIO()
    write_po(body, catalog, width=118, no_location=True, omit_header=True, sort_output=True)
    return head + b"\n\n" + body.getvalue().strip(b"\n") + b"\n"


def as_mo(catalog: Catalog) -> bytes:
    """A catalogue as the program reads it."""
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """The messages that have no words yet, or not all of them."""
    return sorted(first(message) for message in catalog if message.id and not is_said(message))


def is_said(message: Message) -> bool:
    """Whether every form of a message has words."""
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(forms) and all(forms) and (isinstance(message.id, str) or len(forms) == len(message.id))


def first(message: Message) -> str:
    """A message as one text: its singular, if it has two."""
    return message.id if isinstance(message.id, str) else message.id[0]
