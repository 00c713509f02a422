"""Dates and phone numbers as a person reads them."""

import datetime as dt

import pytest

from app.formats import words


@pytest.mark.parametrize(
    ("language", "digits", "letters"),
    [
        ("en", "03/04/2021", "March 4, 2021"),
        ("es", "04/03/2021", "4 de marzo de 2021"),
        ("other", "03/04/2021", "March 4, 2021"),
    ],
)
def test_a_day_is_written_as_its_readers_write_it(language: str, digits: str, letters: str) -> None:
    for day in (dt.date(2021, 3, 4), dt.datetime(2021, 3, 4, 23, 59), "2021-03-04", "2021-03-04T23:59:00"):
        assert words.day_in_digits(day, language) == digits
        assert words.day_in_letters(day, language) == letters


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_day_is_a_dash(nothing: str | None) -> None:
    assert words.day_in_digits(nothing, "en") == words.day_in_letters(nothing, "es") == words.DASH


def test_text_that_is_no_day_is_refused() -> None:
    with pytest.raises(ValueError):
        words.day_in_digits("March 4", "en")


def test_ten_digits_are_a_phone_number_and_all_else_stays() -> None:
    assert words.phone("9195555555") == "919-555-5555"
    assert [words.phone(text) for text in ("919555", "٩١٩٥٥٥٥٥٥٥", "", None)] == ["919555", "٩١٩٥٥٥٥٥٥٥", "", ""]
