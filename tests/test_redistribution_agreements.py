"""A redistribution agreement from its draft to the state's approval and its end, through the screens."""

import pytest
from sqlalchemy import select

from app.rules import redistribution_agreements as rules
from app.rules.agreements import may_redistribute
from models.agreements import RedistributionAgreement, RedistributionPlace
from models.base import RuleBroken, db
from models.scope import acting
from tests import factories as make
from tests import signers
from tests.clinic import Browser

TYPED = {
    "cold_chain": "Validated boxes", "cmo_name": "Rosa Díaz", "cmo_title": "Medical Director",
    "cmo_email": signers.CMO, "cmo_license_state": "NC", "cmo_license_number": "2004-00123", "ceo_name": "Paul Lee",
    "ceo_title": "President", "ceo_email": signers.CEO,
}  # fmt: skip
BASE = "/redistribution-agreement"


def act(browser, key, name, **said):
    """Presses the button of an act, and answers what it asks."""
    path = f"{BASE}/action/{name}/{key}"
    page = browser.post(path, browser.marks())
    return browser.post(path, {**browser.marks(), "_answered": "1", **said}) if said else page


def test_a_draft_is_made_signed_approved_and_ended(app):
    with app.app_context():
        home, to = make.location(), make.location(number="LOC-88888", provider_pin="NCA650777")
        make.membership("Organization Administrator", make.user("admin"), organization=home.organization)
        make.membership("State Immunization Staff", make.user("branch"))
        whose, place, number = home.organization_id, to.id, home.organization_id
        db.session.commit()
    admin, branch = Browser(app, "admin"), Browser(app, "branch")
    same = {**TYPED, "ceo_email": signers.CMO.upper()}
    page = admin.post(f"{BASE}/add", {**admin.marks(), "organization": str(number), **same})
    assert page.code == 422 and "E-mail of the CEO: This is the e-mail of the other signer" in page.text
    assert "Validated boxes" in page.html
    page = admin.post(f"{BASE}/add", {**admin.marks(), "organization": str(number), **TYPED})
    assert page.code == 200, page.text
    with app.app_context(), acting(make.SEED):
        key = db.session.scalars(select(RedistributionAgreement.id)).one()
    assert "at least one receiving location" in act(admin, key, "ask_to_sign").text
    assert "No approved location" in act(admin, key, "add_place", number="LOC-00000").text
    assert act(admin, key, "add_place", number="650777").code == 200
    with app.app_context(), acting(make.SEED):
        assert db.session.scalars(select(RedistributionPlace.location_id)).all() == [place]
    act(admin, key, "ask_to_sign")
    assert signers.status_of(app, key) == "awaiting_signatures"
    signers.sign_all(app)
    assert signers.status_of(app, key) == "submitted"
    assert act(admin, key, "approve").code == 403, "nobody approves what is one's own"

    def may():
        with app.app_context(), acting(make.SEED):
            return may_redistribute(whose, place)

    assert not may()
    act(branch, key, "approve")
    assert signers.status_of(app, key) == "approved" and may()
    act(branch, key, "end_agreement")
    assert signers.status_of(app, key) == "ended" and not may()


def test_what_is_signed_is_not_changed_and_what_is_called_back_is_not_signed(app):
    found = signers.asked(app)
    with app.app_context(), acting(make.SEED):
        draft = db.session.get(RedistributionAgreement, found.draft)
        for rule in (rules.change, lambda row, by: rules.add_place(row, by, "LOC-77777"), rules.ask_to_sign):
            with pytest.raises(RuleBroken):
                rule(draft, make.SEED)
        rules.call_back(draft, make.SEED)
        db.session.commit()
    assert signers.Signer(app, signers.CMO).follow_link().code == 410
    assert signers.request_of(app, signers.CEO).status == "revoked"
