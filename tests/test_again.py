"""The database turns a request away for the sake of others: it is run again, or the answer keeps what was typed."""

import contextlib
import html
import os
import re
import sqlite3
import threading

import psycopg
import pytest
from sqlalchemy import event, func, select

from app import database
from app.fab.plain_errors import BUSY
from app.factory import create_app
from models.base import db
from models.enrollment import StorageUnit
from models.history import History, history_head
from models.scope import acting
from tests import databases, factories
from tests.conftest import settings_for
from tests.databases import KIND, cluster
from tests.signing_in import marks, sign_in

ALWAYS = 1_000
HIDDEN_INPUT = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture(scope="module")
def clinic():
    """The product on a database of these tests' own, that does not wait long; a manager's browser, and a unit."""
    name = f"again_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    app = create_app(settings_for(databases.copy("console", to=name)))
    with app.app_context():
        here = factories.location()
        factories.membership("Healthcare Location Manager", factories.user("manager"), location=here)
        factories.recipient(at=here)
        unit = factories.storage_unit(location=here).id
        db.session.commit()
        event.listen(db.engine, "connect", _wait_briefly)
        if KIND == "postgresql":
            with cluster().superuser(db.engine.url.database) as setting:
                setting.execute(f"ALTER DATABASE \"{db.engine.url.database}\" SET deadlock_timeout = '20ms'")
        db.session.remove()
        db.engine.dispose()
    browser = sign_in(app.test_client(), "manager")
    assert browser.get("/recipient/list/").status_code == 200  # the place's chain in the history has begun
    yield app, browser, unit
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(name)


def _wait_briefly(connection, _record):
    if KIND == "sqlite":
        connection.execute("PRAGMA busy_timeout=0")


@contextlib.contextmanager
def listening(engine, name, heard):
    event.listen(engine, name, heard)
    try:
        yield
    finally:
        event.remove(engine, name, heard)


@contextlib.contextmanager
def turned_away(app, table, times):
    """So many of the block's writes into this table are refused for the sake of others; the list of refusals."""
    with app.app_context():
        engine = db.engine
    refused = []
    if KIND == "postgresql":
        with cluster().superuser(engine.url.database) as other:
            other.execute("CREATE SEQUENCE refusals; GRANT ALL ON refusals TO PUBLIC")
            other.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF nextval('refusals') <= {times} THEN RAISE 'conflict' USING ERRCODE = '40001'; END IF;"
                " RETURN NEW; END $$"
            )
            other.execute(f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION refuse()")
            with listening(engine, "handle_error", lambda context: refused.append(context.original_exception)):
                yield refused
            other.execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse; DROP SEQUENCE refusals")
        return
    with contextlib.closing(
        sqlite3.connect(engine.url.database, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")

        def let_go(context):
            refused.append(context.original_exception)
            if len(refused) == times:
                other.execute("ROLLBACK")

        with listening(engine, "handle_error", let_go):
            yield refused


@contextlib.contextmanager
def crossing(app, unit):
    """Another transaction holds what the block's ends with, and wants what it has: one of the two must give way."""
    if KIND == "sqlite":
        with turned_away(app, "storage_unit", 1) as refused:
            yield refused
        return
    with app.app_context():
        engine = db.engine
    refused, threads = [], []
    name = engine.url.database
    with (
        psycopg.connect(cluster().url(name, "postgres")) as other,
        cluster().superuser(name) as watching,
    ):
        other.execute("SET deadlock_timeout = '10min'")  # it is not the one that gives way
        other.execute(f"SELECT * FROM {history_head.name} FOR UPDATE")

        def want():
            other.execute("SELECT * FROM storage_unit WHERE id = %s FOR UPDATE", [unit])
            other.rollback()

        def before(_connection, _cursor, statement, *_rest):
            if history_head.name not in statement or threads:
                return
            threads.append(threading.Thread(target=want))
            threads[0].start()
            waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            while not watching.execute(waits, [other.info.backend_pid]).fetchone()[0]:
                threads[0].join(0.005)

        heard = listening(engine, "handle_error", lambda context: refused.append(context.original_exception))
        with heard, listening(engine, "before_cursor_execute", before):
            yield refused
        for thread in threads:
            thread.join()


def rename(browser, unit, name):
    page = browser.get(f"/storage-unit/edit/{unit}").text
    version = re.search(r'name="row_version"[^>]*value="(\d+)"', page)[1]
    form = {**marks(browser), "name": name, "unit_kind": "freezer", "row_version": version}
    return form, lambda: browser.post(f"/storage-unit/edit/{unit}", data=form)


def stored(app, unit):
    """The unit's name and version, and how many entries of the history tell of a change of it."""
    with app.app_context(), acting(factories.SEED), database.reading_only():
        row = db.session.get(StorageUnit, unit)
        told = select(func.count()).select_from(History).where(History.path.like("/storage-unit/edit/%"))
        return row.name, row.row_version, db.session.scalar(told.where(History.outcome == "done"))


def test_the_loser_of_a_deadlock_is_run_again_and_stored_once(clinic):
    app, browser, unit = clinic
    _name, version, told = stored(app, unit)
    _form, send = rename(browser, unit, "After")
    with crossing(app, unit) as refused:
        answer = send()
    assert (answer.status_code, len(refused)) == (303, 1)
    if KIND == "postgresql":
        assert refused[0].sqlstate == "40P01"
    assert stored(app, unit) == ("After", version + 1, told + 1)
    assert browser.get(answer.location).text.count("Saved.") == 1


@pytest.mark.parametrize("table", ["storage_unit", "history"])
def test_a_form_that_is_turned_away_twice_is_saved_and_always_comes_back_as_it_was_typed(clinic, table):
    app, browser, unit = clinic
    _name, version, told = stored(app, unit)
    _form, send = rename(browser, unit, f"Third time, {table}")
    with turned_away(app, table, 2) as refused:
        assert send().status_code == 303
    saved = (f"Third time, {table}", version + 1, told + 1)
    assert len(refused) == 2 and stored(app, unit) == saved
    form, send = rename(browser, unit, "Typed <with> care")
    with turned_away(app, table, ALWAYS) as refused:
        answer = send()
        assert (answer.status_code, len(refused)) == (503, 3)
        assert "Typed &lt;with&gt; care" in answer.text and str(BUSY) in answer.text
        assert stored(app, unit) == saved
        by_api = browser.post(
            "/api/v1/storageunit/", json={"name": "By API", "unit_kind": "freezer"},
            headers={"X-CSRFToken": form["csrf_token"], "X-Place": form["_place"]},
        )  # fmt: skip
        assert by_api.status_code in (422, 503), by_api.text


def test_what_was_shown_is_written_by_another_run_or_not_shown(clinic):
    app, browser, _unit = clinic
    with turned_away(app, "history", 2) as refused:
        assert browser.get("/recipient/list/").status_code == 200
    assert len(refused) == 2
    with turned_away(app, "history", ALWAYS) as refused:
        answer = browser.get("/recipient/list/")
    assert (answer.status_code, answer.headers["Retry-After"], len(refused)) == (503, "10", 3)
    assert "Send it again" not in answer.text and "Content-Security-Policy" in answer.headers


def test_a_form_that_meets_a_busy_database_past_its_page_can_be_sent_again(clinic):
    app, browser, _unit = clinic
    form = {**marks(browser, "/find/"), "last_name": "O'Neil & Söhne", "birth_date": "1980-01-31"}
    with turned_away(app, "sign_in_session", ALWAYS):
        answer = browser.post("/find/", data=form)
        assert answer.status_code == 503 and "Send it again" in answer.text
    kept = dict(HIDDEN_INPUT.findall(answer.text))
    assert {name: html.unescape(value) for name, value in kept.items()} == form
    assert browser.post("/find/", data=form).status_code in (200, 302, 303)


def test_an_attempt_to_sign_in_is_counted_once_and_no_secret_comes_back(clinic):
    app, _browser, _unit = clinic
    stranger = app.test_client()
    form = {**marks(stranger, "/login/"), "username": "manager", "password": factories.PASSWORD}
    with turned_away(app, "history", ALWAYS) as refused:
        answer = stranger.post("/login/", data=form)
    assert answer.status_code == 503 and factories.PASSWORD not in answer.text
    assert len(refused) == (3 if KIND == "sqlite" else 2)  # SQLite is busy before the attempt is counted
    assert stranger.post("/login/", data=form).status_code == 302
