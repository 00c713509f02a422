"""A worker killed with -9 in the midst of an upload: the next one goes on, and everybody is entered once."""

from sqlalchemy import func, select

from app.uploads.limits import PEOPLE_AT_ONCE
from models.base import db
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.bulk_upload.sending import MANAGER, act, signed_in, upload
from tests.upload_commit.killing import finished, killed_after, stands
from tests.uploads_kit import csv_of, person

ROWS = 1_200  # several sets


def named(number):
    letters = "".join(chr(97 + int(digit)) * 2 for digit in f"{number:04d}")
    return person(First_Name="Ida", Last_Name=f"X{letters}x", Email="", Phone="9195555555", External_ID="")


def test_a_killed_worker_is_followed_by_one_that_goes_on_behind_the_cursor(app, client, database_url):
    with app.app_context():
        place = make.location(county="37183").id
        db.session.commit()
    manager = signed_in(app, client, MANAGER, location_id=place)
    where = upload(manager, csv_of(*map(named, range(ROWS)))).headers["Location"]
    key = int(where.rsplit("/", 1)[1])
    assert finished(app, database_url, key, "reviewed")
    act(manager, where, "enter")
    killed_after(app, database_url, key, 1)
    done = stands(app, key)[1]
    assert done and done % PEOPLE_AT_ONCE == 0, "a set was entered in part"
    assert finished(app, database_url, key, "committed")
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(func.count(Recipient.id))) == ROWS
        assert db.session.scalar(select(func.count(func.distinct(Recipient.last_name)))) == ROWS
