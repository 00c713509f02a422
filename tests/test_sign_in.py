"""Sign-in, the session behind the cookie, and the place in force."""

import re

import pytest
from sqlalchemy import select, update

from app import sessions
from app.rules import clock
from models.base import db, utcnow
from models.history import History
from models.people import Membership, PortalUser
from models.scope import acting
from models.sessions import sign_in_session
from tests import factories as make

COOKIE = "console"


@pytest.fixture
def nurse(app):
    """A vaccinator at one place who is manager at another: (username, first membership, second)."""
    with app.app_context():
        user = make.user("nurse")
        first = make.membership(
            "Healthcare Provider", user, location=make.location(name="First clinic"), is_default=True
        )
        second = make.membership("Healthcare Location Manager", user, location=make.location(name="Second clinic"))
        keys = (first.id, second.id)
        db.session.commit()
    return "nurse", *keys


def sign_in(client, username="nurse", password=make.PASSWORD):
    page = client.get("/login/").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"username": username, "password": password, "csrf_token": token.group(1) if token else ""}
    return client.post("/login/", data=form)


def cookie(client):
    found = client.get_cookie(COOKIE)
    return found.value if found else None


def test_signing_in_leads_to_the_start_page_of_the_profile(client, nurse):
    sign_in(client)
    page = client.get("/", follow_redirects=True).get_data(as_text=True)
    assert "First clinic" in page and "Healthcare Provider" in page


def test_username_is_taken_without_regard_to_case(client, nurse):
    sign_in(client, "NURSE")
    assert client.get("/start/").status_code == 200


@pytest.mark.parametrize(
    ("username", "password"), [("nurse", "wrong"), ("nobody", "wrong"), ("", ""), ("nurse", "\x00")]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client, nurse, username, password):
    answer = sign_in(client, username, password)
    assert client.get("/start/").status_code in (302, 401)
    if username:
        page = (
            client.get(answer.headers["Location"]).get_data(as_text=True)
            if answer.status_code == 302
            else answer.get_data(as_text=True)
        )
        assert "The username or the password is not right." in page


def test_the_session_gets_a_new_name_at_sign_in_and_the_old_one_is_dead(app, client, nurse):
    client.get("/login/")
    before = cookie(client)
    sign_in(client)
    after = cookie(client)
    assert before and after and before != after
    client.set_cookie(COOKIE, before)
    assert client.get("/start/").status_code == 302


def test_the_database_does_not_hold_the_cookie(app, client, nurse):
    sign_in(client)
    with app.app_context():
        names = [row.id_hash for row in db.session.connection().execute(select(sign_in_session))]
    assert cookie(client) not in names


def test_a_copied_cookie_is_worth_nothing_after_sign_out(client, nurse):
    sign_in(client)
    stolen = cookie(client)
    page = client.get("/start/").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    client.post("/logout/", data={"csrf_token": token})
    client.set_cookie(COOKIE, stolen)
    assert client.get("/start/").status_code == 302


def test_a_change_of_account_ends_its_sessions(app, client, nurse):
    sign_in(client)
    with app.app_context(), acting(make.SEED):
        user = db.session.scalars(select(PortalUser).where(PortalUser.username == "nurse")).one()
        user.session_epoch += 1
        db.session.commit()
    assert client.get("/start/").status_code == 302


def test_an_account_that_may_not_sign_in_any_more_is_out_at_once(app, client, nurse):
    sign_in(client)
    with app.app_context(), acting(make.SEED):
        db.session.scalars(select(PortalUser).where(PortalUser.username == "nurse")).one().active = False
        db.session.commit()
    assert client.get("/start/").status_code == 302


def test_a_slow_request_does_not_bring_a_session_back(app, client, nurse):
    sign_in(client)
    name = cookie(client)
    with app.test_request_context(headers={"Cookie": f"{COOKIE}={name}"}):
        slow = app.session_interface.open_session(app, __import__("flask").request)
        sessions.revoke(name)
        slow["late"] = True
        app.session_interface.save_session(app, slow, app.make_response(""))
    assert client.get("/start/").status_code == 302


def test_idle_and_old_sessions_lapse(app, client, nurse):
    sign_in(client)
    with app.app_context():
        long_ago = utcnow() - app.config["SESSION_IDLE"] * 2
        db.session.connection().execute(update(sign_in_session).values(seen_at=long_ago))
        db.session.commit()
    assert client.get("/start/").status_code == 302


def test_switching_puts_profile_and_rows_in_force_at_once(app, client, nurse):
    _, first, second = nurse
    sign_in(client)
    page = client.get("/start/").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    client.post("/place/switch", data={"membership_id": second, "csrf_token": token, "_place": first})
    page = client.get("/start/").get_data(as_text=True)
    assert "Second clinic" in page and "Healthcare Location Manager" in page


def test_a_foreign_place_cannot_be_switched_to(app, client, nurse):
    with app.app_context():
        foreign = make.membership("State Administrator").id
        db.session.commit()
    sign_in(client)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/start/").get_data(as_text=True)).group(1)
    answer = client.post("/place/switch", data={"membership_id": foreign, "csrf_token": token})
    assert answer.status_code == 404


def test_a_membership_that_ended_is_gone_with_the_next_request(app, client, nurse):
    _, first, _second = nurse
    sign_in(client)
    with app.app_context(), acting(make.SEED):
        db.session.get(Membership, first).ends_on = clock.today().replace(year=2020)
        db.session.commit()
    assert "Second clinic" in client.get("/start/").get_data(as_text=True)


def test_sign_ins_and_refusals_are_in_the_history(app, client, nurse):
    sign_in(client, password="wrong")
    sign_in(client)
    with app.app_context(), acting(make.SEED):
        outcomes = db.session.scalars(select(History.outcome).order_by(History.id)).all()
    assert "refused" in outcomes and "signed in" in outcomes


def test_a_token_signs_in_at_the_place_it_names(app, client, nurse):
    _, _first, second = nurse
    login = {"username": "nurse", "password": make.PASSWORD, "provider": "db"}
    token = client.post("/api/v1/security/login", json=login).json["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Place": str(second)}
    names = [row["name"] for row in client.get("/api/v1/location/", headers=headers).json["result"]]
    assert names == ["Second clinic"]


def test_no_one_is_signed_in_by_get(client, nurse):
    assert client.get("/logout/").status_code == 405


def test_the_language_is_the_browsers_unless_another_was_chosen(client):
    assert 'lang="es"' in client.get("/", headers={"Accept-Language": "es-MX,es;q=0.9"}).get_data(as_text=True)
    client.get("/lang/en")
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "es-MX"}).get_data(as_text=True)
