"""Notices reach a real mail server: once, in time, in the reader's language, and none is lost."""

import datetime as dt
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import select

from app import delivery, letters, worker
from app.rules import notices
from models.base import db, utcnow
from models.notices import NOTICE_KINDS, Notice
from models.scope import acting
from tests import databases, factories
from tests.post_office import change, deliver, free_port, opened, row, use, waiting

SAID = {"given_on": "2021-01-21", "place": "Harbor Clinic", "vaccine": "Pfizer", "dose_number": "1",
        "profile": "Front Desk", "username": "ana.lee"}  # fmt: skip
SAID |= {"status": "closed", "on": "2021-02-01", "records_until": "2021-03-03", "reason": "moved"}
SAID |= {"lapses_on": "2021-04-01", "count": 2, "link": "https://vaccines.example/link/x"}
LEAD_IN = {"welcome", "dose_given", "dose_voided", "access", "access_refused", "access_lapses", "team_lapses"}
FOR_STAFF = {"transfer_step", "lot_recalled"}  # of stock, not of a person: these name the product
SAID |= {"at": "2021-02-01T07:30:00", "digest": "ab" * 32, "chains": 3, "entries": 9}


def minutes_left(notice):
    return round((notice.next_try_at - utcnow()).total_seconds() / 60)


def test_a_due_notice_is_sent_under_its_own_message_id(app, office):
    (key,) = waiting(app, to_address="ana@example.org", kind="dose_given", context=SAID)
    assert deliver(app) == {"sent": 1, "later": 0, "failed": 0, "waiting": 0}
    (mail,) = office.taken
    notice = row(app, key)
    assert (mail["To"], mail["Message-ID"]) == ("ana@example.org", notice.message_id)
    assert mail["From"] == app.config["MAIL_DEFAULT_SENDER"]
    assert (notice.status, notice.attempts, notice.next_try_at) == ("sent", 1, None)
    assert notice.sent_at is not None
    assert deliver(app)["sent"] == 0
    assert len(office.taken) == 1


@pytest.mark.parametrize("language", letters.LANGUAGES)
@pytest.mark.parametrize("kind", NOTICE_KINDS)
def test_every_kind_has_a_text_in_each_language(app, kind, language):
    with app.app_context():
        subject, body = letters.words(kind, language, SAID)
    assert 10 < len(subject) < 80
    assert kind not in LEAD_IN or any(address in body for address in app.config["PORTAL_URLS"].values())
    assert app.config["HELP_DESK_EMAIL"] in body
    assert kind in FOR_STAFF or "Pfizer" not in subject + body
    assert ("Hello" in body) == (language == "en")


def test_dates_are_worded_in_the_language_of_the_reader(app, office):
    said = SAID | {"second_dose_on": "2021-02-11"}
    waiting(app, kind="dose_given", language="es", context=said)
    deliver(app)
    text = office.taken[0].get_content()
    assert "21 de enero de 2021" in text
    assert "11 de febrero de 2021" in text
    assert "no es una cita" in text
    assert "vacunación" in text
    with app.app_context():
        _, body = letters.words("dose_given", "en", said)
    assert "February 11, 2021" in body
    assert "no appointment" in body
    with app.app_context():
        _, body = letters.words("dose_given", "en", SAID)
    assert "second dose" not in body


def test_without_a_mail_server_nothing_is_sent_and_the_rows_wait(app):
    (key,) = waiting(app)
    assert deliver(app) == {"sent": 0, "later": 0, "failed": 0, "waiting": 1}
    assert row(app, key).attempts == 0


def test_no_address_no_notice(app):
    with app.app_context(), acting(factories.SEED):
        person = factories.recipient(email=None)
        assert notices.queue("welcome", person, "welcome-1", factories.SEED) is None
        assert db.session.scalars(select(Notice)).all() == []


def test_a_mail_that_fails_is_tried_later_and_later_and_then_given_up(app, office):
    (key,) = waiting(app, to_address="ana@example.org")
    office.answer_to_address = "451 ana@example.org has no room"
    waits = []
    for attempt in range(1, 6):
        assert deliver(app)["later"] == 1
        notice = row(app, key)
        assert (notice.status, notice.attempts) == ("queued", attempt)
        waits.append(minutes_left(notice))
        assert deliver(app) == {"sent": 0, "later": 0, "failed": 0, "waiting": 1}
        change(app, key, next_try_at=utcnow())
    assert waits == [1, 5, 30, 240, 1440]
    assert deliver(app)["failed"] == 1
    notice = row(app, key)
    assert (notice.status, notice.next_try_at) == ("failed", None)
    assert notice.problem == "The mail server refused the address."


def test_a_failed_mail_may_be_queued_again_and_then_goes_out(app, office):
    (key,) = waiting(app)
    change(app, key, status="failed", attempts=6, next_try_at=None, problem="x")
    with app.app_context(), acting(factories.SEED):
        notices.send_again(db.session.get_one(Notice, key), factories.SEED)
        db.session.commit()
    assert deliver(app)["sent"] == 1
    assert row(app, key).problem is None


def test_a_refused_mail_does_not_hold_up_the_others(app, office):
    bad, good = waiting(app, kind="dose_given", context={"given_on": "nonsense"}), waiting(app)
    assert deliver(app) == {"sent": 1, "later": 1, "failed": 0, "waiting": 1}
    assert row(app, bad[0]).problem == "The text of this mail could not be made."
    assert row(app, good[0]).status == "sent"


def test_a_mail_server_that_is_away_costs_one_mail_an_attempt(app, monkeypatch):
    use(app, monkeypatch, free_port())
    keys = waiting(app, 30)
    assert deliver(app) == {"sent": 0, "later": 1, "failed": 0, "waiting": 30}
    rows = [row(app, key) for key in keys]
    assert sorted(notice.attempts for notice in rows) == [0] * 29 + [1]
    assert [notice.problem for notice in rows if notice.attempts] == [
        "The mail server could not be reached, or refused our sign-in."
    ]
    with opened() as back:
        use(app, monkeypatch, back.port)
        for key in keys:
            change(app, key, next_try_at=utcnow())
        assert deliver(app)["sent"] == 30


def test_what_is_not_due_or_leased_to_another_worker_is_left_alone(app, office):
    waiting(app, next_try_at=utcnow() + dt.timedelta(hours=1))
    waiting(app, 3)
    with app.app_context(), acting(worker.ACCOUNT):
        assert len(delivery.claim()) == 3
        assert delivery.claim() == []
    assert deliver(app)["sent"] == 0
    assert office.taken == []


def test_a_worker_whose_lease_is_nearly_over_does_not_begin_to_send(app, office, monkeypatch):
    (key,) = waiting(app)
    monkeypatch.setattr(delivery, "LEASE", delivery.NEEDED - dt.timedelta(seconds=1))
    assert deliver(app)["sent"] == 0
    assert office.taken == []
    assert row(app, key).status == "queued"


def test_the_row_that_two_workers_saw_is_won_by_one(app):
    (key,) = waiting(app)
    until = utcnow() + delivery.LEASE
    with app.app_context(), acting(worker.ACCOUNT):
        seen = db.session.get_one(Notice, key)
        assert delivery._take(seen, until)
        assert not delivery._take(seen, until)


def started(url, office, *command, **more):
    """A command of the product in a process of its own that sends to this mail server."""
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(office.port)}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *command], cwd=databases.PROJECT, text=True,
        env=databases.environment(url, databases.run_folder()) | mail | more,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_two_workers_at_once_send_each_mail_once(app, database_url, office):
    keys = waiting(app, 60)
    both = [started(database_url, office, "deliver", "--json") for _ in range(2)]
    for one in both:
        assert one.communicate(timeout=120)[1] == ""
        assert one.returncode == 0
    assert len(office.ids) == 60
    assert set(office.ids) == {row(app, key).message_id for key in keys}


def test_a_worker_killed_while_it_sends_loses_nothing(app, database_url, office):
    (key,) = waiting(app)
    office.go_on.clear()
    victim = started(database_url, office, "deliver")
    assert office.reached.wait(60)
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=30)
    office.go_on.set()
    time.sleep(0.2)
    office.taken.clear()

    notice = row(app, key)
    assert (notice.status, notice.attempts) == ("queued", 1)
    assert 3 <= minutes_left(notice) <= 5
    assert deliver(app)["sent"] == 0

    change(app, key, next_try_at=utcnow())  # the lease is over
    assert deliver(app)["sent"] == 1
    assert office.ids == [notice.message_id]
    assert row(app, key).attempts == 2


def test_the_worker_delivers_what_waits_and_ends_when_told(app, database_url, office):
    (key,) = waiting(app)
    with_log = started(database_url, office, "work")
    try:
        assert office.reached.wait(90), with_log.poll()
        until = time.monotonic() + 30
        while row(app, key).status != "sent" and time.monotonic() < until:
            time.sleep(0.1)
        with_log.send_signal(signal.SIGTERM)
        _said, log = with_log.communicate(timeout=40)
    finally:
        with_log.kill()
    assert with_log.returncode == 0, log
    assert row(app, key).status == "sent"
    assert "1 sent" in log
    assert "ana@example.org" not in log
    assert "Traceback" not in log


def test_no_password_of_a_mail_server_goes_over_an_unchecked_line(app, office, monkeypatch):
    """A server that offers no TLS where TLS is set gets no mail and no password."""
    (key,) = waiting(app)
    mail = app.extensions["mail"]
    for name, value in {"use_tls": True, "username": "console", "password": "secret"}.items():
        monkeypatch.setattr(mail, name, value)
    assert deliver(app)["later"] == 1
    assert office.taken == []
    assert row(app, key).status == "queued"
