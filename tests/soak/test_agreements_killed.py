"""2,000 agreements of REDCap sent on their page, the worker killed with -9 again and again: none lost, none doubled."""

import io
import random

import pytest
from sqlalchemy import func, select

from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import db
from models.enrollment import Location, Organization
from models.scope import acting
from tests.bulk_upload.sending import act, count, signed_in, stored, words
from tests.factories import SEED
from tests.redcap_kit import agreements, exported
from tests.signing_in import marks
from tests.upload_commit.killing import finished, killed_after

MANY = 2_000
ROWS = 2 * MANY  # each with one clinic

pytestmark = pytest.mark.soak


def sent(browser, data):
    form = {**marks(browser), "file": (io.BytesIO(data), "agreements.csv")}
    answer = browser.post("/upload-redcap/", data=form)
    answer.request.environ["wsgi.input"].close()  # the test client keeps a large form in a file and leaves it open
    where = answer.headers["Location"]
    return where, int(where.rsplit("/", 1)[1])


def test_2000_agreements_survive_a_worker_killed_seven_times(app, client, database_url):
    staff = signed_in(app, client, "State Immunization Staff")
    where, key = sent(staff, exported(*agreements(MANY)))
    chance = random.Random(1)
    killed = sum(killed_after(app, database_url, key, chance.randrange(1, 1_200)) for _ in range(3))
    assert finished(app, database_url, key, "reviewed")
    assert f"{ROWS} organizations and locations will be entered" in words(staff.get(where))
    act(staff, where, "enter")
    killed += sum(killed_after(app, database_url, key, chance.randrange(1, 900)) for _ in range(4))
    under_way = staff.get(f"{where}/progress").json
    assert 0 < under_way["done"] <= under_way["expected"] == ROWS
    assert finished(app, database_url, key, "committed")
    assert killed >= 3, "hardly anybody was killed while at work"
    stand = [count(app, one) for one in (Organization, Location, Application, ApplicationEvent)]
    assert stand == [MANY] * 4 and count(app, Section) == ROWS
    assert set(stored(app, Application.origin, Application.status)) == {("redcap", "approved")}
    with app.app_context(), acting(SEED):
        newest = select(SubmittedVersion).join(SubmittedVersion.application)
        newest = newest.where(SubmittedVersion.round == Application.round)
        versions = list(db.session.scalars(newest))
        assert len(versions) == MANY and all(len(one.content["sections"]) == 2 for one in versions)
        assert db.session.scalar(select(func.count(func.distinct(SubmittedVersion.application_id)))) == MANY

    where, key = sent(staff, exported(*agreements(MANY)))
    assert finished(app, database_url, key, "reviewed")
    assert "All rows of this file are here already" in words(staff.get(where))
    assert [count(app, one) for one in (Organization, Location, Application, ApplicationEvent)] == stand
