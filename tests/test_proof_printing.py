"""The proof of vaccination: printed by staff and by oneself, and the page that says whether it holds."""

import io
import logging

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from models.base import db, utcnow
from models.doses import Dose, Proof
from models.enrollment import Location
from models.history import History
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser, open_clinic

NAME = "Zoë Λάμδα Яковлева"


@pytest.fixture
def clinic(app):
    """A vaccinated person whom the first place knows, that person's account, and another of the other place."""
    found = open_clinic(app)
    with app.app_context(), acting(make.SEED):
        here, there = db.session.get(Location, found.here), db.session.get(Location, found.there)
        person = make.recipient(here, first_name="Zoë", middle_name="Λάμδα", last_name="Яковлева")
        first = make.dose(person, there)
        voided = make.dose(person, here, dose_number="2")
        voided.void_reason, voided.void_disposition, voided.status = "Typo", "waste", "voided"
        stranger = make.recipient(there, first_name="Strange")
        make.dose(stranger, there)
        unvaccinated = make.recipient(here, first_name="Early")
        make.membership("Recipient", make.user("zoe"), recipient=person)
        found.person, found.key, found.lot_number = person.public_id, person.id, first.lot.number
        found.voided_lot, found.stranger, found.unvaccinated = (
            voided.lot.number,
            stranger.public_id,
            unvaccinated.public_id,
        )
        db.session.commit()
    return found


def printed(app, who, number):
    browser = Browser(app, who)
    return browser.post(f"/proof/{number}/print", browser.marks()).answer


def words_of(answer):
    reader = PdfReader(io.BytesIO(answer.data))
    assert len(reader.pages) == 1
    return reader.pages[0].extract_text()


def issued(app):
    with app.app_context(), acting(make.SEED):
        return db.session.scalars(select(Proof).order_by(Proof.id.desc())).first()


@pytest.mark.parametrize("who", ["nurse", "manager", "zoe", "state"])
def test_staff_and_the_person_print_a_one_page_pdf_of_every_valid_dose(app, clinic, who):
    answer = printed(app, who, clinic.person)
    assert answer.mimetype == "application/pdf" and "no-store" in answer.headers["Cache-Control"]
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("inline") and "proof-of-vaccination.pdf" in disposition
    words = words_of(answer)
    for said in ("Zoë", "Λάμδα", "Яковлева", clinic.lot_number, "Mountain Clinic"):
        assert said in words
    assert clinic.voided_lot not in words


@pytest.mark.parametrize("who", ["desk", "stock"])
def test_profiles_without_the_right_do_not_print(app, clinic, who):
    assert printed(app, who, clinic.person).status_code == 403 and issued(app) is None


@pytest.mark.parametrize("who", ["nurse", "zoe"])
def test_nobody_prints_for_a_person_out_of_reach(app, clinic, who):
    assert printed(app, who, clinic.stranger).status_code == 404 and issued(app) is None


def test_without_a_dose_there_is_no_paper_but_words(app, clinic):
    browser = Browser(app, "nurse")
    page = browser.post(f"/proof/{clinic.unvaccinated}/print", browser.marks())
    assert "No dose is recorded for this person yet." in page.text and issued(app) is None


def test_a_paper_is_never_had_by_a_link(app, clinic):
    assert Browser(app, "nurse").client.get(f"/proof/{clinic.person}/print").status_code == 405


def test_printing_is_in_the_history_and_no_name_in_a_log(app, clinic, caplog):
    caplog.set_level(logging.DEBUG)
    printed(app, "nurse", clinic.person)
    assert "Яковлева" not in caplog.text and "Zoë" not in caplog.text
    with app.app_context(), acting(make.SEED):
        entry = db.session.scalars(select(History).where(History.act == "ProofPrinting.issue")).one()
        assert {"entity": "Recipient", "ids": [clinic.key]} in entry.shown
        assert [change["entity"] for change in entry.changed] == ["Proof"] and "Яковлева" not in entry.path


def test_anybody_may_check_a_paper_and_sees_no_more_than_it_says(app, clinic):
    printed(app, "nurse", clinic.person)
    page = Browser(app).open(f"/verify/{issued(app).public_id}")
    assert page.code == 200 and "Valid" in page.text and NAME in page.text and clinic.lot_number in page.text
    with app.app_context(), acting(make.SEED):
        person = db.session.get(Recipient, clinic.key)
        for secret in (person.public_id, person.city, person.phone, clinic.voided_lot):
            assert not secret or secret not in page.html


def test_the_address_on_the_paper_is_the_one_that_verifies(app, clinic):
    answer = printed(app, "nurse", clinic.person)
    assert issued(app).public_id in words_of(answer).replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("number", ["A" * 24, "x", "%00", "';--", "a" * 4000])
def test_an_unknown_number_is_not_valid_and_says_nothing(app, clinic, number):
    page = Browser(app).open(f"/verify/{number}")
    assert "Zoë" not in page.text and page.code in (200, 400)
    if page.code == 200:
        assert "Not valid" in page.text


def test_a_revoked_paper_is_not_valid_in_the_very_words_of_an_unknown_one(app, clinic):
    printed(app, "nurse", clinic.person)
    number = issued(app).public_id
    with app.app_context(), acting(make.SEED):
        db.session.scalars(select(Proof)).one().revoked_at = utcnow()
        db.session.commit()
    assert Browser(app).open(f"/verify/{number}").text == Browser(app).open(f"/verify/{'B' * 24}").text


def test_a_recipient_sees_the_own_doses_and_the_button_to_print(app, clinic):
    page = Browser(app, "zoe").open("/my-vaccinations/")
    assert NAME in page.text and clinic.lot_number in page.text and clinic.voided_lot not in page.text
    assert f"/proof/{clinic.person}/print" in page.actions() and "Strange" not in page.text


def test_the_way_to_ones_own_doses_is_shown_to_recipients_alone(app, clinic):
    for who in ("zoe", "nurse", "state"):
        links = " ".join(Browser(app, who).open("/start/").links())
        assert ("/my-vaccinations" in links) == (who == "zoe")


def test_the_page_of_ones_own_doses_is_for_recipients(app, clinic):
    assert Browser(app, "nurse").open("/my-vaccinations/").code == 404
    assert Browser(app, "desk").open("/my-vaccinations/").code == 403


def test_numbers_are_long_enough_that_none_is_guessed(app, clinic):
    with app.app_context(), acting(make.SEED):
        person = db.session.get(Recipient, clinic.key)
        numbers = {make.proof(person).public_id for _time in range(50)}
        assert len(numbers) == 50 and {len(number) for number in numbers} == {24}
        assert db.session.scalar(select(func.count()).select_from(Dose)) == 3


def test_a_person_who_prefers_a_language_that_is_not_ours_gets_the_paper_in_the_readers(app, clinic):
    with app.app_context(), acting(make.SEED):
        db.session.get_one(Recipient, clinic.key).language = "other"
        db.session.commit()
    answer = printed(app, "nurse", clinic.person)
    assert answer.status_code == 200 and "State of North Carolina" in words_of(answer)
