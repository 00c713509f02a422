"""Whoever asks in a name that is not there has the same done as for one that is: a clock tells nothing either."""

import datetime as dt
import re

import pytest
from sqlalchemy import event, func, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from app import authentication
from app.jobs import housekeeping
from app.rules import notices, own_passwords
from models.base import db, utcnow
from models.links import Link
from models.notices import Notice
from models.scope import acting
from tests import factories as make
from tests import post_office
from tests.signing_in import marks

MARKS = re.compile(r'value="[^"]*"|nonce="[^"]*"')
KNOWN, MAIL, SHUT, CHILD, NOBODY = "nurse", "nurse@example.org", "shut", "p-child", "nobody-of-this-name"


@pytest.fixture
def people(app):
    """An account, one that is shut, a recipient's that has no address of its own, and a recipient with an address."""
    with app.app_context():
        make.membership("Front Desk", make.user(KNOWN), location=make.location())
        make.user(SHUT).active = False
        child = make.recipient(email="family@example.org")
        make.membership("Recipient", make.user(CHILD, email=f"{CHILD}{notices.NO_ADDRESS}"), recipient=child)
        db.session.commit()


class Work:
    """What the database is asked in a block, statement by statement, and which passwords are hashed at what cost."""

    def __init__(self, app, monkeypatch):
        with app.app_context():
            self.engine = db.engine
        self.done: list[str] = []
        monkeypatch.setattr(authentication, "check_password_hash", self._hash)

    def _hash(self, hashed, password):
        self.done.append(f"hash {hashed.split('$')[0]}")
        return check_password_hash(hashed, password)

    def _sent(self, _connection, _cursor, statement, _values, _context, many):
        self.done.append(f"{statement} many={many}")

    def __enter__(self):
        self.done.clear()
        event.listen(self.engine, "before_cursor_execute", self._sent)
        event.listen(self.engine, "commit", self._ended)
        return self

    def _ended(self, _connection):
        self.done.append("commit")

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self._sent)
        event.remove(self.engine, "commit", self._ended)


def forgotten(client, name):
    return client.post("/sign-in/forgotten", data={**marks(client, "/sign-in/forgotten"), "username": name})


def by_form(client, name):
    return client.post("/login/", data={**marks(client, "/login/"), "username": name, "password": "not the password"})


def by_api(client, name):
    return client.post("/api/v1/security/login", json={"username": name, "password": "x", "provider": "db"})


def code(client, address):
    return client.post("/sign-in/code", data={**marks(client, "/sign-in/code"), "email": address})


def wrong_code(client, address):
    code(client, address)
    return client.post("/sign-in/code/type", data={**marks(client, "/sign-in/code/type"), "code": "00000000"})


NAMES = (KNOWN, MAIL, SHUT, CHILD, NOBODY, "other@example.org")
ADDRESSES = ("family@example.org", "Nobody@example.org")


@pytest.mark.parametrize(
    ("door", "names"),
    [(by_form, NAMES), (by_api, NAMES), (forgotten, NAMES), (code, ADDRESSES), (wrong_code, ADDRESSES)],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_every_door_does_the_same_for_names_that_are_there_and_that_are_not(app, people, monkeypatch, door, names):
    """Asked twice: the second time there is something of the first."""
    made, fake = generate_password_hash("x"), app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
    assert made.split("$")[0] == fake.split("$")[0]
    monkeypatch.setitem(app.config, "AUTH_DB_FAKE_PASSWORD_HASH_CHECK", make.hashed())
    work, answers, did = Work(app, monkeypatch), set(), {}
    for name in names:
        client = app.test_client()
        for time in ("first", "second"):
            with work:
                answer = door(client, name)
            answers.add((answer.status_code, answer.headers.get("Location"), MARKS.sub("", answer.text)))
            did[name, time] = list(work.done)
    for time in ("first", "second"):
        least = did[names[-1], time]
        assert "commit" in least and len(least) > 3
        for name in names:
            assert did[name, time] == least, (name, time)
    assert len(answers) == 1


def test_what_is_queued_for_nobody_is_sent_to_nobody_and_taken_out(app, client, people, office):
    for name in (NOBODY, SHUT, CHILD, KNOWN):
        forgotten(client, name)
    for address in ADDRESSES:
        code(client, address)
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 6
        assert not db.session.scalars(select(Link).where(Link.subject.contains(NOBODY))).all()
    post_office.deliver(app)
    assert sorted(str(mail["To"]) for mail in office.taken) == ["family@example.org", "family@example.org", MAIL]
    with app.app_context(), acting(make.SEED):
        assert set(db.session.scalars(select(Notice.status))) == {"sent"}
        assert not db.session.scalars(select(Notice).where(Notice.to_address.endswith(notices.NO_ADDRESS))).all()
        of_nobody = select(func.count()).select_from(Link).where(Link.subject.startswith(own_passwords.NOBODY))
        assert db.session.scalar(of_nobody) == 2
        db.session.execute(update(Link).values(created_at=utcnow() - dt.timedelta(days=2)))
        db.session.commit()
        housekeeping.sweep_sessions()
        db.session.commit()
        assert db.session.scalar(of_nobody) == 0 and db.session.scalar(select(func.count()).select_from(Link)) == 4
