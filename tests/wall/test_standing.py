"""The second wall stands: no reach is left over, nobody who runs can take it down, and it costs next to nothing."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from app import database, wall, wall_policies
from app.row_access import OutOfReach
from models.base import db
from models.doses import Dose
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.postgres import OWNER, RUNTIME
from tests.signing_in import sign_in
from tests.wall.asking import POSTGRESQL, by_cursor

pytestmark = pytest.mark.shared_data


def test_what_the_reach_was_a_moment_ago_does_not_count(world):
    """Privileged looks, relations and accounts of the system open the wall for their own statements only."""
    if not POSTGRESQL:
        return
    mine = f"SELECT count(*) FROM recipient WHERE id <> {world.rows['Recipient'][0]}"
    with acting(world.reaches["location"]):
        before = by_cursor(mine)
        for look in (
            lambda: db.session.scalars(select(Recipient).execution_options(unscoped="find_person")).all(),
            lambda: db.session.scalars(select(Dose)).first().location.organization.name,
            lambda: [acting(make.SEED).__enter__(), db.session.scalars(select(Recipient)).all()],
        ):
            with acting(world.reaches["location"]):
                db.session.expunge_all()
                assert look()
            assert by_cursor(mine) == before
        with db.session.begin_nested() as inner:
            with acting(make.SEED):
                assert db.session.scalar(select(func.count()).select_from(Recipient)) > before[0][0] + 1
            inner.rollback()
        assert by_cursor(mine) == before
        with pytest.raises(ZeroDivisionError), db.session.begin_nested():
            with acting(make.SEED):
                db.session.scalars(select(Recipient)).all()
            raise ZeroDivisionError
        assert by_cursor(mine) == before
        with pytest.raises(OutOfReach):
            db.session.connection().execute(select(Recipient.__table__).execution_options(unscoped="because"))


def test_a_pooled_connection_keeps_no_reach(world):
    """There is one connection in this pool: whoever comes next has it, and reaches nothing by it."""
    if not POSTGRESQL:
        return
    backends = set()
    for end in (db.session.commit, db.session.rollback):
        for reach, sees in ((make.SEED, True), (world.reaches["state"], True), (None, False)):
            with acting(reach):
                backends.add(by_cursor("SELECT pg_backend_pid()")[0][0])
                assert bool(by_cursor("SELECT id FROM recipient")) is sees
                end()
    with db.engine.connect() as connection:
        backends.add(connection.scalar(text("SELECT pg_backend_pid()")))
        assert connection.scalar(text("SELECT current_setting('wall.reach', true)")) == ""
        assert connection.execute(text("SELECT id FROM recipient")).all() == []
        connection.rollback()
        driver = connection.connection.driver_connection
        driver.autocommit = True
        try:
            with acting(make.SEED):
                assert driver.execute("SELECT id FROM recipient").fetchall() == []  # no transaction, no reach
        finally:
            driver.autocommit = False
    assert len(backends) == 1


def test_the_role_that_runs_owns_nothing_and_cannot_pass(world):
    if not POSTGRESQL:
        return
    with acting(world.reaches["state"]):
        role = db.session.execute(text("SELECT rolsuper, rolbypassrls, rolcreaterole, rolname FROM pg_roles "
                                       "WHERE rolname = current_user")).one()  # fmt: skip
        assert role == (False, False, False, RUNTIME)
        owned = text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
        assert db.session.scalar(owned) == 0
        for attempt in (
            "ALTER TABLE recipient DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE recipient NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY wall_see ON recipient",
            "TRUNCATE recipient CASCADE",
            "CREATE TABLE mine AS SELECT * FROM recipient",
            f"SET ROLE {OWNER}",
            "SET row_security = off; SELECT id FROM recipient",
            "DROP TRIGGER IF EXISTS any ON stock_movement",
        ):
            with pytest.raises(ProgrammingError), db.session.begin_nested():
                db.session.connection().exec_driver_sql(attempt)


def test_the_owner_is_behind_the_wall_too(world):
    if not POSTGRESQL:
        return
    with database.owners_engine(world.app, db.engine) as owners, owners.connect() as connection:
        assert connection.execute(text("SELECT id FROM recipient")).all() == []
        with acting(make.SEED):
            assert connection.execute(text("SELECT id FROM recipient")).all()


def test_flask_init_again_changes_no_policy_and_mends_one_that_was_changed(world):
    if not POSTGRESQL:
        assert wall_policies.policies()
        return
    with database.owners_engine(world.app, db.engine) as owners:
        assert wall_policies.build(owners) == 0
        with owners.begin() as connection:
            connection.execute(text("DROP POLICY wall_see ON visit"))
            connection.execute(text("ALTER TABLE dose NO FORCE ROW LEVEL SECURITY"))
        assert wall_policies.build(owners) == 2
        assert wall_policies.build(owners) == 0


def test_flask_init_gives_a_database_of_an_earlier_version_the_policies_of_this_one(world):
    """Every table has what this version's code says, and what the earlier policies asked is gone."""
    written = """SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'public'
                 ORDER BY tablename, policyname"""
    functions = "SELECT proname FROM pg_proc WHERE starts_with(proname, 'wall_') ORDER BY proname"
    if not POSTGRESQL:
        assert wall_policies.policies()
        return
    with database.owners_engine(world.app, db.engine) as owners:
        with owners.connect() as connection:
            new = connection.execute(text(written)).all(), connection.scalars(text(functions)).all()
        assert len(new[0]) == len(wall_policies.policies()) * len(wall_policies.POLICIES)
        asks = "(SELECT wall_how()) = 'all' OR (SELECT wall_how()) = 'own'"
        with owners.begin() as connection:
            connection.execute(text("CREATE FUNCTION wall_how() RETURNS text LANGUAGE sql STABLE AS $$SELECT "
                                    "split_part(current_setting('wall.reach', true), ' ', 1)$$"))  # fmt: skip
            for table in wall_policies.policies():
                connection.execute(text(f"DROP POLICY wall_see ON {table}"))
                connection.execute(text(f"CREATE POLICY wall_see ON {table} FOR SELECT USING ({asks})"))
                connection.execute(text(f"COMMENT ON POLICY wall_see ON {table} IS 'of an earlier version'"))
        with acting(world.reaches["location"]):
            assert {world.rows["Recipient"][1]} < {key for (key,) in by_cursor("SELECT id FROM recipient")}
            db.session.rollback()
        done = world.app.test_cli_runner().invoke(args=["init"])
        assert done.exit_code == 0, done.output
        with owners.connect() as connection:
            assert (connection.execute(text(written)).all(), connection.scalars(text(functions)).all()) == new
        with acting(world.reaches["location"]):
            assert by_cursor(f"SELECT id FROM recipient WHERE id = {world.rows['Recipient'][1]}") == []


def test_telling_the_reach_costs_a_request_one_message_at_most(world, monkeypatch):
    """It travels with BEGIN; only a page of a place, after the look at who is there, says it once more."""
    browser = sign_in(world.app.test_client(), "wall.manager")
    assert browser.get("/start/").status_code == 200
    sent = []
    tell = wall.send
    monkeypatch.setattr(wall, "send", lambda connection, words: (sent.append(words), tell(connection, words)))
    assert browser.get("/").status_code == 302
    assert bool(sent) is POSTGRESQL
    assert len([words for words in sent if not words.startswith("BEGIN")]) <= 1, sent
    sent.clear()
    assert browser.get("/recipient/list/").status_code == 200
    assert len([words for words in sent if not words.startswith("BEGIN")]) <= 3, sent


def test_pages_of_a_place_work_behind_the_wall(world):
    browser = sign_in(world.app.test_client(), "wall.manager")
    for page in ("/start/", "/recipient/list/", "/dose/list/", "/location/list/", f"/dose/person/{world.public_id}"):
        assert browser.get(page).status_code == 200, page
    with acting(make.SEED):
        assert db.session.get(Location, world.here) is not None
