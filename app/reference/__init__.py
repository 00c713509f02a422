"""The field's own tables (races, counties, products ...): data files beside this module, read once."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext

HERE = Path(__file__).resolve().parent
OUT_OF_STATE = "OOS"
_COUNTY_WORDS = re.compile(r"\s+(county|co\.?)$|^condado de\s+|,\s*nc$", re.IGNORECASE)


@cache
def tables() -> tuple[str, ...]:
    """The names of all tables."""
    return tuple(sorted(path.stem for path in HERE.glob("*.csv")))


@cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    """The rows of a table as texts by column; an empty cell is "". Raises KeyError for an unknown table."""
    if table not in tables():
        raise KeyError(f"There is no table {table}.")
    with (HERE / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, strict=True))


@cache
def codes(table: str) -> dict[str, Any]:
    """Code -> label of a table, in its order; a label is in the reader's language, proper names as they are."""
    return {row["code"]: label(row) for row in rows(table)}


def label(row: dict[str, str]) -> Any:
    """The word of a row: lazily translated where it has a Spanish one, else a proper name."""
    words = row["label"]
    return lazy_gettext(words) if row["spanish"] else words


def code_of(table: str, words_or_code: str | None) -> str | None:
    """The code meant by a code or a word, in English or Spanish, however written; None when there is none.

    Case, accents, blanks and punctuation do not matter.
    """
    return _meanings(table).get(_key(words_or_code))


def county_fips(name: str | None) -> str | None:
    """The five FIPS digits of a North Carolina county named with or without "County", or "OOS"; None when unknown."""
    return code_of("counties", name) or code_of("counties", _COUNTY_WORDS.sub("", (name or "").strip()))


def county_name(fips: str | None) -> Any:
    """The name of a county by its FIPS digits; None when it is not of this state."""
    return codes("counties").get(fips or "")


def spanish() -> dict[str, str]:
    """English -> Spanish of every label that is translated: what the catalog must say of them."""
    return {row["label"]: row["spanish"] for table in tables() for row in rows(table) if row.get("spanish")}


@cache
def _meanings(table: str) -> dict[str, str]:
    """Each way to write a code of the table, as compared, and the code; a code wins over a word."""
    known = {_key(row["code"]): row["code"] for row in rows(table)}
    for row in rows(table):
        for words in (row["label"], row["spanish"], *row["aliases"].split("|")):
            if _key(words):
                known.setdefault(_key(words), row["code"])
    return known


def _key(words: str | None) -> str:
    flat = unicodedata.normalize("NFKD", (words or "")[:200]).casefold()
    return "".join(letter for letter in flat if unicodedata.category(letter)[0] in "LN")
