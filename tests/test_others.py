"""A long upload knows whether somebody else writes: it rests for them, and loses no time where nobody does."""

import pytest
from sqlalchemy import create_engine, text

from app.jobs import others
from models.base import db
from models.scope import acting
from tests import factories as make

SET = 0.2  # seconds that a set took


@pytest.fixture
def engine(tmp_path):
    made = create_engine(f"sqlite:///{tmp_path}/a file?.db", pool_size=3)
    with made.begin() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text("CREATE TABLE noted (number INTEGER)"))
    yield made
    made.dispose()


def write(engine):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO noted VALUES (1)"))


def test_what_the_worker_stores_itself_is_nobody_elses(engine, monkeypatch):
    monkeypatch.setattr(others, "LATELY", 0.0)
    with engine.connect() as held, others.watched(engine) as seen:  # connections of the pool by turns
        for _set in range(3):
            seen.look()
            write(engine)
            held.execute(text("SELECT count(*) FROM noted"))
            seen.stored()
        monkeypatch.setattr(others, "LATELY", 3_600.0)
        seen._wrote = -7_200.0
        seen.look()
        assert seen.rest(SET) == others.MOMENT
        write(engine)
        seen.look()
        assert seen.rest(SET) == SET and seen.rest(60) == others.LONGEST_REST


def test_the_database_in_use_tells_of_a_write(app, monkeypatch):
    monkeypatch.setattr(others, "LATELY", 3_600.0)
    with app.app_context(), acting(make.SEED), others.watched(db.engine) as seen:
        make.location()
        db.session.commit()
        seen.look()
        assert seen.rest(SET) == SET


def test_who_is_alone_loses_a_moment_and_no_more_a_while_after_others_wrote(monkeypatch):
    versions = iter([1, 1, 2, 2])
    seen = others.Others(lambda: next(versions))
    seen.look()
    assert (seen.rest(SET), seen.leave_room_for(100)) == (others.MOMENT, 100 * others.ALONE)
    seen.look()
    assert (seen.rest(SET), seen.leave_room_for(100)) == (SET, 100)
    monkeypatch.setattr(others, "LATELY", 0.0)
    seen.stored()
    assert seen.rest(SET) == others.MOMENT
