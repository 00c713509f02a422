"""The database goes away and comes back: what was asked meanwhile is answered in plain words, and nothing is lost."""

import contextlib
import os
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from app.factory import create_app
from models.base import db
from models.enrollment import Location, StorageUnit
from models.history import History
from models.scope import acting
from tests import factories
from tests.conftest import settings_for
from tests.databases import KIND, cluster
from tests.signing_in import marks, sign_in

PAGES = ("/start/", "/recipient/list/", "/api/v1/recipient/", "/find/")


@pytest.fixture
def clinic(own_database):
    """The product on a database of the test's own, and a manager's browser."""
    app = create_app(settings_for(own_database()))
    with app.app_context():
        here = factories.location()
        factories.membership("Healthcare Location Manager", factories.user("manager"), location=here)
        factories.recipient(at=here)
        db.session.commit()
    yield app, sign_in(app.test_client(), "manager")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def name_of(app):
    with app.app_context():
        return db.engine.url.database


def drop_connections(database):
    """What a restart of the server does to everybody who is connected."""
    with cluster().superuser("postgres") as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])


@contextlib.contextmanager
def away(app):
    """The database cannot be reached for the block."""
    database = name_of(app)
    if KIND == "postgresql":
        with cluster().superuser("postgres") as connection:
            connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
            drop_connections(database)
            try:
                yield
            finally:
                connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
        return
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    aside = Path(f"{database}.aside")
    Path(database).rename(aside)
    os.mkdir(database)  # else SQLite would make an empty one
    try:
        yield
    finally:
        os.rmdir(database)
        aside.rename(database)


@contextlib.contextmanager
def dropped_at(app, number):
    """The connection is lost just before the so-manieth statement of what the block asks; answers how many came."""
    sent = []

    def drop(connection, *_rest):
        sent.append(1)
        if len(sent) != number:
            return
        driver = connection.connection.driver_connection
        if KIND == "postgresql":
            with cluster().superuser("postgres") as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])
        else:
            driver.set_progress_handler(lambda: 1, 1)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", drop)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", drop)
        engine.dispose()


def is_plain(answer, path):
    """503, when to come again, in words of this reader's language, without a word of the database's own."""
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "10"), (path, answer.text[:300])
    text = answer.json["message"] if path.startswith("/api/") else answer.text
    assert "try again" in text
    assert not any(word in answer.text for word in ("SELECT", "psycopg", "sqlite3", "Traceback", "connection"))


def test_connections_that_were_dropped_are_taken_up_again(clinic):
    app, browser = clinic
    assert browser.get("/recipient/list/").status_code == 200
    if KIND == "postgresql":
        drop_connections(name_of(app))
    else:
        with away(app):
            pass
    for path in PAGES:
        assert browser.get(path).status_code == 200, path


def test_while_the_database_is_away_everything_is_answered_in_plain_words_and_goes_on_after(clinic):
    app, browser = clinic
    mine = marks(browser)
    with away(app):
        for path in PAGES:
            is_plain(browser.get(path), path)
        is_plain(browser.post("/find/", data={**mine, "last_name": "x", "birth_date": "1980-01-01"}), "/find/")
        spanish = browser.get("/start/", headers={"Accept-Language": "es"})
        assert spanish.status_code == 503 and 'lang="es"' in spanish.text and "base de datos" in spanish.text
        stranger = app.test_client().post(
            "/api/v1/security/login", json={"username": "manager", "password": "x", "provider": "db"}
        )
        is_plain(stranger, "/api/")
    for path in PAGES:
        assert browser.get(path).status_code == 200, path  # still signed in


@pytest.mark.parametrize("path", PAGES[1:3])
def test_a_connection_lost_at_any_statement_shows_nothing_that_the_history_does_not_name(clinic, path):
    app, browser = clinic
    number, answers = 0, []
    while True:
        number += 1
        before = shown(app)
        with dropped_at(app, number) as sent:
            answer = browser.get(path)
        if len(sent) < number:
            break
        answers.append(answer.status_code)
        assert answer.status_code in (200, 503), (number, answer.status_code, answer.text[:300])
        if answer.status_code == 503:
            is_plain(answer, path)
        else:
            assert shown(app) > before, number
        assert browser.get(path).status_code == 200
    assert answers.count(503) >= 4


def shown(app):
    with app.app_context(), acting(factories.SEED):
        return db.session.scalar(select(func.count()).select_from(History))


def test_a_record_whose_connection_is_lost_at_any_statement_is_there_once_or_not_at_all(clinic):
    app, browser = clinic
    with app.app_context(), acting(factories.SEED):
        here = db.session.scalars(select(Location.id).order_by(Location.id)).first()
    form = {"location": here, "name": "Once", "unit_kind": "freezer"}
    headers = {"X-CSRFToken": marks(browser)["csrf_token"], "X-Place": marks(browser)["_place"]}
    number, answers = 0, []
    while True:
        number += 1
        before = count(app)
        with dropped_at(app, number) as sent:
            answer = browser.post("/api/v1/storageunit/", json=form, headers=headers)
        if len(sent) < number:
            break
        answers.append(answer.status_code)
        there = count(app) - before
        assert answer.status_code in (201, 503), (number, answer.text)
        if answer.status_code == 201 or "may have been saved" not in answer.text:
            assert there == (1 if answer.status_code == 201 else 0), (number, answer.text)
        assert there in (0, 1)
    assert answer.status_code == 201, answer.text
    assert answers.count(503) >= 4


def count(app):
    with app.app_context(), acting(factories.SEED):
        return db.session.scalar(select(func.count()).select_from(StorageUnit))
