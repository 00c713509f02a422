"""The demo data is the same each time but for its dates, which go back from any day it is loaded on."""

import datetime as dt

import pytest
from sqlalchemy import select

from app import demo
from app.rules import ledger_check
from app.rules.clock import today_at
from models.base import db
from models.doses import Dose, Visit
from models.recipients import Recipient
from models.scope import Reach, acting

MONDAY = 0
SUNDAY = 6


def day_before(weekday):
    """The last day before today that is this day of the week."""
    today = today_at(None)
    return today - dt.timedelta(days=(today.weekday() - weekday) % 7 or 7)


def loaded(today):
    """What the demo says when loaded on a day: people, and who got which lot; nothing of it stays."""
    with acting(Reach.system("test")):
        demo.load(today)
        people = db.session.execute(select(Recipient.public_id, Recipient.first_name, Recipient.last_name)).all()
        doses = db.session.scalars(select(Dose)).all()
        given = sorted((dose.recipient.public_id, dose.given_on, dose.lot.number, dose.key) for dose in doses)
        ledger = ledger_check.check_ledger()
        db.session.rollback()
    return sorted(people), given, ledger


def test_two_loads_on_a_day_are_the_same(app):
    with app.app_context():
        today = day_before(MONDAY)
        assert loaded(today) == loaded(today)


@pytest.mark.parametrize("weekday", [SUNDAY, 2])
def test_on_any_day_of_the_week_the_story_is_whole(app, weekday):
    with app.app_context():
        today = day_before(weekday)
        _people, given, ledger = loaded(today)
        assert len(given) == 250 and ledger["broken"] == []
        days = [day for _, day, _, _ in given if day.year > 2021]
        assert max(days) == today and min(days) >= today - dt.timedelta(days=76)
        assert weekday == SUNDAY or all(day.weekday() != SUNDAY for day in days)


def test_nothing_of_the_load_stays_unless_it_is_committed(app):
    with app.app_context(), acting(Reach.system("test")):
        demo.load()
        db.session.rollback()
        assert not demo.is_loaded()
        assert db.session.scalars(select(Visit)).first() is None
