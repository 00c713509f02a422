"""The Provider Agreement of an application: what was submitted is what two sign, each from their own address."""

import io

import pypdf
import pytest
from sqlalchemy import select

from app.rules import agreements, applications, standing
from models.agreements import Agreement, SignatureRequest
from models.applications import Application, ApplicationEvent
from models.base import RuleBroken, db
from models.scope import Reach, acting
from tests import enrollment_kit as kit
from tests import factories as make
from tests import signers
from tests.signers import SIGNING, Signer

CMO, CEO, NAME = "cmo@haw.example", "ceo@haw.example", "First Name M Last Name"


def submitted(app, **more):
    """The key of an application that its administrator submitted to be signed, and who that is."""
    with app.app_context():
        place = make.location(name="Haw River Clinic")
        user = make.user("ada", email="ada@haw.example")
        make.membership("Organization Administrator", user, organization=place.organization, is_default=True)
        application = make.application(place, administrator_id=user.id, administrator_email=user.email, **more)
        with acting(make.SEED):
            first, second = standing.sections_of(application)
            first.content, second.content = kit.section_a(), kit.section_b()
            first.status = second.status = "complete"
            db.session.flush()
        reach = reach_of(user.id, place.organization_id)
        with acting(reach):
            applications.submit(db.session.get(Application, application.id), reach)
            db.session.flush()
        found = application.id, reach
        db.session.commit()
    return found


def reach_of(user_id, organization_id):
    return Reach(
        "organization", user_id=user_id, username="ada", profile="Organization Administrator",
        organization_id=organization_id,
    )  # fmt: skip


def standing_of(app, key):
    with app.app_context(), acting(make.SEED):
        application = db.session.get_one(Application, key)
        query = select(ApplicationEvent.kind).where(ApplicationEvent.application_id == key)
        kinds = list(db.session.scalars(query.order_by(ApplicationEvent.id)))
        return application.status, agreements.all_signed(application), kinds


def test_both_sign_what_was_submitted_and_it_waits_for_review(app):
    key, _reach = submitted(app, language="es")
    assert standing_of(app, key)[:2] == ("awaiting_signatures", False)
    with app.app_context(), acting(make.SEED):
        (agreement,) = db.session.scalars(select(Agreement)).all()
        pages = pypdf.PdfReader(io.BytesIO(agreement.document)).pages
        words = " ".join(" ".join(page.extract_text() for page in pages).split())
    for said in ("Haw River Health", "12 Mill Street", "Haw River Clinic", "(336) 555-0123", "License Number", NAME):
        assert said in words, said
    assert "Nombre legal" in words and "Report unused" not in words and "Doses not used" in words
    signer = Signer(app, CMO)
    assert "Haw River Clinic" in signer.follow_link().text
    assert signer.sign(NAME, signer.have_code()).code == 200
    assert standing_of(app, key)[:2] == ("awaiting_signatures", False)
    other = Signer(app, CEO)
    other.follow_link()
    assert other.sign(NAME, other.have_code()).code == 200
    status, all_signed, kinds = standing_of(app, key)
    assert (status, all_signed) == ("submitted", True)
    assert kinds[-4:] == ["signatures_asked", "signed", "signed", "ready"]


def test_a_declined_one_is_submitted_again_and_only_the_new_document_can_be_signed(app):
    key, reach = submitted(app)
    signer = Signer(app, CMO)
    signer.follow_link()
    signer.send(SIGNING, f"{SIGNING}decline", reason="The second clinic is missing")
    assert standing_of(app, key)[0] == "changes_requested"
    stale = Signer(app, CEO)
    stale_token = signers.token(app, CEO)
    with app.app_context():
        with acting(reach):
            applications.submit(db.session.get(Application, key), reach)
            db.session.flush()
        db.session.commit()
    assert stale.send(f"/link/{stale_token}", f"/link/{stale_token}").code == 410
    with app.app_context(), acting(make.SEED):
        query = select(SignatureRequest.status).order_by(SignatureRequest.id)
        assert list(db.session.scalars(query)) == ["declined", "revoked", "asked", "asked"]
        assert len(db.session.scalars(select(Agreement)).all()) == 2
    with app.app_context():
        with acting(reach):
            applications.withdraw(db.session.get(Application, key), reach, "No more")
            db.session.flush()
        db.session.commit()
    assert Signer(app, CMO).follow_link().code == 410
    assert signers.request_of(app, CMO).status == "revoked"


def test_one_address_cannot_sign_for_both(app):
    with app.app_context():
        place = make.location()
        application = make.application(place)
        with acting(make.SEED):
            first, second = standing.sections_of(application)
            first.content, second.content = kit.section_a(), kit.section_b()
            first.content["ceo"]["email"] = CMO.upper()
            first.status = second.status = "complete"
            db.session.flush()
            with pytest.raises(RuleBroken, match="other signer") as refused:
                applications.submit(application, make.SEED)
        assert refused.value.field == "ceo_email"
        db.session.rollback()
