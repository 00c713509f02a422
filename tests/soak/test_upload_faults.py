"""The disk is full, the database is gone: a file of 5,000 stops, goes on, and enters everybody once.

SOAK_GONE: for how many seconds the database is gone (35; SQLite's writers wait for 30 before they give up).
"""

import os
import sqlite3
import time
from contextlib import closing, contextmanager

import pytest

from app.factory import create_app
from models.base import db
from tests import databases
from tests.bulk_upload.sending import act, words
from tests.conftest import settings_for
from tests.soak.killing import Console
from tests.soak.long_file import ROWS, assert_all_are_there_once, sent
from tests.upload_commit.killing import finished, stands, worker

GONE = float(os.environ.get("SOAK_GONE", "35"))
PATIENCE = 300
PAGES_LEFT = 400  # of SQLite's: room for a few sets
ROWS_LEFT = 1_700
# PostgreSQL's own error of a full disk, once a table has so many rows.
FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF (SELECT count(*) FROM {table}) > {rows} THEN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER disk_is_full AFTER INSERT ON {table} EXECUTE FUNCTION disk_is_full();
"""
ROOM_AGAIN = "DROP TRIGGER disk_is_full ON {table}; DROP FUNCTION disk_is_full()"
NARROW = """
from sqlalchemy import Engine, event
@event.listens_for(Engine, "connect")
def narrow(connection, _record):
    connection.execute("PRAGMA max_page_count = {pages}")
"""

pytestmark = pytest.mark.soak


@contextmanager
def full_disk(url, table):
    """While the disk is full; gives the code with which a worker must begin to feel it."""
    if databases.KIND == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            pages = database.execute("PRAGMA page_count").fetchone()[0]
        yield NARROW.format(pages=pages + PAGES_LEFT)
        return
    with databases.cluster().superuser(url.rsplit("/", 1)[1]) as database:
        database.execute(FULL.format(table=table, rows=ROWS_LEFT))
        yield ""
        database.execute(ROOM_AGAIN.format(table=table))


@contextmanager
def database_gone(console):
    """PostgreSQL is not there at all; SQLite lets nobody write for longer than anybody waits."""
    if console.cluster:
        console.cluster.kill()
        yield
        console.cluster.start_again()
        return
    with closing(sqlite3.connect(console.url.removeprefix("sqlite:///"), isolation_level=None, timeout=60)) as held:
        held.execute("BEGIN EXCLUSIVE")
        yield


def at_work(app, key, rows):
    """Waits until so many rows of the stage are done."""
    until = time.monotonic() + PATIENCE
    while (found := stands(app, key))[1] < rows:
        assert found[0] in ("checking", "entering") and time.monotonic() < until, f"nothing is at work: {found}"
        time.sleep(0.02)


def comes_to(app, key, status):
    """Waits until the upload stands so."""
    until = time.monotonic() + PATIENCE
    while (found := stands(app, key))[0] != status:
        assert time.monotonic() < until, f"the work stands still at {found}"
        time.sleep(0.1)


def test_a_full_disk_loses_nobody_and_enters_nobody_twice(app, client, database_url):
    manager, where, key = sent(app, client)
    for stage, table, end in (("checking", "upload_row", "reviewed"), ("entering", "notice", "committed")):
        if stage == "entering":
            act(manager, where, "enter")
        with full_disk(database_url, table) as feels_it:
            worker(database_url, feels_it, lease="600").wait(PATIENCE)
            assert stands(app, key)[0] == stage
            assert 0 < stands(app, key)[1] < ROWS, "the disk was not full in the midst of it"
        assert finished(app, database_url, key, end)
    assert_all_are_there_once(app)


def test_a_database_that_is_gone_for_a_while_loses_nobody_and_enters_nobody_twice(tmp_path):
    console = Console(tmp_path)
    try:
        app = create_app(settings_for(console.url))
        console.start()
        manager, where, key = sent(app, app.test_client())
        for end in ("reviewed", "committed"):
            if end == "committed":
                said = words(act(manager, where, "enter"))
                assert stands(app, key)[0] != "reviewed", said
            at_work(app, key, 500)
            with database_gone(console):
                time.sleep(GONE)
            comes_to(app, key, end)
        assert console.children["worker"].poll() is None, "the worker had ended by itself"
        assert_all_are_there_once(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    finally:
        console.end()
