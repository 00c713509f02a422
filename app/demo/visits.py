"""The demo's visits and doses of the last weeks, doses given elsewhere long ago, and who waits today."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sqlalchemy import select

from app.demo import supply
from app.demo.users import Teams
from app.rules import doses as dose_rules
from app.rules import stock
from app.rules.clock import to_utc, today_at
from models.base import db, utcnow
from models.doses import Dose, Visit
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import Reach
from models.stock import InventoryItem, Lot

DOSES = 250
LONGEST_AGO = 70
TODAY = 4  # people vaccinated at the first location today
WAITING = 5
# Day and lot of each dose that somebody had elsewhere: Pfizer twice, Janssen once, Moderna twice.
HISTORIES = (
    ((dt.date(2021, 3, 9), "EN6201"), (dt.date(2021, 3, 31), "ER8732")),
    ((dt.date(2021, 4, 2), "1805031"),),
    ((dt.date(2021, 2, 12), "016B21A"), (dt.date(2021, 3, 15), "016B21A")),
)


@dataclass
class Story:
    """What the makers of visits share: chance, places, people and who gives doses."""

    rng: Random
    today: dt.date
    locations: list[Location]
    people: list[list[Recipient]]
    vaccinators: Teams
    lots: dict[str, Lot]

    def key(self) -> str:
        """An idempotency key, the same for the same seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


def doses_given(story: Story) -> None:
    """Exactly DOSES doses in all: earlier ones elsewhere, then visits until the number is reached."""
    left = DOSES - _elsewhere(story)
    chosen = sorted(_as_many(story, list(_plans(story)), left), key=lambda plan: (plan[0], plan[1].id))
    counts: dict[int, int] = {}
    for person_id in db.session.scalars(select(Dose.recipient_id)):
        counts[person_id] = counts.get(person_id, 0) + 1
    for day, person, location, product in chosen:
        counts[person.id] = counts.get(person.id, 0) + 1
        _visit(story, day, person, location, product, counts[person.id])


Plan = tuple[dt.date, Recipient, Location, str]


def _as_many(story: Story, plans: list[Plan], wanted: int) -> list[Plan]:
    """Plans of people taken by chance, those who must come first; nobody's second dose without the first."""
    if len(plans) < wanted:
        raise ValueError(f"The demo's people make {len(plans)} visits; {wanted} are wanted.")
    by_person: dict[int, list[Plan]] = {}
    for plan in plans:
        by_person.setdefault(plan[1].id, []).append(plan)
    sure = [person.id for person in story.people[0][: 1 + TODAY] if person.id in by_person]
    others = [person_id for person_id in by_person if person_id not in sure]
    story.rng.shuffle(others)
    chosen: list[Plan] = []
    for person_id in sure + others:
        chosen += by_person[person_id][: wanted - len(chosen)]
    return chosen


def _plans(story: Story) -> Iterator[Plan]:
    """When each registered person comes, and what for; each one's first visit before the second."""
    for location, people in zip(story.locations, story.people, strict=True):
        for position, person in enumerate(people):
            age = (story.today - person.birth_date).days / 365.25 - 0.2  # as old as on the first of these days
            product = _product(story, location, age)
            if person.registration != "registered" or product is None:
                continue
            day = _first_day(story, location, position)
            yield day, person, location, product
            again = _opening_day(day + dt.timedelta(weeks=_weeks_between(product, age)), forward=True)
            if _comes_again(product, age) and again <= story.today:
                yield again, person, location, product


def _first_day(story: Story, location: Location, position: int) -> dt.date:
    """Long ago for the one who signs in, today for a few at the first location, else any day of the last weeks."""
    if location is story.locations[0] and position <= TODAY:
        return story.today if position else _opening_day(story.today - dt.timedelta(days=LONGEST_AGO))
    return _opening_day(story.today - dt.timedelta(days=story.rng.randrange(1, LONGEST_AGO)))


def _comes_again(product: str, age: float) -> bool:
    """A second dose is for older adults, for Novavax, and for the youngest."""
    return age >= 65 or product == supply.NUVAXOVID or (product == supply.SPIKEVAX_CHILD and age < 5)


def _weeks_between(product: str, age: float) -> int:
    """Novavax three weeks, the youngest four, older adults eight."""
    return {supply.NUVAXOVID: 3, supply.SPIKEVAX_CHILD: 4}.get(product, 8)


def _product(story: Story, location: Location, age: float) -> str | None:
    here = {lot for lot, _ in supply.RECEIVED[story.locations.index(location)]}
    products = {story.lots[number].vaccine.short_name for number in here if number != supply.RECALLED}
    if age < 0.6:
        return None
    if age < 5:
        fits = [supply.SPIKEVAX_CHILD]
    elif age < 12:
        fits = [supply.COMIRNATY_CHILD, supply.SPIKEVAX_CHILD]
    else:
        fits = [supply.COMIRNATY] * 4 + [supply.SPIKEVAX] * 3 + [supply.MNEXSPIKE, supply.NUVAXOVID]
    fits = [product for product in fits if product in products]
    return story.rng.choice(fits) if fits else None


def _opening_day(day: dt.date, forward: bool = False) -> dt.date:
    """The day itself or, on a Sunday, the Saturday before (or the Monday after)."""
    return day if day.weekday() < 6 else day + dt.timedelta(days=1 if forward else -1)


def _time_on(story: Story, day: dt.date, location: Location) -> dt.datetime:
    """A moment of the day's clinic, in UTC; today's is past."""
    at = to_utc(dt.datetime.combine(day, dt.time(9)) + dt.timedelta(minutes=story.rng.randrange(8 * 60)), location)
    if at < utcnow():
        return at
    midnight = to_utc(dt.datetime.combine(day, dt.time()), location)
    return midnight + (utcnow() - midnight) * story.rng.uniform(0.5, 0.98)


def _visit(story: Story, day: dt.date, person: Recipient, location: Location, product: str, number: int) -> None:
    """A person comes, is checked in, and gets a dose from the stock of the place."""
    rng = story.rng
    at = _time_on(story, day, location)
    user, title = rng.choice(story.vaccinators[location.id])
    lot = _lot(story, location, product, day)
    visit = Visit(key=story.key(), recipient=person, location=location, visited_on=day,
                  checked_in_at=at - dt.timedelta(minutes=rng.randrange(6, 25)), checked_in_by_id=user.id)  # fmt: skip
    visit.status = "vaccinated"
    child = product == supply.SPIKEVAX_CHILD
    dose = Dose(
        key=story.key(), recipient=person, visit=visit, location=location, vaccine=lot.vaccine, lot=lot,
        dose_number=str(min(number, 6)), body_site=rng.choice(("LT", "RT") if child else ("LD", "LD", "LD", "RD")),
        route=lot.vaccine.route, given_at=at, given_on=day, given_by=user, given_by_suffix=title,
        fact_sheet_on=lot.vaccine.fact_sheet_on, created_at=at,
    )  # fmt: skip
    db.session.add_all((visit, dose))
    stock.post(dose, Reach(kind="system", user_id=user.id, username="demo"), at=at)


def _lot(story: Story, location: Location, product: str, day: dt.date) -> Lot:
    """The lot that expires first among those fit on that day and on hand."""
    items = db.session.scalars(
        select(InventoryItem).join(Lot).where(
            InventoryItem.location_id == location.id, InventoryItem.doses > 0, Lot.expires_on >= day,
            Lot.status == "available", Lot.vaccine.has(short_name=product),
        ).order_by(Lot.expires_on)
    )  # fmt: skip
    return items.first().lot  # type: ignore[union-attr]


def _elsewhere(story: Story) -> int:
    """Doses of 2021 given elsewhere, told from the card; answers how many."""
    grown = [person for people in story.people for person in people
             if person.birth_date <= dt.date(2002, 1, 1) and person.registration == "registered"]  # fmt: skip
    others = [person for person in grown if person is not story.people[0][0]]
    count = 0
    for position, person in enumerate([story.people[0][0], *story.rng.sample(others, 14)]):
        for number, (day, lot) in enumerate(HISTORIES[position % 3], start=1):
            given = story.lots[lot]
            at = to_utc(dt.datetime.combine(day, dt.time(12)), None)
            db.session.add(Dose(
                key=story.key(), recipient=person, vaccine=given.vaccine, lot=given, dose_number=str(number),
                given_at=at, given_on=day, is_historical=True, note="From the vaccination card.",
            ))  # fmt: skip
            count += 1
    db.session.flush()
    return count


def mistakes(story: Story) -> None:
    """Two records taken back: one dose to stock again, one to waste; both people left without a dose."""
    location = story.locations[0]
    sure = [person.id for person in story.people[0][: 1 + TODAY]]
    given = db.session.scalars(
        select(Dose)
        .where(Dose.location_id == location.id, Dose.dose_number == "1", Dose.recipient_id.not_in(sure))
        .order_by(Dose.given_at.desc(), Dose.id)
    ).all()
    by = Reach(kind="system", user_id=story.vaccinators[location.id][0][0].id, username="demo")
    dose_rules.void(given[0], by, "Recorded for the wrong person.", "return")
    dose_rules.void(given[1], by, "The syringe was dropped after it was drawn up.", "waste")
    for dose in given[:2]:
        dose.visit.status = "left"  # type: ignore[union-attr]
    db.session.flush()


def waiting_today(story: Story) -> None:
    """People checked in at the first location and not vaccinated yet, so that there is somebody to begin with."""
    location, people = story.locations[0], story.people[0]
    seen = set(db.session.scalars(select(Dose.recipient_id)))
    today = today_at(location)
    midnight = to_utc(dt.datetime.combine(today, dt.time()), location)
    fresh = [person for person in people if person.id not in seen and person.registration == "registered"]
    for position, person in enumerate(fresh[:WAITING]):
        db.session.add(Visit(
            key=story.key(), recipient=person, location=location, visited_on=today,
            checked_in_at=max(midnight, utcnow() - dt.timedelta(minutes=4 + 7 * position)),
        ))  # fmt: skip
    db.session.flush()
