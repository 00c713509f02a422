"""Taking a dose record back, with a reason."""

import pytest

from app.rules.ledger_check import check_ledger
from models.base import db
from models.doses import Proof
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser
from tests.dose_administration.looking import counted, dose_of, on_hand


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
