"""Tokens of the API end with the account's sessions and land at the place they name; sign-ins are told by name."""

import pytest
from sqlalchemy import select

from models.base import db
from models.history import History
from models.people import Membership, PortalUser
from models.scope import acting
from tests import factories as make
from tests.signing_in import marks, sign_in


@pytest.fixture
def nurse(app):
    """A vaccinator of two places: the keys of the memberships."""
    with app.app_context():
        user = make.user("nurse")
        first = make.membership("Healthcare Provider", user, location=make.location(), is_default=True)
        second = make.membership("Healthcare Provider", user, location=make.location())
        keys = (user.id, first.id, second.id)
        db.session.commit()
    return keys


def tokens(client):
    asked = {"username": "nurse", "password": make.PASSWORD, "provider": "db", "refresh": True}
    return client.post("/api/v1/security/login", json=asked).json


def get(client, token, **headers):
    return client.get("/api/v1/visit/", headers={"Authorization": f"Bearer {token}", **headers})


def last_entries(app, n):
    with app.app_context(), acting(make.SEED):
        rows = db.session.scalars(select(History).order_by(History.id.desc()).limit(n)).all()
        return [(row.username, row.user_id, row.outcome) for row in rows]


def test_a_token_and_its_successors_end_with_the_sessions_of_the_account(app, client, nurse):
    given = tokens(client)
    assert get(client, given["access_token"]).status_code == 200
    with app.app_context(), acting(make.SEED):
        db.session.get(PortalUser, nurse[0]).session_epoch += 1
        db.session.commit()
    assert get(client, given["access_token"]).status_code == 401
    renewal = {"Authorization": f"Bearer {given['refresh_token']}"}
    assert client.post("/api/v1/security/refresh", headers=renewal).status_code == 401


def test_a_refreshed_token_works(client, nurse):
    renewal = {"Authorization": f"Bearer {tokens(client)['refresh_token']}"}
    fresh = client.post("/api/v1/security/refresh", headers=renewal).json["access_token"]
    assert get(client, fresh).status_code == 200


def test_a_refresh_token_does_not_outlive_a_session(app):
    assert app.config["JWT_REFRESH_TOKEN_EXPIRES"] <= app.config["PERMANENT_SESSION_LIFETIME"]


def test_a_token_call_for_a_place_that_is_not_ones_own_is_refused_and_not_done_elsewhere(app, client, nurse):
    _user, first, second = nurse
    token = tokens(client)["access_token"]
    assert get(client, token, **{"X-Place": str(second)}).status_code == 200
    with app.app_context(), acting(make.SEED):
        db.session.delete(db.session.get(Membership, second))
        db.session.commit()
    for place in (str(second), "99999", "²", "here", "9" * 5000):
        answer = get(client, token, **{"X-Place": place})
        assert answer.status_code == 409, place
        assert "no longer in force" in answer.json["message"]
    assert last_entries(app, 1)[0][2] == "wrong place"
    assert get(client, token, **{"X-Place": str(first)}).status_code == 200


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "-1", "", "x"])
def test_a_place_to_switch_to_that_is_no_key_is_no_error_of_ours(client, nurse, typed):
    sign_in(client, "nurse")
    mine = marks(client)
    assert client.post("/place/switch", data={**mine, "membership_id": typed}).status_code == 404
    sent = {**mine, "_place": "", "_switch_to": typed}
    assert client.post("/find/", data=sent).status_code == 409


def test_the_history_names_the_account_that_signed_in_or_was_tried(app, client, nurse):
    sign_in(client, "nurse")
    assert ("nurse", nurse[0], "signed in") in last_entries(app, 3)
    stranger = app.test_client()
    form = {"username": "nurse", "password": "wrong", **marks(stranger, "/login/")}
    stranger.post("/login/", data=form)
    assert last_entries(app, 1) == [("nurse", nurse[0], "refused")]


def test_what_a_stranger_typed_as_username_is_not_kept(app, client, nurse):
    form = {"username": "my secret password", "password": "x", **marks(client, "/login/")}
    client.post("/login/", data=form)
    assert last_entries(app, 1) == [("sign-in", None, "refused")]
