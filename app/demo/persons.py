"""Made-up people: the values of one person at a time, the same for the same seed. Nobody real is meant."""

from __future__ import annotations

import datetime as dt
import unicodedata
from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Any

from app.demo.names import AREA_CODES, INDUSTRIES, KINDS_OF_STREET, NAMINGS, STREETS, TOWNS, Naming
from models.recipients import ALPHABET

_SHARES = tuple(accumulate(naming.share for naming in NAMINGS))
# Spans of age in years, one person in ten each: the old are called first.
AGES = ((0.8, 5), (5, 12), (12, 25), (25, 40), (30, 45), (40, 55), (50, 65), (65, 75), (65, 85), (75, 98))
WORKING = ((18, 45), (30, 66))
_MIDDLES = ("Lee", "Ann", "Marie", "James", "Ray", "Lynn", "Grace", "Elena")
_SUFFIXES = ("Jr", "Sr", "II", "III")


def naming(rng: Random) -> Naming:
    """A habit of naming, as often as it has a share."""
    return NAMINGS[bisect(_SHARES, rng.random() * _SHARES[-1])]


def birth_date(rng: Random, today: dt.date, ages: tuple[tuple[float, float], ...] = AGES) -> dt.date:
    """A day of birth, in one of the age spans with the same chance each."""
    youngest, oldest = rng.choice(ages)
    return today - dt.timedelta(days=int(rng.uniform(youngest, oldest) * 365.25))


def named(rng: Random) -> dict[str, Any]:
    """First, middle and last name, suffix, sex, and what goes with the name."""
    habit = naming(rng)
    sex = "F" if rng.random() < 0.52 else "M"
    return {
        "first_name": rng.choice(habit.female if sex == "F" else habit.male),
        "middle_name": rng.choice(_MIDDLES) if rng.random() < 0.2 and habit.language == "en" else None,
        "last_name": rng.choice(habit.last),
        "suffix": rng.choice(_SUFFIXES) if sex == "M" and rng.random() < 0.04 else None,
        "sex": "U" if rng.random() < 0.01 else sex,
        "races": ";".join(habit.races),
        "ethnicity": "UNK" if rng.random() < 0.05 else habit.ethnicity,
        "language": habit.language if rng.random() < 0.7 else "en",
    }


def at_home(rng: Random, county: str) -> dict[str, Any]:
    """An address in the county."""
    city, zip_code = rng.choice(TOWNS[county])
    street = rng.choice(STREETS).replace("-", " ")
    return {
        "street": f"{rng.randrange(1, 4000)} {street} {rng.choice(KINDS_OF_STREET)}",
        "street2": f"Apt {rng.randrange(1, 40)}" if rng.random() < 0.12 else None,
        "city": city,
        "state": "NC",
        "zip_code": zip_code,
        "county": county,
        "lives_in_nc": True,
    }


def mailbox(first_name: str, last_name: str, number: int | str = "") -> str:
    """An address that leads nowhere: .example is kept free for this."""
    plain = ".".join(filter(None, (_plain(first_name), _plain(last_name)))) or "person"
    return f"{plain}{number}@mail.example"


def _plain(name: str) -> str:
    flat = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in flat if letter.isascii() and letter.isalnum())


def public_id(rng: Random) -> str:
    """The number of a made-up person: from the seed, where a real one is from the system's randomness."""
    return "".join(rng.choices(ALPHABET, k=12))


def someone(rng: Random, number: int, county: str, today: dt.date, **more: Any) -> dict[str, Any]:
    """The values of a Recipient; `more` replaces some. `number` makes phone and mailbox their own."""
    values = {**named(rng), **at_home(rng, county)}
    values["birth_date"] = birth_date(rng, today)
    values |= {
        "public_id": public_id(rng),
        "phone": f"{AREA_CODES[county]}555{number % 10_000:04}" if rng.random() < 0.9 else None,
        "email": mailbox(values["first_name"], values["last_name"], number) if rng.random() < 0.75 else None,
        "works_in_nc": rng.random() < 0.6,
    }
    values |= more
    grown = (today - values["birth_date"]).days >= 18 * 365.25
    values.setdefault("industry", rng.choice(INDUSTRIES) if grown else "other")
    return values
