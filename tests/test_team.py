"""Account management of a location: bringing people in, changing what they are, ending and renewing access."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.rules import clock, people, team
from models.access_requests import AccessRequest
from models.base import RuleBroken, db
from models.notices import Notice
from models.people import LAPSES_AFTER, Membership, PortalUser
from models.scope import acting
from tests import factories as make
from tests.test_people import reach_of

TODAY = clock.today


def asked(**more):
    values = {"first_name": "Ida", "last_name": "Newcomer", "email": "ida@clinic.example", "profile": "Front Desk"}
    return AccessRequest(**{**values, **more})


def refused_at(field, work, *given, **more):
    with pytest.raises(RuleBroken) as refusal:
        work(*given, **more)
    assert refusal.value.field == field
    return str(refusal.value.message)


@pytest.fixture
def inside(app):
    with app.app_context():
        yield


@pytest.fixture
def manager(inside):
    membership = make.membership("Healthcare Location Manager", location=make.location())
    with acting(reach_of(membership)):
        yield membership


def add(manager, **more):
    request = asked(location=manager.location, **more)
    made = team.add_person(request, reach_of(manager))
    db.session.add(request)
    db.session.flush()
    return request, made


def mails(kind, address):
    with acting(make.SEED):
        return db.session.scalars(select(Notice).where(Notice.kind == kind, Notice.to_address == address)).all()


def test_a_new_person_gets_an_account_access_and_a_mail(manager):
    request, made = add(manager, username="INEWCOMER")
    assert (made.location_id, made.profile, made.lapses_on) == (
        manager.location_id,
        "Front Desk",
        TODAY() + LAPSES_AFTER,
    )
    assert (made.user.username, made.user.ncid, made.user.password) == ("inewcomer", "INEWCOMER", None)
    assert (request.status, request.how, request.decided_by_id) == ("let_in", "added", manager.user_id)
    (mail,) = mails("access", "ida@clinic.example")
    assert mail.context["username"] == "inewcomer" and mail.location_id == manager.location_id


@pytest.mark.parametrize("how", [{"email": "KNOWN@there.example"}, {"email": None, "username": "Known.There"}])
def test_somebody_known_elsewhere_keeps_the_account_and_gets_this_place_besides(manager, how):
    """The place learns nothing of other places: before it is let in it does not even see the person."""
    known = make.user("known.there", email="known@there.example", first_name="Ida", last_name="Newcomer")
    make.membership("Healthcare Provider", known, location=make.location())
    db.session.commit()
    assert db.session.scalars(select(PortalUser).where(PortalUser.id == known.id)).first() is None
    _request, made = add(manager, **how)
    assert made.user_id == known.id
    seen = db.session.scalars(select(Membership).where(Membership.user_id == known.id)).all()
    assert [row.location_id for row in seen] == [manager.location_id]


def test_an_address_with_another_name_gives_nothing_away(manager):
    make.user("known.there", email="known@there.example", first_name="Victor", last_name="Secret")
    words = refused_at("last_name", add, manager, email="known@there.example")
    assert "Victor" not in words and "Secret" not in words
    make.user("second.there", email="second@there.example", last_name="Newcomer")
    refused_at("username", add, manager, email="known@there.example", username="second.there")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"profile": "Vaccine Coordinator"}, "profile"),
        ({"profile": "State Administrator"}, "profile"),
        ({"email": None}, "email"),
        ({"email": "nobody@nowhere"}, "email"),
        ({"email": None, "username": "nobody.here"}, "email"),
        ({"username": "two words"}, "username"),
        ({"first_name": "R2D2"}, "first_name"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(manager, more, field):
    refused_at(field, add, manager, **more)


def test_nobody_is_let_in_at_another_place_nor_twice_nor_oneself(manager):
    elsewhere = make.location()
    refused_at("location", team.add_person, asked(location=elsewhere), reach_of(manager))
    add(manager)
    refused_at("profile", add, manager)
    own = manager.user
    refused_at("user", add, manager, email=own.email, first_name=own.first_name, last_name=own.last_name)


def test_a_profile_is_changed_by_ending_one_membership_and_beginning_another(manager):
    _request, before = add(manager)
    after = team.change_profile(before, reach_of(manager), "Healthcare Provider")
    assert before.ends_on < TODAY() and not before.holds_on(TODAY())
    assert (after.user_id, after.profile, after.starts_on) == (before.user_id, "Healthcare Provider", TODAY())
    refused_at("profile", team.change_profile, after, reach_of(manager), "Vaccine Coordinator")
    refused_at("profile", team.change_profile, after, reach_of(manager), "Healthcare Provider")
    refused_at(None, team.change_profile, before, reach_of(manager), "Inventory Manager")


def test_access_ends_with_a_day_or_at_once(manager):
    _request, made = add(manager)
    yesterday, later = TODAY() - dt.timedelta(days=1), TODAY() + dt.timedelta(days=10)
    refused_at("last_day", people.end, made, reach_of(manager), yesterday)
    people.end(made, reach_of(manager), later)
    assert made.ends_on == later and made.holds_on(later)
    people.end(made, reach_of(manager))
    assert not made.holds_on(TODAY())


def test_a_day_ends_with_the_day_of_the_state(manager, monkeypatch):
    evening = dt.datetime(2021, 3, 2, 1, 30)  # in UTC; in North Carolina it is the evening of March 1
    monkeypatch.setattr(clock, "utcnow", lambda: evening)
    _request, made = add(manager)
    assert people.end(made, reach_of(manager), dt.date(2021, 3, 1)).holds_on(clock.today())
    monkeypatch.setattr(clock, "utcnow", lambda: evening + dt.timedelta(hours=4))
    assert not made.holds_on(clock.today())


def test_a_location_keeps_a_manager_unless_the_state_says_otherwise(manager):
    coordinator = make.membership("Vaccine Coordinator", location=manager.location)
    with acting(reach_of(coordinator)):
        refused_at(None, people.end, manager, reach_of(coordinator))
        refused_at(None, team.change_profile, manager, reach_of(coordinator), "Front Desk")
    second = make.membership("Healthcare Location Manager", location=manager.location)
    soon = TODAY() + dt.timedelta(days=10)
    with acting(reach_of(coordinator)):
        people.end(second, reach_of(coordinator), soon)  # from then on there is one only
        refused_at(None, people.end, manager, reach_of(coordinator), soon + dt.timedelta(days=1))
        people.end(second, reach_of(coordinator))
    admin = make.membership("State Administrator")
    with acting(reach_of(admin)):
        people.end(manager, reach_of(admin))


def test_a_coordinator_brings_in_the_team_and_the_back_up_coordinator(inside):
    coordinator = make.membership("Vaccine Coordinator", location=make.location())
    with acting(reach_of(coordinator)):
        for n, profile in enumerate(("Vaccine Coordinator", "Healthcare Location Manager", "Healthcare Provider")):
            _request, made = add(coordinator, email=f"p{n}@clinic.example", profile=profile)
            assert (made.profile, made.location_id) == (profile, coordinator.location_id)


def test_a_lapsed_membership_is_renewed_at_the_own_place_only(manager):
    """One's own access elsewhere is seen from here, and not to be renewed or ended from here."""
    _request, made = add(manager)
    made.lapses_on = made.lapsed_on = TODAY()
    assert not made.holds_on(TODAY())
    team.renew(made, reach_of(manager))
    assert made.holds_on(TODAY()) and made.lapses_on == TODAY() + LAPSES_AFTER
    mine = make.membership("Front Desk", manager.user, location=make.location(), lapsed_on=TODAY())
    for act in (team.renew, people.end):
        refused_at(None, act, mine, reach_of(manager))
    refused_at(None, team.renew, manager, reach_of(manager))


def test_who_asked_is_let_in_or_turned_down_once(manager):
    first, second = (make.access_request(manager.location, email=f"{name}@new.example") for name in ("ann", "bo"))
    team.let_in(first, reach_of(manager))
    assert (first.status, first.decided_by_id) == ("let_in", manager.user_id) and mails("access", "ann@new.example")
    team.turn_down(second, reach_of(manager), "We do not know you.")
    assert (second.status, second.refusal) == ("turned_down", "We do not know you.")
    (mail,) = mails("access_refused", "bo@new.example")
    assert mail.context["reason"] == "We do not know you."
    for request in (first, second):
        refused_at(None, team.let_in, request, reach_of(manager))
        refused_at(None, team.turn_down, request, reach_of(manager), "No.")


def test_the_state_lets_in_the_first_manager_and_nobody_else(inside):
    place, staff = make.location(), make.membership("State Immunization Staff")
    with acting(reach_of(staff)):
        request = make.access_request(place, profile="Healthcare Location Manager")
        team.let_in(request, reach_of(staff))
        assert people.managers_at(place.id, TODAY())[0].user_id == request.user_id
        second = make.access_request(place, profile="Healthcare Location Manager")
        refused_at("profile", team.let_in, second, reach_of(staff))
        refused_at("profile", team.let_in, make.access_request(place), reach_of(staff))
