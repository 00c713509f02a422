"""Opening a person found statewide, and checking in at the place in force."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from models.base import db
from models.doses import Dose, Visit
from models.enrollment import Location
from models.history import History
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser
from tests.dose_administration.looking import all_at_once, counted, on_hand


def test_opening_a_person_found_statewide_shows_the_history_and_is_noted(app, nurse, clinic):
    with app.app_context(), acting(make.SEED):
        person, there = db.session.get(Recipient, clinic.key), db.session.get(Location, clinic.there)
        make.dose(person, there, given_on=dt.date(2021, 1, 5), given_at=dt.datetime(2021, 1, 5, 15))
        db.session.commit()
    page = nurse.open(clinic.page)
    assert "Zoë Lee" in page.text and "Mountain Clinic" in page.text and "First dose" in page.text
    with app.app_context(), acting(make.SEED):
        entry = db.session.scalars(select(History).where(History.act == "DoseAdministration.person")).one()
        assert {"entity": "Recipient", "ids": [clinic.key]} in entry.shown
        assert any(one["entity"] == "Dose" for one in entry.shown)


def test_the_title_of_the_tab_does_not_name_the_person(nurse, clinic):
    assert "Zoë" not in nurse.open(clinic.page).html.split("</title>")[0]


@pytest.mark.parametrize("number", ["NOBODYNOBODY", "1", "x" * 500, "..%2f"])
def test_an_unknown_number_is_nobody(nurse, clinic, number):
    assert nurse.open(f"/dose/person/{number}").code == 404


def test_the_front_desk_checks_in_but_neither_sees_doses_nor_records(app, clinic):
    desk = Browser(app, "desk")
    page = desk.send(clinic.page, f"{clinic.page}/check-in")
    assert (
        "waits for the vaccinator" in page.text
        and "Doses so far" not in page.text
        and clinic.record not in page.actions()
    )
    values = {**desk.marks(), "key": str(uuid.uuid4()), "visit": "1", "lot": str(clinic.lot)}
    assert desk.post(clinic.record, values).code == 403


def test_check_in_links_the_person_to_the_place_and_happens_once(app, nurse, clinic):
    form = nurse.open(clinic.page).form(f"{clinic.page}/check-in")
    for _time in range(2):
        nurse.post(f"{clinic.page}/check-in", form)
    assert counted(app, Visit, Visit.location_id == clinic.here) == 1
    assert (
        counted(app, RecipientLink, RecipientLink.recipient_id == clinic.key, RecipientLink.location_id == clinic.here)
        == 1
    )


def test_a_check_in_form_sent_again_after_the_person_left_does_not_call_them_back(app, nurse, clinic):
    form = nurse.open(clinic.page).form(f"{clinic.page}/check-in")
    nurse.post(f"{clinic.page}/check-in", form)
    with app.app_context(), acting(make.SEED):
        db.session.scalars(select(Visit)).one().status = "left"
        db.session.commit()
    assert nurse.post(f"{clinic.page}/check-in", form).code == 200
    assert counted(app, Visit) == 1
    nurse.send(clinic.page, f"{clinic.page}/check-in")
    assert counted(app, Visit, Visit.status == "checked_in") == 1


def test_state_staff_find_and_open_but_have_nothing_to_record(app, clinic):
    page = Browser(app, "state").open(clinic.page)
    assert "Zoë Lee" in page.text and f"{clinic.page}/check-in" not in page.actions()


def test_a_suspended_place_neither_checks_in_nor_records(app, nurse, clinic, checked_in):
    form = checked_in.form(clinic.record)
    with app.app_context(), acting(make.SEED):
        db.session.get(Location, clinic.here).status = "suspended"
        db.session.commit()
    page = nurse.post(clinic.record, form)
    assert page.code == 422 and "does not give vaccine" in page.text
    assert counted(app, Dose) == 0 and on_hand(app, clinic) == 10


def test_six_desks_check_the_same_person_in_once(app, nurse, clinic):
    form = nurse.open(clinic.page).form(f"{clinic.page}/check-in")
    forms = [{**form, "key": str(uuid.uuid4())} for _desk in range(6)]
    answers = all_at_once(app, nurse, f"{clinic.page}/check-in", forms)
    assert {code for code, _place in answers} == {303} and counted(app, Visit) == 1
    assert counted(app, RecipientLink, RecipientLink.location_id == clinic.here) == 1
