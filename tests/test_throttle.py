"""Guessing passwords is slowed down by account and address, on every door, and no stranger locks another out."""

import contextlib
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from app import throttle
from models.base import db, utcnow
from models.sign_ins import sign_in_guard as table
from tests import factories as make
from tests.signing_in import marks, sign_in

STRANGER, CLINIC = "203.0.113.9", "198.51.100.7"


@pytest.fixture
def nurse(app):
    with app.app_context():
        user = make.membership("Front Desk", make.user("nurse"), location=make.location()).user
        make.membership("Front Desk", make.user("other"), location=make.location())
        key = user.id
        db.session.commit()
    return key


def attempt(client, username="nurse", password="wrong", address=STRANGER):
    form = {"username": username, "password": password, **marks(client, "/login/")}
    return client.post("/login/", data=form, environ_base={"REMOTE_ADDR": address})


def by_api(client, username="nurse", password="wrong", address=STRANGER):
    asked = {"username": username, "password": password, "provider": "db"}
    return client.post("/api/v1/security/login", json=asked, environ_base={"REMOTE_ADDR": address})


class Clock:
    """The time as the throttle reads it: it stands, unless a test lets it pass."""

    def __init__(self):
        self.now = utcnow()

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    stands = Clock()
    monkeypatch.setattr(throttle, "utcnow", stands)
    return stands


def test_form_and_api_count_together_and_answer_alike_for_an_unknown_name(client, nurse, clock):
    for username in ("nurse", "nobody-here"):
        answers = [attempt(client, username).status_code for _ in range(3)]
        answers += [by_api(client, username).status_code for _ in range(2)]
        assert answers == [302, 302, 302, 401, 401], username
        slow = attempt(client, username), by_api(client, username)
        assert [answer.status_code for answer in slow] == [429, 429], username
        assert int(slow[0].headers["Retry-After"]) >= 1 and int(slow[1].headers["Retry-After"]) >= 1
        assert "Please wait" in slow[0].get_data(as_text=True) and "Please wait" in slow[1].json["message"]
    right = attempt(client, "nurse", make.PASSWORD)
    assert right.status_code == 429  # even the right password waits: whether it is right is not told
    clock.passes(60)
    assert attempt(client, "nurse", make.PASSWORD).status_code == 302
    assert client.get("/start/").status_code == 200


def test_the_email_and_the_username_of_an_account_count_together(client, nurse):
    for username in ("nurse", "NURSE", " nurse ", "nurse@example.org", "Nurse@Example.org"):
        assert attempt(client, username).status_code == 302
    assert attempt(client, "nurse").status_code == 429


def test_each_further_failure_waits_longer_up_to_a_limit(app):
    waits = [throttle.BOTH.wait(n).total_seconds() for n in range(30)]
    assert waits[:5] == [0] * 5 and waits == sorted(waits) and waits[6] == 2 * waits[5] and waits[-1] == 900
    longest = throttle.ACCOUNT.wait(10**9).total_seconds()
    assert longest <= 60, "what strangers do must not keep a person out for long"


def test_a_stranger_cannot_lock_out_who_signed_in_here_before(app, client, nurse):
    assert attempt(client, "nurse", make.PASSWORD, CLINIC).status_code == 302
    others = app.test_client()
    with app.app_context():  # from a hundred addresses, as fast as the network goes
        for n in range(100):
            try:
                throttle.enter(f"user:{nurse}", f"192.0.2.{n}")
            except throttle.TooMany:
                continue
    assert attempt(others, "nurse", make.PASSWORD, STRANGER).status_code == 429
    assert attempt(others, "nurse", make.PASSWORD, CLINIC).status_code == 302
    assert others.get("/start/").status_code == 200


def test_nobody_locks_out_a_browser_in_which_the_account_has_signed_in(app, client, nurse, clock):
    """Somebody takes every attempt that the account has, at any address, the owner's among them."""
    assert attempt(client, "nurse", make.PASSWORD, CLINIC).status_code == 302
    client.post("/logout/", data=marks(client))
    cookie = client.get_cookie(app.config["DEVICE_COOKIE_NAME"])
    assert (cookie.http_only, cookie.same_site, cookie.path, len(cookie.value)) == (True, "Lax", "/", 43)
    home, stranger, colleague = "192.0.2.77", app.test_client(), app.test_client()
    assert attempt(colleague, "other", make.PASSWORD, home).status_code == 302  # a browser that knows another account
    colleague.post("/logout/", data=marks(colleague))
    stranger.set_cookie(app.config["DEVICE_COOKIE_NAME"], "A" * 43)
    for _ in range(3):
        with app.app_context():
            for address in (*(f"198.51.100.{n}" for n in range(20)), home):
                for _time in range(throttle.BOTH.free):
                    with contextlib.suppress(throttle.TooMany):
                        throttle.enter(f"user:{nurse}", address)
        for browser in (stranger, colleague):
            assert attempt(browser, "nurse", make.PASSWORD, home).status_code == 429
        assert attempt(client, "nurse", "mistyped", home).status_code == 302
        assert attempt(client, "nurse", make.PASSWORD, home).status_code == 302
        assert client.get("/start/").status_code == 200
        client.post("/logout/", data=marks(client))
        clock.passes(throttle.ACCOUNT.longest)
    for _ in range(throttle.BOTH_KNOWN.free):
        assert attempt(client, "nurse", address=home).status_code == 302
    assert attempt(client, "nurse", make.PASSWORD, home).status_code == 429  # it guesses no more than another


def test_a_colleague_at_the_same_address_keeps_nobody_out_for_long(app, nurse, clock):
    with app.app_context():
        throttle.succeeded(f"user:{nurse}", CLINIC)
        waits = []
        for _ in range(40):
            try:
                throttle.enter(f"user:{nurse}", CLINIC)
            except throttle.TooMany as many:
                waits.append(many.seconds)
                clock.passes(many.seconds)
        assert waits and max(waits) <= 61


def test_one_address_cannot_try_one_password_on_everybody(app, client, nurse):
    free = throttle.ADDRESS.free
    with app.app_context():
        for n in range(free):
            throttle.enter(f"name:person{n}", STRANGER)
    assert attempt(client, "other").status_code == 429
    assert attempt(client, "other", make.PASSWORD, CLINIC).status_code == 302


def test_many_guesses_at_once_are_all_counted(app, nurse):
    def guess(_n):
        with app.app_context():
            try:
                throttle.enter(f"user:{nurse}", STRANGER)
            except throttle.TooMany:
                return 0
            return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(24))) == throttle.BOTH.free


def test_what_was_typed_is_not_kept_and_old_rows_go(app, client, nurse):
    attempt(client, "a password typed into the wrong box")
    with app.app_context():
        kept = repr(db.session.connection().execute(select(table)).all())
        db.session.rollback()
        assert "password" not in kept and STRANGER not in kept
        past = utcnow() - throttle.KNOWN_FOR - dt.timedelta(days=1)
        db.session.connection().execute(update(table).values(last_at=past))
        db.session.commit()
        throttle.sweep()
        assert db.session.connection().execute(select(func.count()).select_from(table)).scalar() == 0


def test_a_person_who_signs_in_begins_anew(app, client, nurse):
    for _ in range(4):
        attempt(client)
    sign_in(client, "nurse")
    with app.app_context():
        throttle.enter(f"user:{nurse}", "127.0.0.1")
