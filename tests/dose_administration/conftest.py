"""A clinic, somebody to vaccinate, and the nurse at her browser."""

import datetime as dt

import pytest

from models.base import db
from models.enrollment import Location
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser, open_clinic

BORN = dt.date(1961, 3, 9)


@pytest.fixture
def clinic(app):
    """A clinic, and a person whom only the other place knows."""
    found = open_clinic(app)
    with app.app_context(), acting(make.SEED):
        there = db.session.get(Location, found.there)
        person = make.recipient(there, first_name="Zoë", last_name="Lee", birth_date=BORN, email="zoe@example.org")
        found.person, found.key = person.public_id, person.id
        db.session.commit()
    found.page = f"/dose/person/{found.person}"
    found.record = f"{found.page}/record"
    return found


@pytest.fixture
def nurse(app, clinic):
    return Browser(app, "nurse")


@pytest.fixture
def checked_in(nurse, clinic):
    """The person is checked in at the first place."""
    page = nurse.send(clinic.page, f"{clinic.page}/check-in")
    assert "Record a dose" in page.text
    return page
