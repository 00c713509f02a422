"""Who was not let at what they asked for stands in the history, with what it was and why."""

import pytest
from sqlalchemy import select

from models.base import db
from models.history import History
from models.scope import acting
from tests import factories
from tests.signing_in import send, sign_in


def refusals(app):
    """(username, path, outcome) of each refused request, in order."""
    with app.app_context(), acting(factories.SEED):
        what = select(History.username, History.path, History.outcome)
        refused = History.outcome.not_in(("done", "signed in"))
        found = db.session.execute(what.where(refused).order_by(History.id)).fetchall()
    return [tuple(one) for one in found]


@pytest.fixture
def desk(app):
    """A front desk's browser, their token, and a person and a dose of another clinic."""
    with app.app_context():
        user = factories.user("desk")
        factories.membership("Front Desk", user, location=factories.location())
        elsewhere = factories.location()
        keys = {"person": factories.recipient(at=elsewhere).id, "dose": factories.dose(location=elsewhere).id}
        db.session.commit()
    return sign_in(app.test_client(), "desk"), keys


def test_what_a_profile_may_not_see_or_do_is_noted(app, desk):
    browser, keys = desk
    paths = ("/history/list/", "/history/show/1", "/membership/add")
    for path in paths:
        assert browser.get(path).status_code in (302, 403)
    assert [one[:2] for one in refusals(app)] == [("desk", path) for path in paths]
    assert {one[2] for one in refusals(app)} <= {"not allowed", "403"}


def test_rows_of_another_clinic_asked_for_by_their_key_are_noted(app, desk):
    browser, keys = desk
    path = f"/recipient/show/{keys['person']}"
    assert browser.get(path).status_code == 404
    assert refusals(app)[-1] == ("desk", path, "not found")


def test_a_form_without_its_marks_is_noted(app, desk):
    browser, keys = desk
    before = len(refusals(app))
    answer = browser.post("/find/", data={"last_name": "x"})
    assert answer.status_code in (400, 409)
    (found,) = refusals(app)[before:]
    assert found[1:] in {("/find/", "forged form"), ("/find/", "wrong place")}


def test_a_form_of_another_place_is_noted(app, desk):
    browser, keys = desk
    answer = send(browser, "/find/", last_name="x", _place="987654")
    assert answer.status_code == 409
    assert refusals(app)[-1] == ("desk", "/find/", "wrong place")


def test_wrong_passwords_and_tokens_of_no_worth_are_noted_and_strangers_pages_are_not(app, desk, client):
    before = len(refusals(app))
    assert client.get("/recipient/list/").status_code == 302
    assert client.get("/api/v1/recipient/").status_code == 401
    assert refusals(app)[before:] == []
    login = {"username": "desk", "password": "no", "provider": "db"}
    assert client.post("/api/v1/security/login", json=login).status_code == 401
    for token in ("Bearer x", "Bearer a.b.c", "Bearer " + "A" * 3000):
        assert client.get("/api/v1/recipient/", headers={"Authorization": token}).status_code in (401, 422)
    found = refusals(app)[before:]
    assert [one[2] for one in found] == ["refused", "bad token", "bad token", "bad token"]
    assert found[0][0] == "desk"
