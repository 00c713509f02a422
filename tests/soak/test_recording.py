"""Sixteen vaccinators record two thousand doses over HTTP from a stock that is too small: none lost, none too many."""

import uuid
from collections import Counter

import pytest
from sqlalchemy import func, select

from app.rules import ledger_check, visits
from models.base import db
from models.doses import Dose
from models.enrollment import Location
from models.notices import Notice
from models.people import PortalUser
from models.scope import Reach, acting
from models.stock import InventoryItem
from tests import factories as make
from tests.clinic import Browser, open_clinic
from tests.soak.serving import THREADS, Line, at_once, served

ATTEMPTS = 2_000
ON_HAND = 500
USED_UP = "This lot is used up at this place"

pytestmark = pytest.mark.soak


def people_checked_in(app, clinic):
    """(visit, public id) of people who wait at the place."""
    with app.app_context(), acting(make.SEED):
        place = db.session.get_one(Location, clinic.here)
        nurse = db.session.scalars(select(PortalUser).where(PortalUser.username == "nurse")).one()
        by = Reach("system", user_id=nurse.id, location_id=place.id)
        found = []
        for number in range(ATTEMPTS):
            person = make.recipient(place, email=f"soak{number}@people.example")
            found.append((visits.check_in(person, by, str(uuid.uuid4())).id, person.public_id))
            if number % 100 == 99:
                db.session.commit()
                db.session.expunge_all()
                place = db.session.get_one(Location, clinic.here)
    return found


def test_sixteen_threads_recording_two_thousand_doses_agree_with_the_ledger(app):
    clinic = open_clinic(app, doses=ON_HAND)
    waiting = people_checked_in(app, clinic)
    browsers = [Browser(app, "nurse") for _ in range(THREADS)]
    home = f"/dose/person/{waiting[0][1]}"
    form = browsers[0].open(home).form(f"{home}/record")
    marks = [browser.marks() for browser in browsers]
    with served(app) as port:
        lines = [Line(port, browser.client) for browser in browsers]

        def record(number, who):
            visit, public_id = who
            said = form | marks[number] | {"visit": str(visit), "key": str(uuid.uuid4())}
            code, text = lines[number].ask(f"/dose/person/{public_id}/record", said)
            return code, USED_UP in text

        answers = Counter(at_once(record, waiting))
    assert answers == {(303, False): ON_HAND, (422, True): ATTEMPTS - ON_HAND}
    with app.app_context(), acting(make.SEED):
        assert db.session.get_one(InventoryItem, clinic.item).doses == 0
        for entity in (Dose, Notice):
            assert db.session.scalar(select(func.count()).select_from(entity)) == ON_HAND
        assert ledger_check.check_ledger()["broken"] == []
