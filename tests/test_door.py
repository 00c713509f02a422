"""The ways in beside the password: the second factor, links that set a password, codes by mail for recipients."""

import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import func, select, update

from app import second_factor
from app.rules import accounts, links, own_passwords
from models.base import db
from models.history import History
from models.links import Link
from models.notices import Notice
from models.people import PortalUser
from models.scope import acting
from models.sign_ins import second_factor as table
from tests import factories as make
from tests import post_office
from tests.signing_in import marks, sign_in

GOOD = "violet kayak under seven bridges"
KEY = re.compile(r'<code class="c-key">([^<]+)</code>')


@pytest.fixture
def nurse(app):
    with app.app_context():
        user = make.membership("Front Desk", make.user("nurse"), location=make.location()).user
        key = user.id
        db.session.commit()
    return key


@pytest.fixture
def clock(monkeypatch):
    """The time as the second factor reads it: each step of thirty seconds is taken on purpose."""
    from models.base import utcnow

    stands = {"now": utcnow()}
    monkeypatch.setattr(second_factor, "utcnow", lambda: stands["now"])
    return stands


def next_code(clock, secret):
    """The code of a step that was not used yet."""
    import datetime as dt

    clock["now"] += dt.timedelta(seconds=60)
    return pyotp.TOTP(secret).at(clock["now"].replace(tzinfo=dt.UTC))


def post(client, path, **form):
    return client.post(path, data={**marks(client, path), **form})


def first_step(client, username="nurse", password=make.PASSWORD):
    return post(client, "/login/", username=username, password=password)


def enrolled(client, clock):
    """Sets the second factor up in a browser that is signed in; answers the secret and the recovery codes."""
    secret = KEY.search(client.get("/account/second-factor").get_data(as_text=True))[1].replace(" ", "")
    done = post(client, "/account/second-factor", code=next_code(clock, secret)).get_data(as_text=True)
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code></li>", done)
    assert len(codes) == second_factor.CODES
    return secret, codes


def test_the_second_factor_stands_between_password_and_session(app, client, nurse, clock):
    secret, _codes = enrolled(sign_in(client, "nurse"), clock)
    other = app.test_client()
    answer = first_step(other)
    assert answer.headers["Location"].endswith("/sign-in/second-factor")
    assert other.get("/start/").status_code == 302  # the password alone opens nothing
    assert post(other, "/sign-in/second-factor", code="000000").status_code == 422
    code = next_code(clock, secret)
    assert post(other, "/sign-in/second-factor", code=code).status_code == 302
    assert other.get("/start/").status_code == 200
    third = app.test_client()
    first_step(third)
    assert post(third, "/sign-in/second-factor", code=code).status_code == 422, "a code was taken twice"
    assert third.get("/start/").status_code == 302


def test_a_code_that_two_send_together_is_taken_once(app, client, nurse, clock):
    secret, codes = enrolled(sign_in(client, "nurse"), clock)

    def send(code):
        with app.app_context():
            taken = second_factor.accepts(nurse, code)
            db.session.commit()
        return taken

    for code in (next_code(clock, secret), codes[0]):
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(send, [code] * 6)) == 1


def test_a_recovery_code_signs_in_once(app, client, nurse, clock):
    _secret, codes = enrolled(sign_in(client, "nurse"), clock)
    for expected in (302, 422):
        other = app.test_client()
        first_step(other)
        answer = post(other, "/sign-in/second-factor", code=codes[3].upper().replace("-", " "))
        assert answer.status_code == expected


def test_codes_are_not_tried_without_end_and_half_a_sign_in_lapses(app, client, nurse, clock):
    secret, _codes = enrolled(sign_in(client, "nurse"), clock)
    other = app.test_client()
    first_step(other)
    answers = [post(other, "/sign-in/second-factor", code=f"{n:06}").status_code for n in range(6)]
    assert answers == [422] * 5 + [429]
    assert post(other, "/sign-in/second-factor", code=next_code(clock, secret)).status_code == 429
    with other.session_transaction() as held:
        held["half_way"] = {**held["half_way"], "at": "2021-01-01T00:00:00"}
    assert other.get("/sign-in/second-factor").headers["Location"].endswith("/login/")


def test_the_api_asks_for_the_second_factor_too(app, client, nurse, clock):
    secret, _codes = enrolled(sign_in(client, "nurse"), clock)
    asked = {"username": "nurse", "password": make.PASSWORD, "provider": "db"}
    call = app.test_client()
    assert call.post("/api/v1/security/login", json=asked).status_code == 401
    assert call.post("/api/v1/security/login", json={**asked, "code": "123"}).status_code == 401
    answer = call.post("/api/v1/security/login", json={**asked, "code": next_code(clock, secret)})
    assert answer.status_code == 200 and answer.json["access_token"]


def test_the_secret_is_encrypted_and_in_no_history(app, client, nurse, clock):
    secret, codes = enrolled(sign_in(client, "nurse"), clock)
    with app.app_context(), acting(make.SEED):
        row = db.session.execute(select(table)).one()
        said = repr(db.session.scalars(select(History.changed)).all())
    assert secret not in row.secret and "second factor on" in said
    for one in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert one not in said and one not in repr(row)


def test_whose_profile_needs_a_second_factor_sees_nothing_before(app, client, nurse, clock, monkeypatch):
    monkeypatch.setitem(app.config, "SECOND_FACTOR_REQUIRED", True)
    first_step(client)
    for path in ("/start/", "/recipient/list/", "/account/", "/find/", "/api/v1/visit/"):
        assert client.get(path).headers["Location"].endswith("/account/second-factor"), path
    asked = {"username": "nurse", "password": make.PASSWORD, "provider": "db"}
    assert app.test_client().post("/api/v1/security/login", json=asked).status_code == 401
    enrolled(client, clock)
    assert client.get("/start/").status_code == 200
    with app.app_context():
        person = make.recipient()
        make.membership("Recipient", make.user("ana"), recipient=person)
        db.session.commit()
    assert sign_in(app.test_client(), "ana").get("/start/").status_code == 200  # not of recipients


def test_turning_it_off_asks_for_the_password(app, client, nurse, clock):
    enrolled(sign_in(client, "nurse"), clock)
    assert post(client, "/account/second-factor/off", current="wrong").status_code == 422
    assert post(client, "/account/second-factor/off", current=make.PASSWORD).status_code == 302
    assert first_step(app.test_client()).headers["Location"] == "/"


# -- links that set a password -----------------------------------------------------------------------------------


def mailed(app, office, kind):
    """What stands after the last link or code in the last mail."""
    post_office.deliver(app)
    text = office.taken[-1].get_content()
    found = re.search(r"/link/\S+" if kind == "link" else r"^\s+(\d{8})\s*$", text, re.M)
    return found[0] if kind == "link" else found[1]


def test_a_new_person_chooses_a_password_by_the_link_once(app, client, office):
    with app.app_context(), acting(make.SEED):
        user = make.user("new.nurse", password=None)
        membership = make.membership("Front Desk", user, location=make.location())
        accounts.tell(membership, make.SEED)
        db.session.commit()
    link = mailed(app, office, "link")
    first = post(client, link)
    assert first.headers["Location"] == "/sign-in/password"
    page = client.get("/sign-in/password").get_data(as_text=True)
    assert "new.nurse" in page and link not in page
    assert post(client, "/sign-in/password", password="short", again="short").status_code == 200
    assert post(client, "/sign-in/password", password=GOOD, again=GOOD).status_code == 302
    sign_in(app.test_client(), "new.nurse", GOOD)
    again = app.test_client()
    assert post(again, link).status_code == 410
    assert again.get("/sign-in/password").status_code == 422
    assert client.get("/sign-in/password").status_code == 422


def test_a_forgotten_password_is_answered_alike_for_everybody(app, client, nurse, office):
    pages = set()
    for typed in ("nurse", "nobody", "nurse@example.org", "NOBODY@example.org"):
        answer = post(client, "/sign-in/forgotten", username=typed)
        pages.add(re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.get_data(as_text=True)))
        assert answer.status_code == 200
    assert len(pages) == 1
    link = mailed(app, office, "link")
    assert {str(mail["To"]) for mail in office.taken} == {"nurse@example.org"}
    open_session = sign_in(app.test_client(), "nurse")
    post(client, link)
    assert post(client, "/sign-in/password", password=GOOD, again=GOOD).status_code == 302
    assert open_session.get("/start/").status_code == 302
    sign_in(app.test_client(), "nurse", GOOD)


def test_a_mailbox_is_not_flooded_and_the_newest_link_holds(app, client, nurse):
    for _ in range(6):
        assert post(client, "/sign-in/forgotten", username="nurse").status_code == 200
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 3
        held = db.session.scalars(select(Link).where(Link.revoked_at.is_(None))).all()
        assert len(held) == 1 and held[0].purpose == own_passwords.FORGOTTEN
        token = links.token(held[0])
        db.session.execute(update(PortalUser).where(PortalUser.username == "nurse").values(active=False))
        db.session.commit()
    post(client, f"/link/{token}")
    assert client.get("/sign-in/password").status_code == 422  # the account was shut meanwhile
