"""What every test may ask for: an app on a database of its own, data as new each time, browsers without a browser."""

import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import Engine, event

from tests import databases

# What is drawn at random is drawn alike in each run, and no example fails for being slow.
settings.register_profile("alike", derandomize=True, deadline=None)
settings.load_profile("alike")

# Settings of a developer's own shell must not reach the tests.
for name in (
    "DATABASE_URL", "DATABASE_OWNER_URL", "ROW_SECURITY", "PRODUCTION", "SECRET_KEY", "PUBLIC_URL", "HOST", "PORT",
    "STATE_NAME", "STATE_CODE", "TIME_ZONE", "MAIL_SERVER", "MAIL_PORT", "MAIL_USE_TLS", "MAIL_USERNAME",
    "MAIL_PASSWORD", "MAIL_SENDER", "WORKER_STORE", "HISTORY_HEADS_FILE", "HISTORY_DIGEST_EMAIL",
):  # fmt: skip
    os.environ.pop(name, None)

ROOM_FOR_DATABASES = 4 * 1024**3  # bytes: a PostgreSQL server, two copies of the demo and what the tests add

# The database in use by this process, and whether a test may have written to it.
in_use: dict[str, Any] = {"name": None, "touched": False}


def pytest_configure(config: pytest.Config) -> None:
    """The main process makes the folder of the run; its workers are born with the same environment."""
    if not hasattr(config, "workerinput") and "TEST_RUN_FOLDER" not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="console-tests-", dir=_roomy()))
        folder.chmod(0o755)  # the account of PostgreSQL passes through it
        os.environ["TEST_RUN_FOLDER"] = str(folder)
        config.add_cleanup(lambda: _clean(folder))
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: with the cleaning
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    os.environ["INSTANCE_FOLDER"] = str(Path(os.environ["TEST_RUN_FOLDER"]) / f"instance-{worker}")
    Path(os.environ["INSTANCE_FOLDER"]).mkdir(exist_ok=True)


@event.listens_for(Engine, "connect")
def _reversed(connection: Any, _record: Any) -> None:
    """With TEST_REVERSED=1 SQLite answers what has no order from its other end: what leans on luck falls."""
    if os.environ.get("TEST_REVERSED") and isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects=ON")


def _roomy() -> str | None:
    """Memory for the databases of the run, where there is enough of it; else the usual folder."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < ROOM_FOR_DATABASES:
        return None
    return str(memory)


def _clean(folder: Path) -> None:
    databases.cluster().stop()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop("TEST_RUN_FOLDER", None)


def pytest_report_header() -> str:
    """Says on which database the suite runs."""
    return f"database: {databases.KIND}"


@pytest.fixture(scope="session")
def database_name() -> str:
    """The name of this worker's database."""
    return f"worker_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def database_url(database_name: str) -> Iterator[str]:
    """The address of this worker's database: migrated, with roles and reference data, without demo data."""
    url = databases.copy("console", to=database_name)
    in_use.update(name=database_name, touched=False)
    yield url
    in_use.update(name=None)
    databases.drop(database_name)


def settings_for(url: str) -> dict[str, Any]:
    """What differs in tests from the settings of config.py."""
    from config import database_url as for_sqlalchemy

    return {
        "TESTING": True,
        "SECRET_KEY": databases.SECRET_KEY,
        "JWT_SECRET_KEY": databases.SECRET_KEY,
        "SQLALCHEMY_DATABASE_URI": for_sqlalchemy(url),
        "DATABASE_OWNER_URL": for_sqlalchemy(databases.owner_url(url)) if databases.owner_url(url) else "",
        "ROW_SECURITY": databases.ROW_SECURITY,
        "FAB_PASSWORD_HASH_METHOD": "pbkdf2:sha256:1",  # cheap: what it guards lives for a second
        "WORKER_STORE": f"sqlite:///{os.environ['INSTANCE_FOLDER']}/worker.db",
        "MAIL_SERVER": "",
        "DATABASE_POOL_SIZE": 16,  # the tests of contention use twelve threads
    }


@pytest.fixture(scope="session")
def app(database_url: str) -> Iterator[Flask]:
    """The product, once a worker. No context is held: a request must find out for itself who asks."""
    from app.factory import create_app
    from models.base import db

    app = create_app(settings_for(database_url))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def as_new() -> None:
    """Gives this worker's database back what its template holds; what the last request left of itself is forgotten."""
    from app.database import set_reading_only

    set_reading_only(False)
    if in_use["name"] and in_use["touched"]:
        databases.restore("console", in_use["name"])
        in_use["touched"] = False


@pytest.fixture(scope="module", autouse=True)
def _data_as_new_for_each_module() -> None:
    """Before a module's own fixtures make their data."""
    as_new()


@pytest.fixture(autouse=True)
def _data_as_new_for_each_test(request: pytest.FixtureRequest) -> None:
    """Before each test; a module marked `shared_data` makes its data once and its tests only look at it."""
    if not request.node.get_closest_marker("shared_data"):
        as_new()
    if {"app", "database_url"} & set(request.fixturenames):
        in_use["touched"] = True


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that has been nowhere yet."""
    return app.test_client()


@pytest.fixture
def as_profile(app: Flask) -> Callable[..., FlaskClient]:
    """Signs somebody in: `as_profile("Front Desk")`, `as_profile("Front Desk", location=clinic)`."""
    from tests.signing_in import sign_in, someone

    return lambda profile, **place: sign_in(app.test_client(), someone(app, profile, **place))


@pytest.fixture
def run(app):
    """Runs a command as a shell would; answers its exit code, output and errors."""

    def run(*command, **more):
        done = app.test_cli_runner().invoke(args=[str(word) for word in command], **more)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


@pytest.fixture
def own_database() -> Iterator[Callable[..., str]]:
    """Makes databases of the test's own: `own_database()`, `own_database("demo")`, `own_database(None)` (empty)."""
    made: list[str] = []

    def make(template: str | None = "console") -> str:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        made.append(f"own_{worker}_{len(made)}_{os.urandom(3).hex()}")
        return databases.copy(template, to=made[-1]) if template else databases.empty(made[-1])

    yield make
    for name in made:
        databases.drop(name)


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A mail server on loopback that the app hands its mail to."""
    from tests.post_office import opened, use

    with opened() as server:
        use(app, monkeypatch, server.port)
        yield server


@pytest.fixture
def mailbox(app: Flask, office: Any) -> Any:
    """All mail that the app sends, delivered and read."""
    from tests.mailbox import Mailbox

    return Mailbox(app, office)
