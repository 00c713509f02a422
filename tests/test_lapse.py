"""Access that nobody uses: warned of twice, lapsed after 90 days, renewed in one act, and never the last manager's."""

import datetime as dt

import pytest
from sqlalchemy import select

from app import worker
from app.jobs import housekeeping
from app.rules import clock, lapse
from models.base import db
from models.notices import Notice
from models.people import LAPSES_AFTER, Membership
from models.scope import acting
from tests import factories as make
from tests.signing_in import marks, send, sign_in

DAY = dt.timedelta(days=1)


def today():
    return clock.today()


def nightly(on):
    with acting(make.SEED):
        told = lapse.nightly(on, make.SEED)
        db.session.flush()
        return {name: count for name, count in told.items() if count}


def mails(kind):
    with acting(make.SEED):
        query = select(Notice.to_address, Notice.context).where(Notice.kind == kind).order_by(Notice.id)
        return db.session.execute(query).all()


def stored(key):
    with acting(make.SEED):
        return db.session.get(Membership, key, populate_existing=True)


@pytest.fixture
def inside(app):
    with app.app_context():
        yield


def test_others_are_warned_twice_and_lapse_and_the_last_manager_stays(inside):
    place, due = make.location(name="Harbor Clinic"), today() + 30 * DAY
    nurse = make.membership("Healthcare Provider", location=place, lapses_on=due)
    managers = [
        make.membership("Healthcare Location Manager", location=place, lapses_on=due + n * DAY) for n in range(2)
    ]
    ended = make.membership("Front Desk", location=place, lapses_on=due, ends_on=today())
    state = make.membership("State Administrator")
    assert nightly(due - 15 * DAY) == {}
    assert nightly(due - 14 * DAY) == {"warned": 2}
    assert nightly(due - 14 * DAY) == {}, "the job run again does nothing more"
    assert nightly(due - 5 * DAY) == {"warned": 1}, "the second manager, late; nobody is told twice of the same"
    assert nightly(due - 2 * DAY) == {"warned": 3}, "the nights before were missed"
    warned = mails("access_lapses")
    assert [address for address, _said in warned].count(nurse.user.email) == 2
    assert warned[0][1] == {"place": "Harbor Clinic", "lapses_on": due.isoformat()}
    assert {said["count"] for _address, said in mails("team_lapses")} == {1, 2, 3}
    assert nightly(due) == {"lapsed": 2}
    assert nightly(due + 100 * DAY) == {}
    assert not stored(nurse.id).holds_on(due) and not stored(managers[0].id).holds_on(due)
    assert stored(managers[1].id).holds_on(due), "the last manager keeps the access"
    assert stored(ended.id).lapsed_on is None and stored(state.id).lapses_on is None


def test_the_idle_days_of_access_given_before_begin_with_the_first_night(inside):
    old = make.membership("Healthcare Provider", location=make.location())
    assert nightly(today()) == {"begun": 1}
    assert stored(old.id).lapses_on == today() + LAPSES_AFTER


def test_use_begins_the_idle_days_anew_with_one_write_a_day(app, client):
    with app.app_context():
        used = make.membership("Front Desk", location=make.location(), lapses_on=today() + 2 * DAY)
        other = make.membership("Front Desk", used.user, location=make.location(), lapses_on=today() + 2 * DAY)
        key, other_key, version, username = used.id, other.id, used.row_version, used.user.username
        db.session.commit()
    sign_in(client, username)
    with app.app_context():
        kept = stored(key)
        assert (kept.last_used_on, kept.lapses_on) == (today(), today() + LAPSES_AFTER)
        assert kept.row_version == version, "nobody's form is made stale by it"
        assert stored(other_key).last_used_on is None, "only the place that was open"
        with acting(make.SEED):
            kept.lapses_on = today()
            db.session.commit()
    client.get("/start/")
    with app.app_context():
        assert stored(key).lapses_on == today(), "the second request of the day writes nothing"


def test_what_lapsed_opens_nothing_until_the_manager_renews_all_in_one_act(app, client):
    with app.app_context():
        place = make.location()
        boss = make.membership("Healthcare Location Manager", location=place).user.username
        gone = [
            make.membership("Front Desk", location=place, lapses_on=today(), lapsed_on=today()),
            make.membership("Healthcare Provider", location=place, lapses_on=today() + 9 * DAY),
        ]
        foreign = make.membership("Front Desk", location=make.location(), lapses_on=today(), lapsed_on=today())
        names, keys = [one.user.username for one in gone], [one.id for one in gone]
        foreign_key = foreign.id
        db.session.commit()
    stranger = app.test_client()
    form = {"username": names[0], "password": make.PASSWORD}
    stranger.post("/login/", data=form | marks(stranger, "/login/"))
    assert stranger.get("/start/").status_code == 403
    manager = sign_in(client, boss)
    page = manager.get("/lapsing/").get_data(as_text=True)
    assert "Renew all" in page
    assert send(manager, f"/lapsing/{foreign_key}/renew").status_code == 404
    assert send(manager, "/lapsing/all/renew").status_code == 303
    with app.app_context():
        assert [stored(key).lapses_on for key in keys] == [today() + LAPSES_AFTER] * 2
        assert stored(foreign_key).lapsed_on == today()
    assert "No access lapses soon" in manager.get("/lapsing/").get_data(as_text=True)
    assert stranger.get("/start/").status_code == 200


def test_the_worker_lets_access_lapse_at_night(app):
    with app.app_context():
        key = make.membership("Front Desk", location=make.location(), lapses_on=today() - DAY).id
        db.session.commit()
    for _night in range(2):
        worker.step(app, "lapse-access", lambda: housekeeping.lapse_access(worker.ACCOUNT))
    with app.app_context():
        assert stored(key).lapsed_on == today()
