"""Sixteen vaccinators record two thousand doses over HTTP from a stock that is too small: none lost, none too many."""

import uuid
from collections import Counter

import pytest
from sqlalchemy import func, select

from app.rules import ledger_check
from models.base import db
from models.doses import Dose
from models.notices import Notice
from models.scope import acting
from models.stock import InventoryItem
from tests import factories as make
from tests.clinic import Browser, open_clinic
from tests.soak.serving import THREADS, Line, at_once, people_checked_in, served

ATTEMPTS = 2_000
ON_HAND = 500
USED_UP = "This lot is used up at this place"

pytestmark = pytest.mark.soak


def test_sixteen_threads_recording_two_thousand_doses_agree_with_the_ledger(app):
    clinic = open_clinic(app, doses=ON_HAND)
    waiting = people_checked_in(app, clinic, ATTEMPTS)
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
