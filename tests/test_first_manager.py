"""The first manager of a location: made or found by the state, once, and told by mail."""

import pytest
from sqlalchemy import select

from app import letters
from app.rules import people
from models.base import RuleBroken, db
from models.history import History
from models.notices import Notice
from models.people import PortalUser
from models.scope import acting
from tests import factories as make
from tests.test_people import reach_of


@pytest.fixture
def reviewer(app):
    with app.app_context():
        yield reach_of(make.membership("State Immunization Staff"))


def mails_to(user):
    with acting(make.SEED):
        return db.session.scalars(select(Notice).where(Notice.user_id == user.id).order_by(Notice.id)).all()


def test_the_first_manager_is_made_once_and_told_how_to_sign_in(reviewer):
    place = make.location()
    with acting(reviewer):
        made = people.first_manager(place, "Renée  Van Dyke", " Renee@Clinic.example ", reviewer)
        again = people.first_manager(place, "Somebody Else", "else@clinic.example", reviewer)
        db.session.commit()
    user = made.user
    assert again.id == made.id, "a location that has a manager keeps that one"
    assert (made.profile, made.location_id) == ("Healthcare Location Manager", place.id)
    assert (user.first_name, user.last_name, user.email) == ("Renée Van", "Dyke", "renee@clinic.example")
    assert (user.username, user.password) == ("reneevan.dyke", None)
    (mail,) = mails_to(user)
    for language in letters.LANGUAGES:
        subject, body = letters.words(mail.kind, language, mail.context)
        assert subject and place.name in body and user.username in body and "/provider" in body


def test_the_first_manager_may_be_somebody_known_who_keeps_the_one_sign_in(reviewer):
    known, place = make.user(email="Known@clinic.example"), make.location()
    with acting(reviewer):
        made = people.first_manager(place, "Robin Tester", "known@CLINIC.example", reviewer)
    assert made.user_id == known.id


def test_two_people_of_one_name_have_two_usernames(reviewer):
    with acting(reviewer):
        names = [
            people.first_manager(make.location(), "Ann Lee", f"ann{n}@clinic.example", reviewer).user.username
            for n in range(3)
        ]
    assert names == ["ann.lee", "ann.lee2", "ann.lee3"]


@pytest.mark.parametrize("email", ["not-an-address", "", "x@account.invalid"])
def test_a_manager_without_an_address_is_refused_at_the_field(reviewer, email):
    with acting(reviewer), pytest.raises(RuleBroken) as refusal:
        people.first_manager(make.location(), "Ann Lee", email, reviewer)
    assert refusal.value.field == "email"


def test_an_account_that_is_shut_is_not_let_in(reviewer):
    make.user(email="gone@clinic.example", active=False)
    with acting(reviewer), pytest.raises(RuleBroken) as refusal:
        people.first_manager(make.location(), "Robin Tester", "gone@clinic.example", reviewer)
    assert refusal.value.field == "email"


def test_no_place_makes_its_own_first_manager_and_the_attempt_stands_in_the_history(app):
    with app.app_context():
        keeper = make.membership("Inventory Manager", location=make.location())
        place, reach = keeper.location, reach_of(keeper)
        db.session.commit()
        with acting(reach):
            with pytest.raises(RuleBroken):
                people.first_manager(place, "Ann Lee", "ann@clinic.example", reach)
            db.session.rollback()
            db.session.commit()
        with acting(make.SEED):
            assert (
                db.session.scalars(select(PortalUser).where(PortalUser.email == "ann@clinic.example")).first() is None
            )
            entry = db.session.scalars(select(History).order_by(History.id.desc()).limit(1)).one()
            assert (entry.outcome, entry.username) == ("not granted", reach.username)
