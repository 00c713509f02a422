"""How the text of a cell becomes a value: one reader for each kind of column.

A reader takes the text, the column and what is known besides; it returns the value or raises Wrong.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import lazy_gettext as _l

from app import reference
from app.uploads.columns import Column
from models.recipients import birth_date_problem, name_problem

MOST_RACES = 6
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_PHONE_FILLERS = re.compile(r"[\s().\-+/·]|\u2010|\u2011|\u2012|\u2013|\u2212")
_GROUP_WORD = re.compile(r"\A(?:priority\s+)?(?:group|phase|grupo|fase)\s*", re.IGNORECASE)
_GROUP_CODE = re.compile(r"\w+")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_YES = {"y", "yes", "true", "1", "s", "si", "sí", "x"}
_NO = {"n", "no", "false", "0"}


class Wrong(Exception):
    """The text is no value for its column; `message` is for the person."""

    def __init__(self, message: Any):
        super().__init__(message)
        self.message = message


@dataclass
class Known:
    """What a check needs besides the file: open groups, known employers by lower-case name, the phased period.

    `more` is for what a kind of file needs besides.
    """

    groups: dict[str, Any] = field(default_factory=dict)
    phased: bool = False
    employers: dict[str, int | None] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def employer_key(name: str) -> str:
    """An organization's name as it is compared."""
    return " ".join(name.casefold().split())


def text(typed: str, _column: Column, _known: Known) -> str:
    """Words as they are; line breaks and characters that nobody sees are refused."""
    if not typed.isprintable() and any(unicodedata.category(letter) in _UNSEEN for letter in typed):
        raise Wrong(_l("This contains a line break or an invisible character."))
    return typed


def name(typed: str, _column: Column, _known: Known) -> str:
    """A person's name."""
    if typed.isalpha() and typed.isascii():  # nearly every name
        return typed
    if any(unicodedata.category(letter) in ("Zl", "Zp") for letter in typed) or not any(map(str.isalpha, typed)):
        raise Wrong(_l("This is not a name."))
    problem = name_problem(typed)
    if problem:
        raise Wrong(problem)
    return typed


def day(typed: str, _column: Any = None, _known: Any = None) -> dt.date:
    """A date, as month/day/year or year-month-day; nothing else is guessed."""
    american, iso = _US_DATE.fullmatch(typed), _ISO_DATE.fullmatch(typed)
    if american:
        month, day, year = map(int, american.groups())
    elif iso:
        year, month, day = map(int, iso.groups())
    else:
        raise Wrong(_l("Please write the date as MM/DD/YYYY or YYYY-MM-DD, for example 03/25/1984."))
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise Wrong(_l("There is no such day. The month comes first: MM/DD/YYYY.")) from None


def date(typed: str, _column: Column, _known: Known) -> dt.date:
    """A date of birth."""
    born = day(typed)
    problem = birth_date_problem(born)
    if problem:
        raise Wrong(problem)
    return born


def code(typed: str, column: Column, _known: Known) -> str:
    """A code of the column's table, by code or by word."""
    return _code(typed, column.table or "")


def _code(typed: str, table: str) -> str:
    found = reference.code_of(table, typed)
    if found is None:
        raise Wrong(_l("“%(typed)s” is not one of the allowed values: %(some)s.", typed=typed[:40], some=_some(table)))
    return found


def _some(table: str, most: int = 10) -> str:
    """The allowed words of a table, or the first few of a long one."""
    words = [str(word) for word in reference.codes(table).values()]
    return "; ".join(words[:most]) + (" …" if len(words) > most else "")


def codes(typed: str, column: Column, _known: Known) -> str:
    """Several codes of a table, with semicolons between them."""
    parts = [part.strip() for part in typed.split(";") if part.strip()]
    found = list(dict.fromkeys(_code(part, column.table or "") for part in parts))
    if not found or len(found) > MOST_RACES:
        raise Wrong(_l("Please give one to %(most)s values, with a semicolon between them.", most=MOST_RACES))
    return ";".join(found)


def county(typed: str, _column: Column, _known: Known) -> str:
    """A county of the state by name, with or without the word, or “Out of state”."""
    found = reference.county_fips(typed)
    if found is None:
        raise Wrong(_l("“%(typed)s” is not a county of North Carolina. Others are “Out of state”.", typed=typed[:40]))
    return found


def phone(typed: str, _column: Column, _known: Known) -> str:
    """Ten digits, however typed; a leading 1 or +1 is the country."""
    digits = _PHONE_FILLERS.sub("", typed)
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        raise Wrong(_l("A phone number has ten digits, for example 9195555555."))
    return digits


def email(typed: str, _column: Column, _known: Known) -> str:
    """An e-mail address; its shape is declared with the stored column."""
    return typed


def zip_code(typed: str, _column: Column, _known: Known) -> str:
    """Five digits, or five and four; a lost leading zero is never put back by guess."""
    if re.fullmatch(r"[0-9]{9}", typed):
        return f"{typed[:5]}-{typed[5:]}"
    if re.fullmatch(r"[0-9]{3,4}", typed):
        raise Wrong(_l("A ZIP code has five digits. Has a leading zero been lost? Write the cell as text."))
    return typed


def yes_no(typed: str, _column: Column, _known: Known) -> bool:
    """Y or N, in English or Spanish."""
    said = typed.casefold()
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise Wrong(_l("Please write Y or N."))


def employer(typed: str, _column: Column, known: Known) -> int:
    """The organization of that name."""
    key = employer_key(typed)
    if key not in known.employers:
        raise Wrong(_l("No organization of this name is known here. Correct it, or leave it empty."))
    found = known.employers[key]
    if found is None:
        raise Wrong(_l("Several organizations have this name. Leave it empty."))
    return found


def group(typed: str, _column: Column, known: Known) -> str:
    """The code of a priority group: 1a, Group 1a, or the code with its words."""
    said = _GROUP_CODE.match(_GROUP_WORD.sub("", typed))
    found = said.group().casefold() if said else ""
    for known_code in known.groups:
        if known_code.casefold() == found:
            return known_code
    raise Wrong(_l("This is not a group of the state's plan: %(some)s.", some=", ".join(known.groups) or "–"))


def location(typed: str, _column: Column, known: Known) -> int:
    """The location of a Provider PIN, of those that the sender may send for."""
    found: int | None = known.more.get("places", {}).get(typed.upper())
    if found is None:
        raise Wrong(_l("This is not the Provider PIN of a location that you may send people for."))
    return found


def choice(typed: str, column: Column, _known: Known) -> str:
    """One of the column's own choices, by code or by word."""
    choices = column.choices() if column.choices else {}
    said = " ".join(typed.split()).casefold()
    for one, words in choices.items():
        if said in (str(one).casefold(), str(words).casefold()):
            return str(one)
    some = "; ".join([str(words) for words in choices.values()][:10])
    raise Wrong(_l("“%(typed)s” is not one of the allowed values: %(some)s.", typed=typed[:40], some=some))


def reader_of(column: Column) -> Callable[[str, Column, Known], Any]:
    """The reader that a column names, or is."""
    return column.kind if callable(column.kind) else READERS[column.kind]


READERS: dict[str, Callable[[str, Column, Known], Any]] = {
    "text": text, "name": name, "date": date, "day": day, "code": code, "codes": codes, "state": code, "county": county,
    "phone": phone, "email": email, "zip": zip_code, "yes_no": yes_no, "employer": employer, "group": group,
    "choice": choice, "location": location,
}  # fmt: skip
FREE = {"text", "name", "email", "zip"}  # kinds whose value is still what was typed
