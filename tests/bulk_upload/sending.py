"""What the tests of the upload page share: files sent as the form does, pages read, rows counted."""

import html
import io
import re

from sqlalchemy import func, select

from models.base import db
from models.scope import acting
from tests import factories as make
from tests.signing_in import marks, sign_in
from tests.uploads_kit import csv_of, person

MANAGER = "Healthcare Location Manager"
ANN = person(First_Name="Ann", Last_Name="Lee", Email="ann@example.com", Phone="9195550101", External_ID="E-2")
BAD_PHONE = person(First_Name="Tom", Last_Name="Hill", Phone="12", Email="", External_ID="")


def signed_in(app, client, profile, **place):
    with app.app_context():
        username = make.membership(profile, **place).user.username
        db.session.commit()
    return sign_in(client, username)


def upload(browser, data, name="people.csv", **more):
    """Sends a file as the form does."""
    return browser.post("/upload/", data={**marks(browser), "file": (io.BytesIO(data), name), **more})


def reviewed(browser, *people, **more):
    """Sends a file of these people; answers where its review stands."""
    answer = upload(browser, csv_of(*people), **more)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def act(browser, where, what, **form):
    return browser.post(f"{where}/{what}", data={**marks(browser), **form}, follow_redirects=True)


def words(answer):
    """What a page reads, without tags."""
    text = re.sub(r"<(script|style).*?</\1>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def stored(app, *query):
    """Rows of the database, seen by the system."""
    with app.app_context(), acting(make.SEED):
        return db.session.execute(select(*query)).all()


def count(app, entity):
    return stored(app, func.count(entity.id))[0][0]
