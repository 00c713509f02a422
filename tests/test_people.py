"""Who may let in, change and shut out whom."""

import datetime as dt

import pytest
from sqlalchemy import select
from werkzeug.security import check_password_hash

from app.rules import clock, people
from models.base import RuleBroken, db
from models.history import History
from models.people import Membership, PortalUser
from models.scope import Reach, acting
from tests import factories as make

NEW = "correct horse battery staple"


def reach_of(membership):
    place = membership.location
    kind = "location" if place else "state"
    return Reach(
        kind, user_id=membership.user_id, profile=membership.profile, membership_id=membership.id,
        location_id=place.id if place else None,
    )  # fmt: skip


def colleague_of(membership):
    return make.membership("Vaccine Coordinator", location=membership.location).user_id


@pytest.fixture
def inside(app):
    with app.app_context():
        yield


@pytest.fixture
def manager(inside):
    return make.membership("Healthcare Location Manager", location=make.location())


@pytest.mark.parametrize("profile", ["Healthcare Provider", "Front Desk", "Inventory Manager"])
def test_a_manager_lets_people_in_at_the_own_place(manager, profile):
    with acting(reach_of(manager)):
        given = people.grant(Membership(user_id=colleague_of(manager), profile=profile), reach_of(manager))
        assert given.location_id == manager.location_id


@pytest.mark.parametrize("profile", ["State Administrator", "Vaccine Coordinator", "Recipient", "Emperor"])
def test_nobody_grants_what_the_table_does_not_let_them(manager, profile):
    with acting(reach_of(manager)), pytest.raises(RuleBroken) as refusal:
        people.grant(Membership(user_id=manager.user_id, profile=profile), reach_of(manager))
    assert refusal.value.field == "profile"


def test_nobody_grants_at_another_place(manager):
    elsewhere = make.location()
    with acting(reach_of(manager)), pytest.raises(RuleBroken) as refusal:
        membership = Membership(user_id=colleague_of(manager), profile="Front Desk", location_id=elsewhere.id)
        people.grant(membership, reach_of(manager))
    assert refusal.value.field == "location"


def test_a_profile_of_the_state_is_for_no_place(inside):
    admin = make.membership("State Administrator")
    with acting(reach_of(admin)), pytest.raises(RuleBroken) as refusal:
        place = make.location()
        people.grant(Membership(user=make.user(), profile="Auditor", location=place), reach_of(admin))
    assert refusal.value.field == "location"


@pytest.mark.parametrize("profile", ["Healthcare Provider", "Front Desk"])
def test_nobody_raises_oneself_through_ones_own_grants(manager, profile):
    with acting(reach_of(manager)), pytest.raises(RuleBroken) as refusal:
        people.grant(Membership(user_id=manager.user_id, profile=profile), reach_of(manager))
    assert refusal.value.field == "user"


def test_a_state_administrator_does_not_take_the_sight_of_recipients(inside):
    admin = make.membership("State Administrator")
    with acting(reach_of(admin)), pytest.raises(RuleBroken) as refusal:
        people.grant(Membership(user=admin.user, profile="State Immunization Staff"), reach_of(admin))
    assert refusal.value.field == "user"


@pytest.mark.parametrize(
    "profile", ["Healthcare Location Manager", "Healthcare Provider", "Front Desk", "Inventory Manager"]
)
def test_a_state_administrator_staffs_a_new_location(inside, profile):
    """Managers reach their colleagues only: somebody must let the first ones in."""
    admin, place = make.membership("State Administrator"), make.location()
    with acting(reach_of(admin)):
        people.grant(Membership(user=make.user(), profile=profile, location=place), reach_of(admin))


def test_what_has_ended_is_not_ended_again(manager):
    last_day = clock.today() - dt.timedelta(days=30)
    gone = make.membership("Front Desk", location=manager.location, ends_on=last_day)
    with acting(reach_of(manager)), pytest.raises(RuleBroken):
        people.end(gone, reach_of(manager))
    assert gone.ends_on == last_day


def test_the_membership_in_use_is_not_ended_by_its_owner(manager):
    with acting(reach_of(manager)), pytest.raises(RuleBroken):
        people.end(manager, reach_of(manager))


def test_a_password_is_set_and_ends_all_sessions(inside):
    admin, nurse = make.membership("State Administrator"), make.user()
    make.membership("Healthcare Provider", nurse, location=make.location())
    before = nurse.session_epoch
    with acting(reach_of(admin)):
        people.set_password(nurse, reach_of(admin), NEW)
        db.session.flush()
    assert check_password_hash(nurse.password, NEW) and nurse.session_epoch == before + 1


def test_a_new_password_is_in_the_history_but_not_its_value(app, inside):
    admin, nurse = make.membership("State Administrator"), make.user()
    db.session.commit()
    with acting(reach_of(admin)):
        people.set_password(nurse, reach_of(admin), NEW)
        db.session.commit()
    with acting(make.SEED):
        entry = db.session.scalars(select(History).order_by(History.id.desc()).limit(1)).one()
        (change,) = [one for one in entry.changed if one["entity"] != "Notice"]
        assert (entry.user_id, change["entity"], change["id"]) == (admin.user_id, "PortalUser", nurse.id)
        assert change["values"] == {"password": ["***", "***"]}


def test_a_short_password_is_refused_at_its_field(inside):
    admin, nurse = make.membership("State Administrator"), make.user()
    with acting(reach_of(admin)), pytest.raises(RuleBroken) as refusal:
        people.set_password(nurse, reach_of(admin), "x" * 14)
    assert refusal.value.field == "password"


def test_nobody_changes_a_person_above_the_own_authority(manager):
    """A state administrator who also works at the clinic is not the manager's to change."""
    boss = make.membership("State Administrator")
    make.membership("Front Desk", boss.user, location=manager.location)
    with acting(reach_of(manager)):
        for attempt in (
            lambda: people.set_password(boss.user, reach_of(manager), NEW),
            lambda: people.change_user(boss.user, reach_of(manager)),
        ):
            with pytest.raises(RuleBroken):
                attempt()


def test_an_account_without_address_gets_one_that_nobody_reads(inside):
    admin = make.membership("State Administrator")
    with acting(reach_of(admin)):
        user = people.add_user(PortalUser(username=" New.Nurse ", first_name="New", last_name="Nurse"), reach_of(admin))
    assert (user.username, user.email) == ("new.nurse", "new.nurse@account.invalid")


def test_whoever_is_shut_out_is_out_at_once(inside):
    admin, nurse = make.membership("State Administrator"), make.user()
    before = nurse.session_epoch
    with acting(reach_of(admin)):
        nurse.active = False
        people.change_user(nurse, reach_of(admin))
    assert nurse.session_epoch == before + 1


def test_nobody_shuts_the_own_account(inside):
    admin = make.membership("State Administrator")
    with acting(reach_of(admin)):
        admin.user.active = False
        with pytest.raises(RuleBroken) as refusal:
            people.change_user(admin.user, reach_of(admin))
    assert refusal.value.field == "active"
