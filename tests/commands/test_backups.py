"""`flask backup` and `flask restore`: what was there comes back, proved; nothing is written over by mistake."""

import contextlib
import json
import os
import sqlite3
import stat

import pytest
from sqlalchemy import delete, inspect, select, text, update

from app.factory import create_app
from models.base import db
from models.history import History
from models.recipients import Recipient
from models.scope import acting
from models.stock import InventoryItem
from tests import factories
from tests.conftest import settings_for
from tests.databases import KIND
from tests.owner import by_owner


@contextlib.contextmanager
def console(url):
    """The product on a database of the test's own."""
    app = create_app(settings_for(url))
    with app.app_context():
        yield app.test_cli_runner()
        db.session.remove()
        db.engine.dispose()


def told(runner, *command, code=0):
    """What a command answers as JSON."""
    done = runner.invoke(args=[*map(str, command), "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stderr


def with_a_dose():
    """A dose given here, so that ledger and history have something to say; answers how many people there are."""
    with acting(factories.SEED):
        factories.dose()
        factories.history()
        db.session.commit()


def people():
    with acting(factories.SEED):
        found = db.session.scalars(select(Recipient.last_name).order_by(Recipient.id)).all()
        db.session.rollback()
    return found


@pytest.fixture
def kept(own_database, tmp_path):
    """A backup, and who was in it."""
    file = tmp_path / "kept.backup"
    with console(own_database()) as runner:
        with_a_dose()
        facts = told(runner, "backup", file)
        assert facts == {"file": str(file), "bytes": file.stat().st_size}
        assert facts["bytes"] > 10_000
        found = people()
    assert found
    return file, found


def test_a_backup_goes_into_an_empty_database_and_everything_holds(kept, own_database):
    file, before = kept
    with console(own_database(None)) as runner:
        facts = told(runner, "restore", file)
        assert facts["ledger"]["movements"] == 2 and facts["ledger"]["broken"] == []
        assert facts["history"]["rows"] >= 2 and facts["history"]["broken"] == []
        assert people() == before
        assert told(runner, "verify-history")["rows"] > facts["history"]["rows"]  # the restore itself
        with_a_dose()  # keys count on from where they were
        assert told(runner, "check-ledger")["broken"] == told(runner, "verify-history")["broken"] == []
        tried = pytest.raises(Exception, match="append-only")
        with tried, acting(factories.SEED), db.engine.begin() as connection:
            connection.execute(update(History.__table__).values(act="x"))


def test_the_file_is_for_its_owner_only_and_is_not_written_over(kept, own_database):
    file, _before = kept
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    was = file.read_bytes()
    with console(own_database()) as runner:
        assert runner.invoke(args=["backup", str(file)]).exit_code == 2
        assert file.read_bytes() == was
        told(runner, "backup", file, "--force")
        assert file.read_bytes() != was
        assert runner.invoke(args=["backup", str(file.parent / "no" / "such" / "folder")]).exit_code == 2
        assert sorted(os.listdir(file.parent)) == [file.name]


def test_a_database_that_holds_something_is_written_over_by_force_only(kept, own_database):
    file, before = kept
    with console(own_database()) as runner:
        with_a_dose()
        with_a_dose()
        mine = people()
        assert "--force" in told(runner, "restore", file, code=2)
        assert people() == mine != before
        told(runner, "restore", file, "--force")
        assert people() == before
        left = {name for name in inspect(db.engine).get_schema_names() if "restore" in name}
        assert left == set()


def test_what_is_no_backup_leaves_everything_as_it_was(kept, own_database, tmp_path):
    file, _before = kept
    whole = file.read_bytes()
    bad = tmp_path / "bad"
    other = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(other)) as stranger:
        stranger.execute("CREATE TABLE something (a)")
        stranger.commit()
    with console(own_database()) as runner:
        with_a_dose()
        mine = people()
        for content in (
            b"",
            b"SQLite format 3\x00 and no more",
            b"PGDMP",
            whole[: len(whole) // 2],
            other.read_bytes(),
        ):
            bad.write_bytes(content)
            said = told(runner, "restore", bad, "--force", code=2)
            assert "Traceback" not in said
            assert people() == mine, content[:20]
        assert told(runner, "verify-history")["broken"] == []
        assert [name for name in os.listdir(tmp_path) if "restore" in name or name.endswith(".part")] == []


def test_a_backup_of_a_later_release_is_refused(kept, own_database, tmp_path):
    file, _before = kept
    later = tmp_path / "later"
    with console(own_database()) as runner:
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        told(runner, "backup", later)
    with console(own_database()) as runner:
        mine = people()
        assert "later release" in told(runner, "restore", later, "--force", code=2)
        assert people() == mine
        assert told(runner, "verify-history")["broken"] == []


def test_tampering_before_the_backup_is_found_after_the_restore(own_database, tmp_path):
    file = tmp_path / "kept.backup"
    with console(own_database()) as runner:
        with_a_dose()
        with acting(factories.SEED):
            db.session.execute(update(InventoryItem).values(doses=77))
            db.session.commit()
        off = (
            "ALTER TABLE history DISABLE TRIGGER history_ink"
            if KIND == "postgresql"
            else "DROP TRIGGER history_ink_delete"
        )
        with by_owner() as connection:
            connection.execute(text(off))
            connection.execute(delete(History.__table__).where(History.__table__.c.seq == 1))
        told(runner, "backup", file)
    with console(own_database(None)) as runner:
        facts = told(runner, "restore", file, code=1)
        assert facts["ledger"]["broken"] and facts["history"]["broken"]


def test_an_empty_database_has_nothing_to_keep(own_database, tmp_path):
    with console(own_database(None)) as runner:
        assert runner.invoke(args=["backup", str(tmp_path / "x")]).exit_code == 2
    assert os.listdir(tmp_path) == []
