"""Help with a lost phone, and what the owner of an account hears of changes to it."""

import pyotp
from sqlalchemy import select

from app import second_factor
from app.rules import people
from models.base import db
from models.history import History
from models.notices import Notice
from models.scope import acting
from tests import factories as make
from tests.signing_in import marks, sign_in


def with_second_factor(app, user):
    """Sets up a second factor of the account, as its page does."""
    secret = second_factor.secret_to_confirm(user.id)
    assert second_factor.confirm(user.id, pyotp.TOTP(secret).now())


def told(app, username):
    """What the owner was mailed: (address, what)."""
    with app.app_context(), acting(make.SEED):
        query = select(Notice).where(Notice.kind == "account_changed").order_by(Notice.id)
        return [(one.to_address, one.context["what"]) for one in db.session.scalars(query)
                if one.context["username"] == username]  # fmt: skip


def test_the_help_desk_takes_a_lost_second_factor_off_and_the_person_hears_of_it(app):
    with app.app_context(), acting(make.SEED):
        nurse = make.membership("Healthcare Provider", make.user("lost.phone"), location=make.location()).user
        vip = make.membership("State Immunization Staff", make.user("state.person")).user
        make.membership("Help Desk", make.user("help.desk"))
        for one in (nurse, vip):
            with_second_factor(app, one)
        keys = nurse.id, vip.id
        db.session.commit()
    helper = sign_in(app.test_client(), "help.desk")
    for key in keys:
        sent = {**marks(helper), "_answered": "1"}
        helper.post(f"/portal-user/action/reset_second_factor/{key}", data=sent)
    with app.app_context(), acting(make.SEED):
        assert [second_factor.is_on(key) for key in keys] == [False, True], "not that of the state's staff"
        entries = db.session.scalars(select(History).where(History.username == "help.desk").order_by(History.id)).all()
        assert any(one.get("act") == "second factor off" for entry in entries for one in entry.changed)
    assert told(app, "lost.phone") == [("lost.phone@example.org", "second_off")] and told(app, "state.person") == []


def test_an_owner_hears_of_a_new_password_and_the_old_address_of_a_new_one(app):
    with app.app_context(), acting(make.SEED):
        user = make.user("moved")
        db.session.commit()
        people.set_password(user, make.SEED, "correct horse battery staple")
        db.session.commit()
        user.email = "moved.on@example.org"
        db.session.commit()
        user.phone = "9195550199"
        db.session.commit()
    assert told(app, "moved") == [("moved@example.org", "password"), ("moved@example.org", "email")]
