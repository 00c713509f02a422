"""Finding a person statewide, and the queue of those who wait."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.rules.clock import today_at
from models.base import db, utcnow
from models.doses import Visit
from models.enrollment import Location
from models.history import History
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser, open_clinic

BORN = dt.date(1961, 3, 9)


@pytest.fixture
def clinic(app):
    found = open_clinic(app)
    with app.app_context():
        person = make.recipient(
            first_name="Zoë", last_name="O'Brien-Lee", birth_date=BORN, phone="9195550123", external_id="EMP-77",
            city="Boone", email="zoe@example.org", street="12 Elm St",
        )  # fmt: skip
        other = make.recipient(first_name="Zora", last_name="Obrien", birth_date=dt.date(1990, 1, 1), city="Apex")
        proof = make.proof(person)
        found.person, found.key, found.other, found.proof = (
            person.public_id,
            person.id,
            other.public_id,
            proof.public_id,
        )
        db.session.commit()
    return found


@pytest.mark.parametrize(
    "asked",
    [
        {"last_name": "obrien lee", "birth_date": "1961-03-09"},
        {"last_name": "O’BRIEN", "first_name": "zoe", "birth_date": "1961-03-09"},
        {"phone": "(919) 555-0123"},
        {"phone": "+1 919 555 0123"},
        {"external_id": "EMP-77"},
    ],
)
def test_a_person_registered_elsewhere_is_found_statewide(app, clinic, asked):
    page = Browser(app, "nurse").send("/find/", "/find/", **asked)
    assert page.code == 200
    assert "Zoë O'Brien-Lee" in page.text and "Boone" in page.text
    assert "Obrien " not in page.text.replace("O'Brien", "")
    assert f"/dose/person/{clinic.person}" in page.links()


@pytest.mark.parametrize("typed", ["{person}", "{proof}", "https://vaccines.example/verify/{proof}", " {lower} "])
def test_a_scanned_number_finds_its_person(app, clinic, typed):
    number = typed.format(person=clinic.person, proof=clinic.proof, lower=clinic.person.lower())
    page = Browser(app, "nurse").send("/find/", "/find/", number=number)
    assert "Zoë O'Brien-Lee" in page.text and "Zora" not in page.text


def test_a_result_shows_no_more_than_tells_one_person_from_another(app, clinic):
    page = Browser(app, "nurse").send("/find/", "/find/", phone="9195550123")
    for secret in ("zoe@example.org", "12 Elm St", "EMP-77", "555-0123"):
        assert secret not in page.text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"last_name": "O", "birth_date": "1961-03-09"}, "at least two letters"),
        ({"last_name": "O'Brien"}, "date of birth too"),
        ({"phone": "555"}, "ten digits"),
        ({}, "at least two letters"),
        ({"last_name": "O'Brien", "birth_date": "soon"}, "date"),
    ],
)
def test_a_search_too_wide_is_refused_at_its_field_and_keeps_what_was_typed(app, clinic, asked, words):
    page = Browser(app, "nurse").send("/find/", "/find/", **asked)
    assert page.code == 422 and words in page.text and "Zoë" not in page.text
    for value in asked.values():
        assert page.html.count(value.replace("'", "&#39;"))


def test_nobody_found_leads_to_registering_a_walk_in_with_what_was_typed(app, clinic):
    browser = Browser(app, "desk")
    page = browser.send("/find/", "/find/", last_name="Nemo", first_name="Al", birth_date="1970-02-03")
    assert "Nobody is found" in page.text
    form = browser.post("/walk-in/", page.form("/walk-in/")).form("/walk-in/")
    assert (form["last_name"], form["first_name"], form["birth_date"]) == ("Nemo", "Al", "1970-02-03")


def test_what_was_searched_stands_in_the_history_and_not_in_an_address(app, clinic):
    Browser(app, "nurse").send("/find/", "/find/", last_name="O'Brien", birth_date="1961-03-09")
    with app.app_context(), acting(make.SEED):
        entry = db.session.scalars(select(History).where(History.act == "RecipientFind.found")).one()
        assert entry.username == "nurse" and entry.path == "/find/found"
        assert entry.shown[0]["ids"] == [clinic.key] and entry.shown[0]["asked"]["last_name"] == "O'Brien"


def test_names_in_an_address_are_not_searched(app, clinic):
    page = Browser(app, "nurse").open("/find/?last_name=O'Brien&birth_date=1961-03-09")
    assert "Zoë" not in page.text


@pytest.mark.parametrize("who", ["stock", "state"])
def test_only_profiles_that_may_find_can_search(app, clinic, who):
    browser = Browser(app, who)
    page = browser.post("/find/", {**browser.marks(), "phone": "9195550123"})
    assert page.code != 403 or browser.open("/find/found").code == 403
    assert ("Zoë" in page.text) == (who == "state") and page.code == (200 if who == "state" else 403)
    assert ("/find/" in browser.open("/start/").links()) == (who == "state")


def test_a_stranger_is_led_to_sign_in(app, clinic):
    answer = Browser(app).client.get("/find/")
    assert answer.status_code == 302 and "/login/" in answer.headers["Location"]


# -- the queue -----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(app, clinic):
    """Three visits: at the first place now and an hour ago, and one at the other place."""
    with app.app_context(), acting(make.SEED):
        here, there = db.session.get(Location, clinic.here), db.session.get(Location, clinic.there)
        today = today_at(here)
        ago = utcnow() - dt.timedelta(minutes=61)
        late = make.visit(make.recipient(here, first_name="Late"), here, visited_on=today)
        early = make.visit(make.recipient(here, first_name="Early"), here, visited_on=today, checked_in_at=ago)
        away = make.visit(make.recipient(there, first_name="Away"), there, visited_on=today)
        old = make.visit(make.recipient(here, first_name="Yesterday"), here, visited_on=today - dt.timedelta(days=1))
        clinic.early, clinic.late, clinic.away, clinic.old = early.id, late.id, away.id, old.id
        clinic.early_person = early.recipient.public_id
        db.session.commit()
    return clinic


def test_the_queue_has_those_checked_in_here_today_the_longest_wait_first(app, waiting):
    page = Browser(app, "nurse").open("/queue/")
    assert page.text.index("Early") < page.text.index("Late") and "61 min" in page.text
    assert "Away" not in page.text and "Yesterday" not in page.text
    assert f"/dose/person/{waiting.early_person}" in page.links()


def test_whoever_leaves_without_vaccine_is_off_the_queue(app, waiting):
    browser = Browser(app, "desk")
    page = browser.send("/queue/", f"/queue/{waiting.early}/leave")
    assert "Early" not in page.text and "Late" in page.text
    with app.app_context(), acting(make.SEED):
        assert db.session.get(Visit, waiting.early).status == "left"


@pytest.mark.parametrize(("visit", "name"), [("away", "leave"), ("early", "check_in"), ("early", "administer")])
def test_another_places_visit_and_another_act_cannot_be_reached(app, waiting, visit, name):
    browser = Browser(app, "nurse")
    key = getattr(waiting, visit)
    assert browser.post(f"/queue/{key}/{name}", browser.marks()).code == 404
    with app.app_context(), acting(make.SEED):
        assert db.session.get(Visit, key).status == "checked_in"


def test_the_front_desk_has_no_button_to_record(app, waiting):
    page = Browser(app, "desk").open("/queue/")
    assert "Record dose" not in page.text and "Left without vaccine" in page.text


def test_an_empty_queue_says_what_to_do_next(app, clinic):
    page = Browser(app, "desk").open("/queue/")
    assert "Nobody is waiting" in page.text and "/find/" in page.links()
