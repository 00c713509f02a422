"""What happens to a browser that rested too long: it is out, and the form it was filling waits for the same person."""

import datetime as dt

import pytest
from sqlalchemy import update

from models.base import db, utcnow
from models.sessions import sign_in_session
from tests import factories as make
from tests.signing_in import marks, sign_in


@pytest.fixture
def two_managers(app):
    """Two managers of one place; one also works elsewhere: the keys of her memberships."""
    with app.app_context():
        here = make.location(name="Here")
        ana = make.user("ana")
        first = make.membership("Healthcare Location Manager", ana, location=here, is_default=True)
        second = make.membership("Healthcare Location Manager", ana, location=make.location(name="There"))
        make.membership("Healthcare Location Manager", make.user("bob"), location=here)
        keys = first.id, second.id
        db.session.commit()
    return keys


def rest(app, **moments):
    """Lets time pass for every session."""
    with app.app_context():
        db.session.connection().execute(update(sign_in_session).values(**moments))
        db.session.commit()


def too_long(app):
    rest(app, seen_at=utcnow() - app.config["SESSION_IDLE"] - dt.timedelta(seconds=1))


def sent_too_late(app, client, username="ana"):
    """A form that arrives after the session has lapsed; answers what came back."""
    sign_in(client, username)
    form = {**marks(client), "last_name": "Canary-Ibáñez", "password": "typed secret", "step": ["1", "2"]}
    too_long(app)
    return client.post("/recipient/search", data=form)


def test_a_form_sent_too_late_waits_for_the_same_person(app, client, two_managers):
    answer = sent_too_late(app, client)
    assert answer.status_code == 302 and "/login/?next=" in answer.headers["Location"]
    assert "Canary" not in answer.headers["Location"]
    sign_in(client, "ana")
    page = client.get("/session/form").get_data(as_text=True)
    assert 'name="last_name" value="Canary-Ibáñez"' in page and 'action="/recipient/search"' in page
    assert page.count('name="step"') == 2 and "typed secret" not in page
    assert client.get("/session/form").status_code == 302  # handed out once


def test_nobody_else_sees_the_form_that_waits(app, client, two_managers):
    sent_too_late(app, client)
    assert "Canary" not in client.get("/login/").get_data(as_text=True)
    assert client.get("/session/form").status_code == 302
    sign_in(client, "bob")
    assert client.get("/session/form").status_code == 302
    with client.session_transaction() as held:
        assert "Canary" not in repr(dict(held))


def test_the_form_is_sent_at_the_place_it_was_made_for(app, client, two_managers):
    _first, second = two_managers
    sign_in(client, "ana")
    client.post("/place/switch", data={**marks(client), "membership_id": second})
    form = {**marks(client), "membership_id": "999"}
    too_long(app)
    client.post("/place/switch", data=form)
    sign_in(client, "ana")
    assert f'name="_switch_to" value="{second}"' in client.get("/session/form").get_data(as_text=True)


def test_a_forged_form_does_not_wait(app, client, two_managers):
    sign_in(client, "ana")
    too_long(app)
    answer = client.post("/recipient/search", data={"csrf_token": "forged", "last_name": "x"})
    assert answer.status_code == 400


def test_to_ask_how_long_it_lasts_does_not_make_a_session_last(app, client, two_managers):
    sign_in(client, "ana")
    almost = app.config["SESSION_IDLE"] - dt.timedelta(seconds=90)
    rest(app, seen_at=utcnow() - almost)
    assert 0 < client.get("/session/left").json["seconds"] <= 90
    assert 0 < client.get("/session/left").json["seconds"] <= 90
    stayed = client.post("/session/stay", data=marks(client, "/session/left") | {"csrf_token": token(client)})
    assert stayed.json["seconds"] == app.config["SESSION_IDLE"].total_seconds()
    assert client.get("/session/left").json["seconds"] > 90
    too_long(app)
    told = client.get("/session/left")
    assert told.json["seconds"] == 0
    assert "Set-Cookie" not in told.headers, "the browser must still be known as the one whose session has lapsed"
    assert client.get("/start/").status_code == 302


def token(client):
    return marks(client)["csrf_token"]


def test_a_session_ends_after_twelve_hours_however_busy(app, client, two_managers):
    sign_in(client, "ana")
    rest(app, created_at=utcnow() - dt.timedelta(hours=12, seconds=1), seen_at=utcnow())
    assert client.get("/start/").status_code == 302


def test_the_limits_are_those_that_were_promised(app):
    assert app.config["SESSION_IDLE"] == dt.timedelta(minutes=15)
    assert app.config["PERMANENT_SESSION_LIFETIME"] == dt.timedelta(hours=12)


def test_a_slow_request_does_not_bring_back_what_ended_meanwhile(app, client, two_managers):
    """Whatever ends a session while a request is under way, the request's own save revives nothing."""
    from app import sessions

    ends = {
        "sign-out": lambda name: sessions.revoke(name),
        "account": lambda name: sessions.revoke_all_of(user_of(app, name)),
    }
    for end in ends.values():
        sign_in(client, "ana")
        name = client.get_cookie("console").value
        with app.test_request_context(headers={"Cookie": f"console={name}"}) as context:
            slow = app.session_interface.open_session(app, context.request)
            assert slow["_user_id"]
            end(name)
            slow["late"] = True
            app.session_interface.save_session(app, slow, app.make_response(""))
        assert client.get("/start/").status_code == 302


def user_of(app, name):
    with app.app_context():
        hashed = __import__("hashlib").sha256(name.encode()).hexdigest()
        table = sign_in_session
        query = table.select().where(table.c.id_hash == hashed)
        return db.session.connection().execute(query).one().user_id
