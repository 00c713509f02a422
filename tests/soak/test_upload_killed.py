"""A worker killed with -9 at ten points of a file of 5,000: taken up again, nobody lost, nobody entered twice."""

import random

import pytest
from sqlalchemy import func, select

from models.base import db
from models.notices import Notice
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import MANAGER, act, signed_in, upload
from tests.upload_commit.killing import finished, killed_after
from tests.uploads_kit import csv_of, person

ROWS = 5_000

pytestmark = pytest.mark.soak


def named(number):
    letters = "".join(chr(97 + int(digit)) * 2 for digit in f"{number:04d}")
    return person(First_Name="Ida", Last_Name=f"X{letters}x", Email=f"p{number}@example.com", Phone="", External_ID="")


def test_a_worker_killed_ten_times_loses_nobody_and_enters_nobody_twice(app, client, database_url):
    with app.app_context():
        place = make.location(county="37183").id
        db.session.commit()
    manager = signed_in(app, client, MANAGER, location_id=place)
    answer = upload(manager, csv_of(*map(named, range(ROWS))))
    answer.request.environ["wsgi.input"].close()  # the test client keeps a large form in a file and leaves it open
    where = answer.headers["Location"]
    key, chance = int(where.rsplit("/", 1)[1]), random.Random(1)
    killed = sum(killed_after(app, database_url, key, chance.randrange(1, 1_500)) for _ in range(4))
    assert finished(app, database_url, key, "reviewed")
    act(manager, where, "enter")
    killed += sum(killed_after(app, database_url, key, chance.randrange(1, 1_200)) for _ in range(6))
    assert finished(app, database_url, key, "committed")
    assert killed >= 4, "hardly anybody was killed while at work"
    with app.app_context(), acting(make.SEED):
        for entity in (Recipient.id, RecipientLink.id):
            assert db.session.scalar(select(func.count(entity))) == ROWS
        assert db.session.scalar(select(func.count(func.distinct(Recipient.last_name)))) == ROWS
        welcomes = select(func.count(Notice.id)).where(Notice.kind == "welcome")
        assert db.session.scalar(welcomes) == ROWS
        assert db.session.scalar(select(Upload.rows_new)) == ROWS
