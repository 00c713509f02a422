"""Registering a person who walks in: never turned away, never doubled."""

import pytest
from sqlalchemy import select

from models.base import db
from models.doses import Visit
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser
from tests.dose_administration.conftest import BORN
from tests.dose_administration.looking import all_at_once, counted

WALK_IN = {"first_name": "Walter", "last_name": "Inman", "birth_date": "1948-07-01"}


def test_a_walk_in_with_the_least_is_registered_with_warnings_and_checked_in(app, nurse, clinic):
    page = nurse.send("/walk-in/", "/walk-in/", **WALK_IN, lives_in_nc="n", check_in="1")
    assert page.code == 200 and "Walter Inman" in page.text and "Record a dose" in page.text
    assert "No phone and no e-mail" in page.text and "neither lives nor works" in page.text
    with app.app_context(), acting(make.SEED):
        person = db.session.scalars(select(Recipient).where(Recipient.last_name == "Inman")).one()
        assert person.registration == "registered" and person.employer_id is None and not person.lives_in_nc
    assert counted(app, Visit, Visit.recipient_id == person.id, Visit.status == "checked_in") == 1


def test_a_walk_in_keeps_all_that_is_given(app, nurse, clinic):
    with app.app_context(), acting(make.SEED):
        employer = make.organization(name="Blue Ridge Mills", kind="employer").id
        db.session.commit()
    typed = {
        "middle_name": "B",
        "suffix": "JR",
        "phone": "(828) 555-0101",
        "email": "w@example.org",
        "street": "1 Elm",
        "city": "Boone",
        "zip_code": "28607",
        "county": "37189",
        "employer": str(employer),
        "industry": "other",
        "works_in_nc": "y",
        "sex": "M",
        "races": ["2028-9", "2106-3"],
        "language": "es",
        "external_id": "MRN-1",
    }
    browser_codes = nurse.open("/walk-in/").html
    typed["suffix"] = next(code for code in ("JR", "Jr", "Jr.") if f'value="{code}"' in browser_codes)
    page = nurse.send("/walk-in/", "/walk-in/", **WALK_IN, **typed)
    assert page.code == 200, page.text
    with app.app_context(), acting(make.SEED):
        person = db.session.scalars(select(Recipient).where(Recipient.last_name == "Inman")).one()
        assert (person.phone, person.races, person.employer_id, person.state) == (
            "8285550101",
            "2028-9;2106-3",
            employer,
            "NC",
        )
        assert person.works_in_nc and person.lives_in_nc and person.language == "es"


def test_what_was_ticked_is_still_said_after_a_refusal(app, nurse, clinic):
    page = nurse.send("/walk-in/", "/walk-in/", **{**WALK_IN, "first_name": ""}, works_in_nc="y")
    nurse.post("/walk-in/", {**page.form("/walk-in/"), "first_name": "Walter"})
    with app.app_context(), acting(make.SEED):
        person = db.session.scalars(select(Recipient).where(Recipient.last_name == "Inman")).one()
        assert person.lives_in_nc and person.works_in_nc


def test_a_walk_in_sent_twice_is_registered_once(app, nurse, clinic):
    form = {**nurse.open("/walk-in/").form("/walk-in/"), **WALK_IN, "check_in": "1"}
    first, second = (nurse.post("/walk-in/", form, follow=False) for _time in range(2))
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    assert counted(app, Recipient, Recipient.last_name == "Inman") == 1 and counted(app, Visit) == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"last_name": "In\u200bman"}, "last_name"),
        ({"birth_date": ""}, "birth_date"),
        ({"birth_date": "2150-01-01"}, "birth_date"),
        ({"birth_date": "1850-01-01"}, "birth_date"),
        ({"phone": "555"}, "phone"),
        ({"email": "nowhere"}, "email"),
        ({"zip_code": "ABC"}, "zip_code"),
        ({"county": "Mordor"}, "county"),
        ({"employer": "999999"}, "employer"),
        ({"employer": "x"}, "employer"),
        ({"races": "Elf"}, "races"),
        ({"street": "x" * 200}, "street"),
    ],
)
def test_a_wrong_field_of_a_walk_in_is_named_and_the_rest_kept(app, nurse, clinic, typed, field):
    page = nurse.send("/walk-in/", "/walk-in/", **{**WALK_IN, "city": "Boone", **typed})
    assert page.code == 422 and f'id="{field}-error"' in page.html
    assert page.form("/walk-in/")["city"] == "Boone" and counted(app, Recipient, Recipient.city == "Boone") == 0


def test_the_same_person_is_not_registered_again_but_opened(app, nurse, clinic):
    page = nurse.send(
        "/walk-in/",
        "/walk-in/",
        first_name="ZOE",
        last_name="lee",
        birth_date=BORN.isoformat(),
        email="Zoe@example.org",
        is_another="y",
    )
    assert page.code == 422 and "already known" in page.text and clinic.page in page.links()
    assert counted(app, Recipient, Recipient.last_key == "lee") == 1


def test_a_namesake_is_a_question_to_the_desk_never_a_guess(app, nurse, clinic):
    typed = {"first_name": "Zoe", "last_name": "Lee", "birth_date": BORN.isoformat()}
    page = nurse.send("/walk-in/", "/walk-in/", **typed)
    assert page.code == 422 and "Is it the same person?" in page.text and clinic.page in page.links()
    page = nurse.post("/walk-in/", {**page.form("/walk-in/"), "is_another": "y"})
    assert page.code == 200 and counted(app, Recipient, Recipient.last_key == "lee") == 2


def test_an_employer_is_looked_up_by_name_statewide_and_shows_name_and_city_only(app, clinic):
    with app.app_context(), acting(make.SEED):
        make.organization(name="Blue Ridge Mills", kind="employer", city="Boone", phone="8285550000")
        make.organization(name="Blue Sky 100%", kind="employer", is_active=False)
        db.session.commit()
    desk = Browser(app, "desk")
    answer = desk.post("/walk-in/employers", {**desk.marks(), "q": "ridge blue"}).answer.get_json()
    assert [set(one) for one in answer["results"]] == [{"id", "text"}]
    assert answer["results"][0]["text"] == "Blue Ridge Mills, Boone"
    for asked in ("", "%", "sky", "\\", "x" * 5000):
        assert desk.post("/walk-in/employers", {**desk.marks(), "q": asked}).answer.get_json()["results"] == []
    stock = Browser(app, "stock")
    assert stock.post("/walk-in/employers", {**stock.marks(), "q": "blue"}).code == 403


def test_a_forged_number_of_another_person_does_not_open_their_record(app, nurse, clinic):
    form = {**nurse.open("/walk-in/").form("/walk-in/"), **WALK_IN, "public_id": clinic.person}
    page = nurse.post("/walk-in/", form)
    assert page.code == 422 and "Zoë" not in page.text and counted(app, Recipient, Recipient.last_name == "Inman") == 0


def test_a_walk_in_sent_six_times_at_once_is_registered_once(app, nurse, clinic):
    form = {**nurse.open("/walk-in/").form("/walk-in/"), **WALK_IN, "check_in": "1"}
    answers = all_at_once(app, nurse, "/walk-in/", [form] * 6)
    assert len(set(answers)) == 1 and answers[0][0] == 303
    assert counted(app, Recipient, Recipient.last_name == "Inman") == 1 and counted(app, Visit) == 1
