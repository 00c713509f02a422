"""A copy of the whole database in one file, and the way back: SQLite's online backup, PostgreSQL's own programs."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import Engine, inspect, text

from models.base import RuleBroken

BEFORE = "before_restore"  # the schema in which PostgreSQL keeps what was there until the copy is in place


def is_empty(engine: Engine) -> bool:
    """Whether the database has no table yet."""
    return not inspect(engine).get_table_names()


def save(engine: Engine, file: Path) -> int:
    """Writes the copy beside `file` and then puts it there, whole or not at all; its size. Raises RuleBroken."""
    beside = file.with_name(file.name + ".part")
    try:
        beside.touch(mode=0o600)
        beside.chmod(0o600)  # medical records: for the account of the console only
        if engine.dialect.name == "sqlite":
            _copy(Path(str(engine.url.database)), beside)
        else:
            _run(
                engine, "pg_dump", "--format=custom", "--schema=public", "--no-owner", "--no-acl",
                "--enable-row-security", f"--file={beside}",
            )  # fmt: skip
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(file)
    except OSError:
        raise RuleBroken(_("The file cannot be written.")) from None
    finally:
        beside.unlink(missing_ok=True)
    return file.stat().st_size


@contextlib.contextmanager
def put_back(engine: Engine, file: Path) -> Iterator[None]:
    """The database as the file holds it, for the block to look at; an error in the block leaves it as it was before."""
    if engine.dialect.name == "sqlite":
        with _sqlite_put_back(Path(str(engine.url.database)), file):
            yield
    else:
        with _postgresql_put_back(engine, file):
            yield


def _copy(source: Path, target: Path, in_each_index: bool = False) -> None:
    """SQLite's own copying, which may go on while others write; each page of the copy is looked at.

    To look each row up in each index too takes minutes for a million people, and is done of what is put back.
    """
    try:
        with (
            contextlib.closing(sqlite3.connect(source, timeout=30)) as whole,
            contextlib.closing(sqlite3.connect(target, timeout=30)) as copy,
        ):
            whole.backup(copy)
            check = "integrity_check" if in_each_index else "quick_check"
            if copy.execute(f"PRAGMA {check}").fetchone() != ("ok",):
                raise RuleBroken(_("The copy is damaged."))
    except sqlite3.Error:
        raise RuleBroken(_("This is no backup of a SQLite database, or it is damaged.")) from None


@contextlib.contextmanager
def _sqlite_put_back(database: Path, file: Path) -> Iterator[None]:
    before = database.with_name(database.name + ".before-restore")
    _look_at(file)
    try:
        if database.exists():
            _copy(database, before)
        _copy(file, database, in_each_index=True)
        yield
    except BaseException:
        if before.exists():
            _copy(before, database)
        raise
    finally:
        before.unlink(missing_ok=True)


def _look_at(file: Path) -> None:
    """Refuses what is no backup before anything is written over; raises RuleBroken."""
    with file.open("rb") as given:
        if given.read(16) != b"SQLite format 3\x00":
            raise RuleBroken(_("This is no backup of a SQLite database, or it is damaged."))


@contextlib.contextmanager
def _postgresql_put_back(engine: Engine, file: Path) -> Iterator[None]:
    _run(engine, "pg_restore", "--list", str(file))
    _do(engine, f"ALTER SCHEMA public RENAME TO {BEFORE}", "CREATE SCHEMA public")
    try:
        _run(
            engine, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-acl",
            "--schema=public", f"--dbname={engine.url.database}", str(file),
        )  # fmt: skip
        yield
    except BaseException:
        engine.dispose()
        _do(engine, "DROP SCHEMA public CASCADE", f"ALTER SCHEMA {BEFORE} RENAME TO public")
        raise
    _do(engine, f"DROP SCHEMA {BEFORE} CASCADE")


def _do(engine: Engine, *statements: str) -> None:
    """Statements as one transaction."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))
        for statement in statements:
            connection.execute(text(statement))


def program(name: str) -> str:
    """The newest program of PostgreSQL of that name; raises RuleBroken where there is none."""
    versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: float(path.split("/")[4]))
    found = versions[-1] if versions else shutil.which(name)
    if not found:
        raise RuleBroken(_("PostgreSQL's programs pg_dump and pg_restore are not installed here."))
    return found


def _run(engine: Engine, name: str, *arguments: str) -> None:
    """One of PostgreSQL's programs on our database; where it is goes by the environment, which nobody else can see."""
    url = engine.url
    where = {
        "PGHOST": url.host, "PGPORT": str(url.port or ""), "PGUSER": url.username, "PGPASSWORD": url.password,
        "PGDATABASE": url.database, "PGOPTIONS": "-c wall.reach=all",  # every row, whoever's it is
    }  # fmt: skip
    given = {key: str(value) for key, value in where.items() if value}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, by its full path, arguments never from a request
        [program(name), *arguments], env={**os.environ, **given}, stdin=subprocess.DEVNULL, capture_output=True
    )
    if done.returncode:
        raise RuleBroken(_("%(program)s ended with %(code)s; nothing was changed.", program=name, code=done.returncode))
