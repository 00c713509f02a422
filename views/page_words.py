"""What the templates of pages call to say days, times and codes in the reader's words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import format_date, format_time, to_user_timezone

from app.formats.words import as_day
from models.base import choices_of
from views.words import NOTHING, describe, formatter, words_of


def day(value: dt.date | str | None) -> str:
    """A day, from a date or ISO text."""
    return words_of(as_day(value))


def clock(instant: dt.datetime) -> str:
    """A UTC instant as the clock at the place shows it."""
    return format_time(instant, "short")


def moment(instant: dt.datetime) -> str:
    """A UTC instant as day and time at the place."""
    return f"{format_date(to_user_timezone(instant), 'medium')}, {clock(instant)}"


def words(row: Any, name: str) -> str:
    """A column of a row in words."""
    return formatter(describe(type(row), name))(getattr(row, name))


def nth(code: str | None) -> str:
    """The number of a dose in words."""
    return str((choices_of({"choices": "dose_numbers"}) or {}).get(code or "", code or NOTHING))


SAID = {"day": day, "clock": clock, "moment": moment, "words": words, "nth": nth}
