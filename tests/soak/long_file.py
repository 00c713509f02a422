"""A file of 5,000 people who are nobody yet, sent to the page; and whether all of them are there, once."""

from sqlalchemy import func, select

from models.base import db
from models.notices import Notice
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import MANAGER, signed_in, upload
from tests.uploads_kit import csv_of, person

ROWS = 5_000


def named(number):
    """A person whose name no other has."""
    letters = "".join(chr(97 + int(digit)) * 2 for digit in f"{number:04d}")
    return person(First_Name="Ida", Last_Name=f"X{letters}x", Email=f"p{number}@example.com", Phone="", External_ID="")


def sent(app, client):
    """Sends the file; answers the sender's browser, where the upload stands, and its key."""
    with app.app_context():
        place = make.location(county="37183").id
        db.session.commit()
    manager = signed_in(app, client, MANAGER, location_id=place)
    answer = upload(manager, csv_of(*map(named, range(ROWS))))
    answer.request.environ["wsgi.input"].close()  # the test client keeps a large form in a file and leaves it open
    where = answer.headers["Location"]
    return manager, where, int(where.rsplit("/", 1)[1])


def assert_all_are_there_once(app):
    """Nobody lost, nobody doubled, everybody linked to the place and welcomed once."""
    with app.app_context(), acting(make.SEED):
        for entity in (Recipient.id, RecipientLink.id):
            assert db.session.scalar(select(func.count(entity))) == ROWS
        assert db.session.scalar(select(func.count(func.distinct(Recipient.last_name)))) == ROWS
        welcomes = select(func.count(Notice.id)).where(Notice.kind == "welcome")
        assert db.session.scalar(welcomes) == ROWS
        assert db.session.scalar(select(Upload.rows_new)) == ROWS
