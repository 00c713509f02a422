"""Recording a dose: once, from stock that may be given, each refusal at its field."""

import datetime as dt
import re

import pytest
from sqlalchemy import event, select

from models.base import db, utcnow
from models.doses import Dose
from models.enrollment import Location
from models.history import History
from models.notices import Notice
from models.scope import acting
from models.stock import PLACEHOLDER_EXPIRY, InventoryItem, Lot, StockMovement
from tests import factories as make
from tests.dose_administration.looking import all_at_once, counted, dose_of, on_hand


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


def test_a_dose_is_one_transaction_that_asks_for_each_reference_once(app, nurse, clinic, checked_in):
    """Session and form are read before; after the commit nothing is begun again, which on SQLite would lock."""
    form = checked_in.form(clinic.record)
    begun, asked = [], []
    with app.app_context():
        engine = db.engine
    listeners = {
        "begin": lambda _connection: begun.append(1),
        "before_cursor_execute": lambda _connection, _cursor, statement, *_more: asked.append(statement),
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        assert nurse.post(clinic.record, form, follow=False).code == 303
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)
    assert len(begun) == 3
    if engine.dialect.name == "sqlite":  # nobody waits for the write lock while a form is read
        assert [one for one in asked if one.startswith("BEGIN")] == ["BEGIN", "BEGIN"]
    checks = [one for one in asked if one.startswith("SELECT EXISTS")]
    tables = [table for one in checks for table in re.findall(r"EXISTS \(SELECT \*\s+FROM (\w+)\s+WHERE \1\.id", one)]
    assert len(checks) == 2, checks  # of all that the dose points at, and of the stock that its movement names
    assert tables.count("lot") == tables.count("location") == tables.count("ab_user") == 1, tables


def test_sent_twice_it_happens_once_and_the_answer_is_the_same_page(app, nurse, clinic, checked_in):
    form = checked_in.form(clinic.record)
    first, second = (nurse.post(clinic.record, form, follow=False) for _time in range(2))
    assert first.code == second.code == 303
    assert first.answer.headers["Location"] == second.answer.headers["Location"]
    assert counted(app, Dose) == 1 and on_hand(app, clinic) == 9


def test_sent_six_times_at_once_it_happens_once(app, nurse, clinic, checked_in):
    answers = all_at_once(app, nurse, clinic.record, [checked_in.form(clinic.record)] * 6)
    assert len(set(answers)) == 1 and answers[0][0] == 303
    assert counted(app, Dose) == 1 and on_hand(app, clinic) == 9


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
