"""What the form proposes and warns of before the dose is saved."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.rules import stock
from app.rules.clock import today_at
from models.base import db, utcnow
from models.doses import Dose
from models.enrollment import Location
from models.people import PortalUser
from models.recipients import Recipient
from models.scope import acting
from models.stock import InventoryItem, Lot
from tests import factories as make
from tests.dose_administration.looking import counted, dose_of


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
        other = make.stock(here, make.lot(expires_on=today_at(None) + dt.timedelta(days=1)))
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
        born = today_at(None).replace(day=1) - dt.timedelta(days=365 * 7)
        number = make.recipient(here, first_name="Kit", birth_date=born).public_id
        db.session.commit()
    page = nurse.send(f"/dose/person/{number}", f"/dose/person/{number}/check-in")
    assert page.form(f"/dose/person/{number}/record")["lot"] == str(young)
    assert "12 years and older" in page.text


def lots_of(page):
    """The lots to choose from, as they stand on the page."""
    return [node.get("value") for node in page.tree.iter("input") if node.get("name") == "lot"]


def test_nobody_is_proposed_what_is_for_younger_people_even_after_a_dose_of_it(app, nurse, clinic):
    with app.app_context(), acting(make.SEED):
        here, there = db.session.get(Location, clinic.here), db.session.get(Location, clinic.there)
        for_children = make.vaccine(short_name="Blue cap", min_age_years=5, below_age_years=12)
        soon = make.stock(here, make.lot(vaccine=for_children, expires_on=today_at(None) + dt.timedelta(days=1)))
        born = today_at(None).replace(day=1) - dt.timedelta(days=366 * 12)
        number = make.recipient(here, first_name="Kit", birth_date=born)
        before = today_at(None) - dt.timedelta(days=400)
        at = utcnow() - dt.timedelta(days=400)
        make.dose(number, there, given_on=before, given_at=at, vaccine_id=for_children.id)
        number, children = number.public_id, str(soon.lot_id)
        db.session.commit()
    page = nurse.send(f"/dose/person/{number}", f"/dose/person/{number}/check-in")
    assert page.form(f"/dose/person/{number}/record")["lot"] == str(clinic.lot)
    assert "Blue cap is for people below 12 years; this person is 12." in page.text
    assert lots_of(page) == [str(clinic.lot), children], "what does not fit comes last, however soon it expires"


def test_a_lot_in_two_storage_states_is_one_to_choose(app, nurse, clinic):
    with app.app_context(), acting(make.SEED):
        here = db.session.get(Location, clinic.here)
        item = db.session.scalars(select(InventoryItem).filter_by(location_id=clinic.here, lot_id=clinic.lot)).one()
        whole = item.available
        part = stock.part(here.id, clinic.lot, "frozen-2026-11-01")
        db.session.get(InventoryItem, part).doses = 7
        db.session.commit()
    number = clinic.page.rsplit("/", 1)[-1]
    page = nurse.send(f"/dose/person/{number}", f"/dose/person/{number}/check-in")
    assert lots_of(page) == [str(clinic.lot)]
    assert f"{whole + 7} doses left" in page.text


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
