"""The vaccinator's day: register, check in, record a dose from the stock at hand, take it back."""

import datetime as dt
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from app.rules.clock import today_at
from app.rules.stock import check_ledger
from models.base import db, utcnow
from models.doses import Dose, Proof, Visit
from models.enrollment import Location
from models.history import History
from models.notices import Notice
from models.people import PortalUser
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.stock import PLACEHOLDER_EXPIRY, InventoryItem, Lot, StockMovement
from tests import factories as make
from tests.clinic import Browser, open_clinic

BORN = dt.date(1961, 3, 9)
WALK_IN = {"first_name": "Walter", "last_name": "Inman", "birth_date": "1948-07-01"}


@pytest.fixture
def clinic(app):
    """A clinic, and a person whom only the other place knows."""
    found = open_clinic(app)
    with app.app_context(), acting(make.SEED):
        there = db.session.get(Location, found.there)
        person = make.recipient(there, first_name="Zoë", last_name="Lee", birth_date=BORN, email="zoe@example.org")
        found.person, found.key = person.public_id, person.id
        db.session.commit()
    found.page = f"/dose/person/{found.person}"
    found.record = f"{found.page}/record"
    return found


@pytest.fixture
def nurse(app, clinic):
    return Browser(app, "nurse")


@pytest.fixture
def checked_in(nurse, clinic):
    """The person is checked in at the first place."""
    page = nurse.send(clinic.page, f"{clinic.page}/check-in")
    assert "Record a dose" in page.text
    return page


def counted(app, entity, *where):
    with app.app_context(), acting(make.SEED):
        return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def on_hand(app, clinic):
    with app.app_context(), acting(make.SEED):
        return db.session.get(InventoryItem, clinic.item).doses


def dose_of(app, clinic):
    with app.app_context(), acting(make.SEED):
        dose = db.session.scalars(
            select(Dose).where(Dose.recipient_id == clinic.key, Dose.location_id == clinic.here)
        ).one()
        assert dose.vaccine and dose.visit
        return dose


# -- opening and checking in ---------------------------------------------------------------------------


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


# -- recording -----------------------------------------------------------------------------------------


def test_everything_is_proposed_and_one_tap_saves_dose_movement_visit_notice_and_history(
    app, nurse, clinic, checked_in
):
    page = nurse.post(clinic.record, checked_in.form(clinic.record))
    assert page.code == 200 and "Dose recorded" in page.text and "Observe until" in page.text
    dose = dose_of(app, clinic)
    assert (dose.dose_number, dose.body_site, dose.route, dose.lot_id) == ("1", "LD", "C28161", clinic.lot)
    assert abs(dose.given_at - utcnow()) < dt.timedelta(minutes=2) and dose.visit.status == "vaccinated"
    assert on_hand(app, clinic) == 9
    assert counted(app, StockMovement, StockMovement.cause == f"Dose:{dose.id}", StockMovement.doses == -1) == 1
    assert counted(app, Notice, Notice.once == f"dose-{dose.id}") == 1
    with app.app_context(), acting(make.SEED):
        entry = db.session.scalars(select(History).where(History.act == "DoseAdministration.record")).one()
        assert {change["entity"] for change in entry.changed} >= {"Dose", "Visit", "StockMovement", "Notice"}


def test_sent_twice_it_happens_once_and_the_answer_is_the_same_page(app, nurse, clinic, checked_in):
    form = checked_in.form(clinic.record)
    first, second = (nurse.post(clinic.record, form, follow=False) for _time in range(2))
    assert first.code == second.code == 303
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    assert counted(app, Dose) == 1 and on_hand(app, clinic) == 9


def all_at_once(app, browser, path, forms):
    """The same browser sends these forms at the same moment; where each answer leads."""
    cookie = browser.client.get_cookie("console").value
    start = threading.Barrier(len(forms))

    def send(form):
        client = app.test_client()
        client.set_cookie("console", cookie)
        start.wait()
        answer = client.post(path, data=form)
        return answer.status_code, answer.headers.get("Location")

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, forms))


def test_sent_six_times_at_once_it_happens_once(app, nurse, clinic, checked_in):
    answers = all_at_once(app, nurse, clinic.record, [checked_in.form(clinic.record)] * 6)
    assert len(set(answers)) == 1 and answers[0][0] == 303
    assert counted(app, Dose) == 1 and on_hand(app, clinic) == 9


def test_six_desks_check_the_same_person_in_once(app, nurse, clinic):
    form = nurse.open(clinic.page).form(f"{clinic.page}/check-in")
    forms = [{**form, "key": str(uuid.uuid4())} for _desk in range(6)]
    answers = all_at_once(app, nurse, f"{clinic.page}/check-in", forms)
    assert {code for code, _place in answers} == {303} and counted(app, Visit) == 1
    assert counted(app, RecipientLink, RecipientLink.location_id == clinic.here) == 1


def test_a_walk_in_sent_six_times_at_once_is_registered_once(app, nurse, clinic):
    form = {**nurse.open("/walk-in/").form("/walk-in/"), **WALK_IN, "check_in": "1"}
    answers = all_at_once(app, nurse, "/walk-in/", [form] * 6)
    assert len(set(answers)) == 1 and answers[0][0] == 303
    assert counted(app, Recipient, Recipient.last_name == "Inman") == 1 and counted(app, Visit) == 1


def test_the_last_dose_of_the_lot_sent_twice_happens_once_too(app, nurse, clinic, checked_in):
    form = checked_in.form(clinic.record)
    with app.app_context(), acting(make.SEED):
        item = db.session.get(InventoryItem, clinic.item)
        item.doses = 1
        db.session.commit()
    first, second = (nurse.post(clinic.record, form, follow=False) for _time in range(2))
    assert first.answer.headers["Location"] == second.answer.headers["Location"] and on_hand(app, clinic) == 0


def test_a_second_tab_cannot_record_a_second_dose(app, nurse, clinic, checked_in):
    other = nurse.open(clinic.page).form(clinic.record)
    nurse.post(clinic.record, checked_in.form(clinic.record))
    page = nurse.post(clinic.record, other)
    assert page.code == 422 and "not checked in" in page.text
    assert counted(app, Dose) == 1


def test_a_form_of_one_person_cannot_record_for_another(app, nurse, clinic, checked_in):
    form = checked_in.form(clinic.record)
    with app.app_context(), acting(make.SEED):
        other = make.recipient(db.session.get(Location, clinic.here), first_name="Other")
        number = other.public_id
        db.session.commit()
    page = nurse.post(f"/dose/person/{number}/record", form)
    assert page.code in (404, 409, 422) and counted(app, Dose) == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("expired", {"expires_on": dt.date(2021, 1, 1)}),
        ("recalled", {"status": "recalled"}),
    ],
)
def test_stock_that_may_not_be_given_is_neither_offered_nor_taken(app, nurse, clinic, checked_in, name, change):
    form = checked_in.form(clinic.record)
    with app.app_context(), acting(make.SEED):
        for column, value in change.items():
            setattr(db.session.get(Lot, clinic.lot), column, value)
        db.session.commit()
    assert clinic.lot_number not in nurse.open(clinic.page).text
    page = nurse.post(clinic.record, form)
    assert page.code == 422 and name in page.text
    assert counted(app, Dose) == 0 and on_hand(app, clinic) == 10


def test_another_places_lot_is_neither_offered_nor_taken(app, nurse, clinic, checked_in):
    with app.app_context(), acting(make.SEED):
        foreign = make.stock(db.session.get(Location, clinic.there)).lot
        key, number = foreign.id, foreign.number
        db.session.commit()
    page = nurse.open(clinic.page)
    assert number not in page.text
    assert nurse.post(clinic.record, {**page.form(clinic.record), "lot": str(key)}).code == 422
    assert counted(app, Dose) == 0


def test_a_placeholder_expiry_is_not_shown_as_a_date(app, nurse, clinic, checked_in):
    with app.app_context(), acting(make.SEED):
        db.session.get(Lot, clinic.lot).expires_on = PLACEHOLDER_EXPIRY
        db.session.commit()
    page = nurse.open(clinic.page)
    assert "expiry to be confirmed" in page.text and "2069" not in page.text


def test_the_lot_site_and_title_used_last_are_proposed_next(app, nurse, clinic, checked_in):
    with app.app_context(), acting(make.SEED):
        here = db.session.get(Location, clinic.here)
        second = make.stock(here).lot_id
        other = make.recipient(here, first_name="Next").public_id
        db.session.commit()
    form = nurse.open(clinic.page).form(clinic.record)
    nurse.post(clinic.record, {**form, "lot": str(second), "body_site": "RD", "suffix": "RN"})
    page = nurse.send(f"/dose/person/{other}", f"/dose/person/{other}/check-in")
    form = page.form(f"/dose/person/{other}/record")
    assert (form["lot"], form["body_site"], form["suffix"]) == (str(second), "RD", "RN")


def test_the_product_of_the_last_dose_is_proposed_before_what_was_used_last(app, nurse, clinic, checked_in):
    with app.app_context(), acting(make.SEED):
        here, there = db.session.get(Location, clinic.here), db.session.get(Location, clinic.there)
        other = make.stock(here, make.lot(expires_on=utcnow().date() + dt.timedelta(days=1)))
        person = make.recipient(here, first_name="Next")
        made = make.dose(
            person, there, given_on=dt.date(2021, 1, 5), given_at=dt.datetime(2021, 1, 5, 15), vaccine_id=clinic.vaccine
        )
        number, soonest = made.recipient.public_id, other.lot_id
        db.session.commit()
    form = nurse.open(clinic.page).form(clinic.record)
    assert form["lot"] == str(soonest), "the soonest to expire, for want of anything better"
    nurse.post(clinic.record, form)
    page = nurse.send(f"/dose/person/{number}", f"/dose/person/{number}/check-in")
    assert page.form(f"/dose/person/{number}/record")["lot"] == str(clinic.lot)


def test_a_child_is_proposed_what_is_for_its_age(app, nurse, clinic):
    with app.app_context(), acting(make.SEED):
        here = db.session.get(Location, clinic.here)
        db.session.get(Lot, clinic.lot).vaccine.min_age_years = 12
        young = make.stock(here, make.lot(vaccine=make.vaccine(min_age_years=5))).lot_id
        born = utcnow().date().replace(day=1) - dt.timedelta(days=365 * 7)
        number = make.recipient(here, first_name="Kit", birth_date=born).public_id
        db.session.commit()
    page = nurse.send(f"/dose/person/{number}", f"/dose/person/{number}/check-in")
    assert page.form(f"/dose/person/{number}/record")["lot"] == str(young)
    assert "12 years and older" in page.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"given_at": "2099-01-01T10:00"}, "given_at"),
        ({"given_at": "1950-01-01T10:00"}, "given_at"),
        ({"given_at": "0001-01-01T00:00"}, "given_at"),
        ({"given_at": "9999-12-31T23:59"}, "given_at"),
        ({"given_at": "soon"}, "given_at"),
        ({"given_at": ""}, "given_at"),
        ({"dose_number": "7"}, "dose_number"),
        ({"body_site": "NOSE"}, "body_site"),
        ({"route": "X"}, "route"),
        ({"suffix": "DUKE"}, "suffix"),
        ({"fact_sheet_given": None}, "fact_sheet_given"),
        ({"lot": "999999"}, "lot"),
        ({"lot": "1e9"}, "lot"),
        ({"lot": "9" * 30}, "lot"),
        ({"lot": None}, "lot"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(app, nurse, clinic, checked_in, typed, field):
    form = {**checked_in.form(clinic.record), "note": "A note kept.", "body_site": "RD", **typed}
    page = nurse.post(clinic.record, form)
    assert page.code == 422 and f'id="{field}-error"' in page.html
    kept = page.form(clinic.record)
    assert kept["note"] == form["note"] and kept["key"] == form["key"]
    if field != "body_site":
        assert kept["body_site"] == "RD"
    assert counted(app, Dose) == 0 and on_hand(app, clinic) == 10


@pytest.mark.parametrize(
    "typed", [{"key": ""}, {"key": "'; DROP"}, {"visit": ""}, {"visit": "one"}, {"visit": "9" * 40}]
)
def test_a_form_without_its_marks_is_refused_in_words(app, nurse, clinic, checked_in, typed):
    page = nurse.post(clinic.record, {**checked_in.form(clinic.record), **typed})
    assert page.code == 422 and counted(app, Dose) == 0


# -- warnings ------------------------------------------------------------------------------------------


@pytest.fixture
def first_dose(app, clinic):
    """A first dose of the same vaccine, ten days ago at the other place."""
    with app.app_context(), acting(make.SEED):
        person, there = db.session.get(Recipient, clinic.key), db.session.get(Location, clinic.there)
        ago = utcnow() - dt.timedelta(days=10)
        make.dose(
            person, there, given_on=today_at(there) - dt.timedelta(days=10), given_at=ago, vaccine_id=clinic.vaccine
        )
        db.session.commit()


def test_too_early_is_said_before_saving_and_needs_a_reason(app, nurse, clinic, first_dose, checked_in):
    assert "Too early" in checked_in.text
    form = checked_in.form(clinic.record)
    assert form["dose_number"] == "2"
    page = nurse.post(clinic.record, form)
    assert page.code == 422 and 'id="override_reason-error"' in page.html
    form = {**page.form(clinic.record), "override_reason": "Traveling abroad tomorrow"}
    assert "Dose recorded" in nurse.post(clinic.record, form).text
    assert dose_of(app, clinic).override_reason == "Traveling abroad tomorrow"


def test_no_warning_no_question_for_a_reason(nurse, clinic, checked_in):
    assert "override_reason" not in checked_in.form(clinic.record)


def test_no_stock_says_so_and_offers_no_button(app, nurse, clinic, checked_in):
    with app.app_context(), acting(make.SEED):
        db.session.get(InventoryItem, clinic.item).doses = 0
        db.session.commit()
    page = nurse.open(clinic.page)
    assert "no vaccine to give" in page.text and clinic.record not in page.actions()


def test_a_form_made_at_another_place_is_refused_keeps_what_was_typed_and_can_go_back(app, nurse, clinic, checked_in):
    with app.app_context(), acting(make.SEED):
        user = db.session.scalars(select(PortalUser).where(PortalUser.username == "nurse")).one()
        other = make.membership("Healthcare Provider", user, location=db.session.get(Location, clinic.there)).id
        db.session.commit()
    form = {**nurse.open(clinic.page).form(clinic.record), "note": "Kept over there"}
    nurse.post("/place/switch", {**nurse.marks(), "membership_id": str(other)})
    page = nurse.post(clinic.record, form)
    assert page.code == 409 and counted(app, Dose) == 0
    action = next(action for action in page.actions() if action.rstrip("?") == clinic.record)
    page = nurse.post(action, page.form(action))
    assert "Dose recorded" in page.text and "Kept over there" in page.text and "Harbor Clinic" in page.text
    assert dose_of(app, clinic).location_id == clinic.here


# -- taking back ---------------------------------------------------------------------------------------


@pytest.fixture
def given(app, nurse, clinic, checked_in):
    """A dose recorded by the nurse; where its page is."""
    answer = nurse.post(clinic.record, checked_in.form(clinic.record), follow=False)
    return answer.answer.headers["Location"]


@pytest.mark.parametrize(("disposition", "left"), [("return", 10), ("waste", 9)])
def test_a_dose_taken_back_goes_where_the_user_says_and_its_proofs_fall(app, nurse, clinic, given, disposition, left):
    with app.app_context(), acting(make.SEED):
        make.proof(db.session.get(Recipient, clinic.key))
        db.session.commit()
    page = nurse.send(f"{given}/void", f"{given}/void", void_reason="Wrong person", void_disposition=disposition)
    assert "Dose taken back" in page.text and "Wrong person" in page.text
    assert dose_of(app, clinic).status == "voided" and on_hand(app, clinic) == left
    assert counted(app, Proof, Proof.revoked_at.is_(None)) == 0
    with app.app_context(), acting(make.SEED):
        assert check_ledger()["broken"] == []
    again = nurse.open(clinic.page)
    assert clinic.record in again.actions(), "the person still waits for the right dose"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"void_disposition": "return"}, "void_reason"),
        ({"void_reason": " ", "void_disposition": "waste"}, "void_reason"),
        ({"void_reason": "Typo"}, "void_disposition"),
        ({"void_reason": "Typo", "void_disposition": "sold"}, "void_disposition"),
        ({"void_reason": "x" * 401, "void_disposition": "waste"}, "void_reason"),
    ],
)
def test_taking_back_needs_a_reason_and_what_became_of_the_dose(app, nurse, clinic, given, typed, field):
    page = nurse.send(f"{given}/void", f"{given}/void", **typed)
    assert page.code == 422 and f'id="{field}-error"' in page.html
    assert dose_of(app, clinic).status == "given" and on_hand(app, clinic) == 9


def test_taken_back_twice_it_happens_once(app, nurse, clinic, given):
    form = {**nurse.open(f"{given}/void").form(f"{given}/void"), "void_reason": "Typo", "void_disposition": "return"}
    for _time in range(2):
        assert "Dose taken back" in nurse.post(f"{given}/void", form).text
    assert on_hand(app, clinic) == 10


@pytest.mark.parametrize("who", ["nurse2", "desk", "stock", "state"])
def test_nobody_else_takes_a_dose_back(app, nurse, clinic, given, who):
    browser = Browser(app, who)
    form = {**browser.marks(), "void_reason": "Mine", "void_disposition": "return"}
    assert browser.post(f"{given}/void", form).code in (403, 404)
    assert dose_of(app, clinic).status == "given"
    assert browser.open(given).code == {"state": 200, "nurse2": 404}.get(who, 403)


@pytest.mark.parametrize("key", ["0", "9" * 30, "x", "-1"])
def test_a_dose_that_is_not_there_is_not_found(nurse, clinic, key):
    assert nurse.open(f"/dose/given/{key}").code == 404


# -- walk-ins ------------------------------------------------------------------------------------------


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
