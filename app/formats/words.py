"""Dates, times, phone numbers and yes/no as a person reads them."""

import datetime as dt

from babel.dates import format_date
from flask_babel import gettext as _

DASH = "—"
DIGITS = {"es": "dd/MM/yyyy"}


def as_day(value: dt.date | str | None) -> dt.date | None:
    """A calendar day from a date, an instant or ISO text; None when empty. Raises ValueError on other text."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str):
        return dt.date.fromisoformat(value[:10]) if value else None
    return value


def day_in_digits(value: dt.date | str | None, language: str) -> str:
    """01/31/2021 in English, 31/01/2021 in Spanish; a dash when unknown."""
    day = as_day(value)
    return format_date(day, DIGITS.get(language, "MM/dd/yyyy"), locale="en") if day else DASH


def day_in_letters(value: dt.date | str | None, language: str, length: str = "long") -> str:
    """January 31, 2021 or 31 de enero de 2021: the month in letters leaves no doubt; `length` as in Babel."""
    day = as_day(value)
    return format_date(day, length, locale=known(language)) if day else DASH


def known(language: str) -> str:
    """The language papers are written in: Spanish or else English."""
    return "es" if language == "es" else "en"


def phone(digits: str | None) -> str:
    """919-555-5555 for ten stored digits; anything else stays as it is."""
    if digits and len(digits) == 10 and digits.isascii() and digits.isdigit():
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return digits or ""


def yes() -> tuple[str, str]:
    """The words Yes and No."""
    return _("Yes"), _("No")


def sheet() -> str:
    """The name of the sheet of a table that has none."""
    return _("Export")
