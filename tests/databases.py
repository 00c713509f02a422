"""Databases for tests: a template made once a run by the product's own commands, and fast copies of it."""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.postgres import OWNER, ROW_SECURITY, RUNTIME, Cluster

PROJECT = Path(__file__).parents[1]
KIND = os.environ.get("TEST_DATABASE", "sqlite")
SECRET_KEY = "a-key-for-tests-and-nothing-else-0123456789"
PRISTINE = "pristine"  # the PostgreSQL schema in which a database keeps what its template held

# Template -> the commands that fill it, on top of the template named first.
TEMPLATES = {"console": ("", [["init"]]), "demo": ("console", [["demo"]])}

if KIND not in ("sqlite", "postgresql"):
    raise SystemExit(f"TEST_DATABASE is sqlite or postgresql, not {KIND!r}.")


def run_folder() -> Path:
    """The folder of this run, shared by its worker processes."""
    return Path(os.environ["TEST_RUN_FOLDER"])


def environment(url: str, folder: Path) -> dict[str, str]:
    """What a process of the product is told: this database, this folder, and nothing of the developer's own."""
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return ours | {
        "FLASK_APP": "app.factory:create_app", "FLASK_SKIP_DOTENV": "1", "PYTHONPATH": str(PROJECT),
        "DATABASE_URL": url, "INSTANCE_FOLDER": str(folder), "WORKER_STORE": f"sqlite:///{folder}/worker.db",
        "SECRET_KEY": SECRET_KEY, "PYTHONUTF8": "1", "DATABASE_OWNER_URL": owner_url(url),
        "ROW_SECURITY": str(int(ROW_SECURITY)),
    }  # fmt: skip


def owner_url(url: str) -> str:
    """The address of the role that owns the tables; "" where it is the one that runs."""
    return url.replace(f"//{RUNTIME}@", f"//{OWNER}@") if f"//{RUNTIME}@" in url else ""


def flask(url: str, *command: str) -> str:
    """Runs a command of the product in a process of its own; answers what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", *command], cwd=PROJECT, env=environment(url, run_folder()),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"flask {' '.join(command)} answered {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Worker processes do this one after the other."""
    with open(run_folder() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cluster() -> Cluster:
    """The run's PostgreSQL server; call `start` before its first use."""
    return Cluster(run_folder() / "postgresql")


def template(name: str) -> str:
    """Makes the named template unless it is there; answers the name."""
    with one_at_a_time():
        _make(name)
    return name


def _make(name: str) -> None:
    done = run_folder() / f"{name}.done"
    if done.exists():
        return
    drop(name)  # what a failed attempt left
    below, commands = TEMPLATES[name]
    if below:
        _make(below)
    url = _copy(below, name) if below else new(name)
    for command in commands:
        flask(url, *command)
    if KIND == "sqlite":
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        _keep_pristine(name)
    done.touch()


def new(name: str) -> str:
    """An empty database, without any table; answers its address."""
    if KIND == "sqlite":
        return f"sqlite:///{run_folder() / name}.db"
    cluster().start()
    return cluster().create(name)


def empty(name: str) -> str:
    """The same for a test: two processes of a run that begin with it must not both start the server."""
    with one_at_a_time():
        return new(name)


def copy(name: str, to: str) -> str:
    """A database `to` that holds what the template holds; answers its address."""
    template(name)
    with one_at_a_time():
        return _copy(name, to)


def _copy(name: str, to: str) -> str:
    if KIND == "postgresql":
        return cluster().create(to, template=name)
    shutil.copyfile(run_folder() / f"{name}.db", run_folder() / f"{to}.db")
    return f"sqlite:///{run_folder() / to}.db"


def drop(name: str) -> None:
    """Takes a database away."""
    if KIND == "postgresql":
        cluster().start()
        cluster().drop(name)
        return
    for end in ("", "-wal", "-shm"):
        (run_folder() / f"{name}.db{end}").unlink(missing_ok=True)


def restore(name: str, to: str) -> None:
    """Makes the copy `to` again as its template is, beneath whoever has it open."""
    if KIND == "postgresql":
        with cluster().superuser(to) as connection:
            connection.execute(sql.SQL("CALL {}.restore()").format(sql.Identifier(PRISTINE)))
        return
    folder = run_folder()
    with (
        contextlib.closing(sqlite3.connect(folder / f"{name}.db")) as source,
        contextlib.closing(sqlite3.connect(folder / f"{to}.db", timeout=5)) as target,
    ):
        target.execute("PRAGMA synchronous=OFF")
        source.backup(target)


# What was in the template is kept in a schema of its own. Emptying and filling by plain statements is far
# faster than TRUNCATE for small tables; as a replica the session passes by triggers and foreign keys. A table
# that still holds what the template held is left alone.
RESTORE = """
CREATE PROCEDURE {pristine}.restore() LANGUAGE plpgsql AS $$
DECLARE one record; found boolean;
BEGIN
  SET LOCAL session_replication_role = replica;
  SET LOCAL lock_timeout = '5s';
  FOR one IN SELECT tablename AS name, {pristine}.is_kept(tablename) AS kept FROM pg_tables WHERE schemaname = 'public'
  LOOP
    IF one.kept THEN
      EXECUTE format('WITH now AS (SELECT t::text FROM public.%1$I t), kept AS (SELECT t::text FROM {pristine}.%1$I t)
                      SELECT EXISTS (TABLE now EXCEPT ALL TABLE kept)
                          OR EXISTS (TABLE kept EXCEPT ALL TABLE now)', one.name) INTO found;
      CONTINUE WHEN NOT found;
    END IF;
    EXECUTE format('DELETE FROM public.%I', one.name);
    IF one.kept THEN
      EXECUTE format('INSERT INTO public.%1$I TABLE {pristine}.%1$I', one.name);
    END IF;
  END LOOP;
END $$
"""
IS_KEPT = """
CREATE FUNCTION {pristine}.is_kept(name name) RETURNS boolean LANGUAGE sql AS
$$ SELECT EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = '{pristine}' AND tablename = name) $$
"""


def _keep_pristine(name: str) -> None:
    with cluster().superuser(name) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {PRISTINE} CASCADE")
        connection.execute(f"CREATE SCHEMA {PRISTINE}")
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            if _has_rows(connection, table):
                names = {"kept": sql.Identifier(PRISTINE, table), "table": sql.Identifier("public", table)}
                connection.execute(sql.SQL("CREATE TABLE {kept} AS TABLE {table}").format(**names))
        for statement in (IS_KEPT, RESTORE):
            connection.execute(statement.replace("{pristine}", PRISTINE))


def _has_rows(connection: psycopg.Connection, table: str) -> bool:
    asked = sql.SQL("SELECT EXISTS (TABLE {})").format(sql.Identifier("public", table))
    found = connection.execute(asked).fetchone()
    return bool(found and found[0])
