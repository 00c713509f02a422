"""What a chunk of made-up people needs: the sites they go to, and the values of each of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import select

from app import reference
from app.demo import persons, supply
from app.demo.names import AREA_CODES, TOWNS
from app.rules import catalog
from models.base import db
from models.enrollment import Location, Organization
from models.people import Membership
from models.recipients import search_key
from models.stock import Lot, Vaccine

MOST_SITES = 100
LONGEST_BACK = 300
INSTANT = "%Y-%m-%d %H:%M:%S.%f"  # as SQLite keeps an instant; PostgreSQL reads it too
POOL = 1_000  # names and addresses drawn for a chunk
GROWN = ((14, 11), (18, 22), (25, 20), (40, 20), (50, 15), (65, 15), (75, 23))  # youngest age, and years more at most


@dataclass(frozen=True)
class Site:
    """A location with the lot that its people get, and who gives it."""

    location_id: int
    county: str
    lot_id: int
    vaccine_id: int
    route: str
    vaccinator_id: int | None


def days_back(today: dt.date) -> int:
    """How long ago the first of these doses was given: not before the product was authorized, where that can be."""
    authorized = dt.date.fromisoformat(
        next(row["authorized_on"] for row in reference.rows("vaccines") if row["short_name"] == supply.COMIRNATY)
    )
    return max(75, min(LONGEST_BACK, (today - authorized).days))


def sites(wanted: int, today: dt.date) -> list[Site]:
    """The locations that give vaccine, with as many made up as are wanted besides; each with its lot."""
    query = select(Location).where(Location.status == "approved").order_by(Location.id)
    known = list(db.session.scalars(query))
    known += _more_locations(len(known), min(wanted, MOST_SITES))
    vaccine = catalog.vaccines()[supply.COMIRNATY]
    return [_site(location, vaccine, today) for location in known]


def _more_locations(here: int, wanted: int) -> list[Location]:
    if here >= wanted:
        return []
    owner = db.session.scalars(select(Organization).where(Organization.number == "ORG-SYN")).first()
    owner = owner or Organization(number="ORG-SYN", name="Synthetic Health Network", kind="provider")
    counties = list(TOWNS)
    made = []
    for number in range(here, wanted):
        county = counties[number % len(counties)]
        city, zip_code = TOWNS[county][0]
        made.append(Location(
            organization=owner, number=f"LOC-SYN{number:04}", name=f"{city} Vaccination Site {number}", city=city,
            state="NC", zip_code=zip_code, county=county, provider_type="19",
        ))  # fmt: skip
    db.session.add_all(made)
    db.session.flush()
    return made


def _site(location: Location, vaccine: Vaccine, today: dt.date) -> Site:
    number = f"SYN{location.id:05}"
    lot = db.session.scalars(select(Lot).where(Lot.number == number, Lot.vaccine_id == vaccine.id)).first()
    if lot is None:
        lot = Lot(vaccine=vaccine, number=number, expires_on=today + dt.timedelta(days=180))
        db.session.add(lot)
        db.session.flush()
    vaccinator = db.session.scalars(
        select(Membership.user_id)
        .where(Membership.location_id == location.id, Membership.profile == "Healthcare Provider")
        .order_by(Membership.id)
    ).first()
    county = location.county if location.county in TOWNS else "37183"
    return Site(location.id, county, lot.id, vaccine.id, vaccine.route or "C28161", vaccinator)


class Crowd:
    """Rows of people for one site: names and addresses from a pool drawn for it, the rest each one's own."""

    COLUMNS = (
        "first_name", "middle_name", "last_name", "suffix", "sex", "races", "ethnicity", "language",
        "street", "street2", "city", "zip_code", "first_key", "last_key",
        "public_id", "birth_date", "phone", "email", "works_in_nc", "industry",
        "row_version", "created_at", "registration", "registered_at",
        "state", "county", "lives_in_nc", "priority_group",
    )  # fmt: skip
    NAME, HOME = COLUMNS[:8], COLUMNS[8:12]

    def __init__(self, rng: Random, county: str, today: dt.date, stamp: dt.datetime):
        self.rng, self.today = rng, today
        self.area = AREA_CODES[county]
        now = stamp.strftime(INSTANT)
        self.alike = (1, now, "registered", now, "NC", county, True, "5")
        self.names = [self._name(persons.named(rng)) for _ in range(POOL)]
        self.homes = [tuple(persons.at_home(rng, county)[name] for name in self.HOME) for _ in range(POOL)]

    def _name(self, values: dict[str, Any]) -> tuple[tuple[Any, ...], tuple[str, str], str]:
        first, last = values["first_name"], values["last_name"]
        keys = (search_key(first)[:80], search_key(last)[:80])  # what check() sets on an entity
        return tuple(values[name] for name in self.NAME), keys, persons.mailbox(first, last)

    def row(self, number: int) -> tuple[Any, ...]:
        """The columns of one person, in the order of COLUMNS."""
        random = self.rng.random
        name, keys, mailbox = self.names[int(random() * POOL)]
        youngest, span = GROWN[int(random() * len(GROWN))]
        born = self.today - dt.timedelta(days=int((youngest + span * random()) * 365.25))
        return (
            *name, *self.homes[int(random() * POOL)], *keys,
            persons.public_id(self.rng), born.isoformat(), f"{self.area}{2_000_000 + number * 7 % 8_000_000}",
            mailbox.replace("@", f"{number}@"), number % 3 != 0, persons.INDUSTRIES[number % len(persons.INDUSTRIES)],
            *self.alike,
        )  # fmt: skip
