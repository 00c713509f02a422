"""Asking to join a location, signed in or by a link, and what the manager of that place makes of it."""

import pytest
from sqlalchemy import select

from app.rules import links
from models.access_requests import AccessRequest
from models.base import db
from models.history import History
from models.links import Link
from models.notices import Notice
from models.people import Membership
from models.scope import acting
from tests import factories as make
from tests.bulk_upload.sending import words
from tests.signing_in import marks, send, sign_in


@pytest.fixture
def clinic(app):
    """A location with a manager: its number, its key and the manager's username."""
    with app.app_context():
        place = make.location(name="Harbor Clinic", provider_pin="NCA650123")
        boss = make.membership("Healthcare Location Manager", location=place).user.username
        found = (place.number, place.id, boss)
        db.session.commit()
    return found


def ask(browser, path="/join/", **form):
    return browser.post(path, data={**marks(browser, path), **form})


def rows(app, *query):
    with app.app_context(), acting(make.SEED):
        return db.session.execute(select(*query).order_by(query[0])).all()


def test_a_stranger_asks_by_a_link_and_is_let_in_by_the_manager(app, client, clinic):
    number, place_id, boss = clinic
    with app.app_context():
        make.user("known", email="known@there.example")
        db.session.commit()
    answers = {words(ask(client, email=email)) for email in ("ida@new.example", "known@there.example")}
    assert len(answers) == 1, "the answer does not tell who is known"
    assert ask(client, email="no address").status_code == 422
    with app.app_context(), acting(make.SEED):
        link = db.session.scalars(select(Link).where(Link.email == "ida@new.example")).one()
        where = links.address(link)
    assert client.post(where, data=marks(client, where)).headers["Location"].endswith("/join/named")
    person = {"first_name": "Ida", "last_name": "Newcomer", "profile": "Front Desk", "reason": "Reception"}
    wrong = ask(client, "/join/named", place="NCA999999", **person)
    assert wrong.status_code == 422 and "has this number or Provider PIN" in words(wrong)
    assert 'value="Newcomer"' in wrong.get_data(as_text=True), "what was typed is kept"
    done = ask(client, "/join/named", place="650123", **person)
    assert done.status_code == 200 and "Harbor" not in words(done) and boss not in words(done)
    assert client.get("/join/named").status_code == 410, "the link works once"
    ((key, status, user_id),) = rows(app, AccessRequest.id, AccessRequest.status, AccessRequest.user_id)
    assert (status, user_id) == ("waiting", None)
    assert [mail for (mail,) in rows(app, Notice.kind)].count("access_asked") == 1

    manager = sign_in(app.test_client(), boss)
    assert "Ida" in words(manager.get("/access-request/list/"))
    assert send(manager, f"/access-request/action/let_in/{key}").status_code == 303
    with app.app_context(), acting(make.SEED):
        made = db.session.scalars(select(Membership).where(Membership.profile == "Front Desk")).one()
        assert (made.location_id, made.user.email) == (place_id, "ida@new.example")
        entry = db.session.scalars(select(History).where(History.path.contains("let_in")).limit(1)).one()
        assert (entry.username, entry.outcome) == (boss, "done")


def test_somebody_signed_in_asks_under_the_own_name_and_hears_the_reason(app, client, clinic):
    number, _place_id, boss = clinic
    with app.app_context():
        make.user("waits", email="waits@there.example", first_name="Wim", last_name="Waits")
        db.session.commit()
    client.post("/login/", data={"username": "waits", "password": make.PASSWORD, **marks(client, "/login/")})
    assert "/join/" in client.get("/").get_data(as_text=True)
    form = {"place": number.lower(), "profile": "Healthcare Provider"}
    for _twice in range(2):
        answer = ask(client, **form)
        assert answer.status_code == 303, words(answer)
    ((key, first, email),) = rows(app, AccessRequest.id, AccessRequest.first_name, AccessRequest.email)
    assert (first, email) == ("Wim", "waits@there.example")
    assert "Waiting" in words(client.get("/join/")) and "Harbor" not in words(client.get("/join/"))
    manager = sign_in(app.test_client(), boss)
    assert send(manager, f"/access-request/action/turn_down/{key}", _answered="1").status_code == 422
    told = {"_answered": "1", "reason": "We do not know you."}
    assert send(manager, f"/access-request/action/turn_down/{key}", **told).status_code == 303
    page = words(client.get("/join/"))
    assert "Turned down" in page and "We do not know you." in page and boss not in page
    assert ask(client, **form, first_name="Somebody", last_name="Else").status_code == 303
    assert {name for (name,) in rows(app, AccessRequest.first_name)} == {"Wim"}, "the name is the account's"


def test_nobody_decides_about_another_place_or_without_the_profile(app, client, clinic):
    with app.app_context():
        foreign, here = make.access_request(), make.access_request(db.session.get(
            type(make.location()), clinic[1], execution_options={"unscoped": "authority"}))  # fmt: skip
        desk = make.membership("Front Desk", location=here.location).user.username
        coordinator = make.membership("Vaccine Coordinator", location=here.location).user.username
        keys = foreign.id, here.id
        db.session.commit()
    manager = sign_in(client, clinic[2])
    assert send(manager, f"/access-request/action/let_in/{keys[0]}").status_code == 404
    for username, code in ((desk, 403), (coordinator, 403)):
        browser = sign_in(app.test_client(), username)
        for act in ("let_in", "turn_down"):
            assert send(browser, f"/access-request/action/{act}/{keys[1]}").status_code == code
    assert {status for (status,) in rows(app, AccessRequest.status)} == {"waiting"}


def test_one_person_asks_at_a_few_places_and_one_address_gets_a_few_links(app, client):
    with app.app_context():
        numbers = [make.location().number for _n in range(6)]
        make.user("waits", email="waits@there.example")
        db.session.commit()
    for _n in range(5):
        assert ask(client, email="often@new.example").status_code == 200
    assert len(rows(app, Link.id)) == 3
    client.post("/login/", data={"username": "waits", "password": make.PASSWORD, **marks(client, "/login/")})
    codes = [ask(client, place=number, profile="Front Desk").status_code for number in numbers]
    assert codes == [303] * 5 + [422]
