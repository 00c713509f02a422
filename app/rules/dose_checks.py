"""What speaks against a dose now: interval, age, doubling. Warnings a vaccinator may override in words.

Sources: CDC CDSi supporting data (4-day grace; the interval counts only for doses given from
2021-10-25 on), product labels for ages.
"""

from __future__ import annotations

import datetime as dt

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models.base import RuleBroken, db
from models.doses import Dose
from models.recipients import Recipient
from models.stock import Lot, Vaccine

GRACE = dt.timedelta(days=4)
INTERVAL_COUNTS_FROM = dt.date(2021, 10, 25)


def earlier_doses(person_id: int, are_shown: bool = True) -> list[Dose]:
    """Every valid dose of a person, wherever given, oldest first; with what is told of them, if they are shown."""
    query = select(Dose).where(Dose.recipient_id == person_id, Dose.status == "given").order_by(Dose.given_on, Dose.id)
    if are_shown:
        query = query.options(joinedload(Dose.vaccine), joinedload(Dose.lot), joinedload(Dose.location))
    return list(db.session.scalars(query.execution_options(unscoped="earlier_doses")))


def next_number(doses: list[Dose]) -> str:
    """The number of the next dose: one more than the valid doses, six at most, as CVRS counts."""
    valid = sum(1 for dose in doses if dose.dose_number != "INV")
    return str(min(valid + 1, 6))


def age_on(born: dt.date, day: dt.date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_too_young(born: dt.date, day: dt.date, vaccine: Vaccine) -> bool:
    """Whether the vaccine is for older people."""
    return vaccine.min_age_years is not None and _months(born, day) < vaccine.min_age_years * 12


def is_too_old(born: dt.date, day: dt.date, vaccine: Vaccine) -> bool:
    """Whether the vaccine is for younger people: its dose is a part of what this person needs."""
    return vaccine.below_age_years is not None and _months(born, day) >= vaccine.below_age_years * 12


def is_for_age(born: dt.date, day: dt.date, vaccine: Vaccine) -> bool:
    """Whether the vaccine is for people as old as this one is that day."""
    return not is_too_young(born, day, vaccine) and not is_too_old(born, day, vaccine)


def _months(born: dt.date, day: dt.date) -> int:
    """Completed months, since some vaccines are for infants of six months."""
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def warnings(person: Recipient, vaccine: Vaccine, given_on: dt.date, doses: list[Dose]) -> list[str]:
    """Why this dose should not be given now, in words; empty when nothing speaks against it."""
    found = _about_the_age(person.birth_date, given_on, vaccine)
    if doses:
        found += _about_the_interval(vaccine, given_on, doses[-1])
    return found


def _about_the_age(born: dt.date, given_on: dt.date, vaccine: Vaccine) -> list[str]:
    said = {"vaccine": vaccine.short_name, "age": age_on(born, given_on)}
    if is_too_young(born, given_on, vaccine):
        least = f"{float(vaccine.min_age_years):g}"
        return [
            _("%(vaccine)s is for people of %(least)s years and older; this person is %(age)s.", least=least, **said)
        ]
    if is_too_old(born, given_on, vaccine):
        below = f"{float(vaccine.below_age_years):g}"
        return [_("%(vaccine)s is for people below %(below)s years; this person is %(age)s.", below=below, **said)]
    return []


def _about_the_interval(vaccine: Vaccine, given_on: dt.date, last: Dose) -> list[str]:
    if last.given_on == given_on:
        return [_("A dose was already recorded for this person on this day.")]
    if given_on < INTERVAL_COUNTS_FROM or not vaccine.min_interval_days:
        return []
    recommended = last.given_on + dt.timedelta(days=vaccine.min_interval_days)
    if given_on >= recommended - GRACE:
        return []
    return [
        _(
            "Too early: the last dose was on %(last)s; the next may be given from %(next)s.",
            last=format_date(last.given_on),
            next=format_date(recommended - GRACE),
        )
    ]


def refuse_impossible(person: Recipient, lot: Lot, given_on: dt.date, today: dt.date) -> None:
    """Raises RuleBroken for what no reason can override."""
    if given_on > today:
        raise RuleBroken(_("The dose cannot be given in the future."), field="given_at")
    if given_on < person.birth_date:
        raise RuleBroken(_("The dose is before the person was born."), field="given_at")
    if lot.vaccine.authorized_on and given_on < lot.vaccine.authorized_on:
        raise RuleBroken(_("The vaccine was not yet authorized on that day."), field="given_at")


def refuse_recalled(lot: Lot, given_at: dt.datetime) -> None:
    """Raises RuleBroken (field "lot") for a recalled lot, but for a dose that was given before the recall.

    Such a dose must be recorded: else nobody would know whom to tell.
    """
    if lot.status == "available" or (lot.recalled_at is not None and given_at < lot.recalled_at):
        return
    raise RuleBroken(_("This lot is recalled and must not be given."), field="lot")
