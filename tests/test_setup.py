"""The set-up of the tests themselves: each test finds data as new, on the database that was asked for."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text

from app import access
from models.base import db
from models.enrollment import Organization
from models.scope import Reach, acting
from models.stock import StockMovement
from tests import databases
from tests import factories as make

ROOT = Path(__file__).parents[1]
LEFT = "Left behind by a test"


def organizations() -> list[str]:
    with acting(Reach.system("test")):
        return list(db.session.scalars(select(Organization.name)))


@pytest.mark.parametrize("time", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(app, time):
    with app.app_context():
        assert LEFT not in organizations()
        make.organization(name=LEFT)
        make.dose()  # movements refuse to be deleted, and must be gone all the same
        db.session.commit()
        assert LEFT in organizations()
        with acting(Reach.system("test")):
            assert db.session.scalar(select(func.count()).select_from(StockMovement)) == 2


def test_what_the_template_holds_is_there_again(app, database_name):
    with app.app_context(), db.engine.begin() as connection:
        before = connection.execute(text("SELECT count(*) FROM alembic_version")).scalar()
        connection.execute(text("DELETE FROM alembic_version"))
    databases.restore("console", database_name)
    with app.app_context(), db.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == before == 1


def test_the_database_is_the_one_asked_for(app):
    with app.app_context():
        assert db.engine.dialect.name == databases.KIND


def test_the_application_is_no_superuser_of_the_database(app):
    if databases.KIND == "postgresql":
        with app.app_context():
            assert db.session.execute(text("SHOW is_superuser")).scalar() == "off"
    else:
        with app.app_context():
            assert db.session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_missing_server_is_a_failure_and_no_skip(monkeypatch):
    from tests import postgres

    monkeypatch.setattr(postgres.glob, "glob", lambda pattern: [])
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(postgres.NoPostgreSQL, match="postgresql"):
        postgres.program("initdb")


@pytest.mark.parametrize("profile", sorted(access.profiles()))
def test_as_profile_signs_that_profile_in(as_profile, profile):
    assert as_profile(profile).get("/start/").status_code == 200


def test_a_database_of_ones_own_can_be_had_empty_or_migrated(own_database):
    assert own_database(None) != own_database()
    url = own_database()
    if databases.KIND == "postgresql":
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    else:
        assert Path(url.removeprefix("sqlite:///")).stat().st_size > 100_000


def test_every_installed_package_is_pinned():
    wanted = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[\w+\])?==[\w.]+")
    assert [line for line in wanted if not pinned.fullmatch(line)] == []
    names = {re.split(r"[\[=]", line)[0].lower().replace("_", "-") for line in wanted}
    frozen = subprocess.run([sys.executable, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    installed = {line.split("==")[0].lower().replace("_", "-") for line in frozen.splitlines() if "==" in line}
    beside = (ROOT / "benchmarks" / "requirements.txt").read_text().lower()
    peers = {line.split("==")[0] for line in beside.splitlines() if "==" in line}  # where `make bench` has run
    assert installed - names - peers == set(), "installed but not in requirements.txt"


def test_continuous_integration_runs_what_a_developer_runs():
    steps = (ROOT / ".ci" / "run").read_text()
    assert "make test" in steps and "make lint" in steps
    for script in (".ci/run", ".ci/packages"):
        assert (ROOT / script).stat().st_mode & 0o111, f"{script} is not executable"
        subprocess.run(["bash", "-n", ROOT / script], check=True)
