"""A PostgreSQL server of the test run's own: made in a temporary folder, thrown away at the end."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "console"  # owns each database and migrates it; no superuser
RUNTIME = "console_web"  # the role that the application signs in as where row security stands: it owns nothing
ROW_SECURITY = os.environ.get("ROW_SECURITY", "1") != "0"  # config.py is read later, with the settings of the run
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # when it runs depends on the clock, and with it where rows lie
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "error",
}


class NoPostgreSQL(Exception):
    """The programs of PostgreSQL are not here; the tests on it must fail, not be passed over."""


def program(name: str) -> str:
    """The newest PostgreSQL program of that name, where Debian puts it or on PATH."""
    versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: float(path.split("/")[4]))
    found = versions[-1] if versions else shutil.which(name)
    if not found:
        raise NoPostgreSQL(f"{name} is missing: install Debian's package postgresql (make packages does it).")
    return found


def _account() -> dict[str, int]:
    """PostgreSQL refuses to run as root: as root, its programs run as its own account."""
    if os.geteuid() != 0:
        return {}
    try:
        postgres = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgreSQL("There is no account postgres: install Debian's package postgresql.") from None
    return {"user": postgres.pw_uid, "group": postgres.pw_gid}


def _run(*command: str) -> None:
    """Runs one of its programs and, where it fails, says all that it said."""
    done = subprocess.run(
        command,
        **_account(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        extra_groups=[] if _account() else None,
        env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/tmp"},
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} answered {done.returncode}:\n{done.stdout}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One server; its folder tells everything, so that each worker process can use the same one."""

    def __init__(self, folder: Path, **settings: str):
        self.folder = folder
        self.data = folder / "data"
        self.settings = settings

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    def url(self, database: str, user: str = "") -> str:
        """The address that the application is given, or that of another role."""
        user = user or (RUNTIME if ROW_SECURITY else OWNER)
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Makes the server and starts it, unless that was done; another port is tried if one was snatched."""
        if (self.folder / "port").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if account := _account():
            os.chown(self.folder, account["user"], account["group"])
        _run(program("initdb"), "-D", str(self.data), "-U", "postgres", "--auth=trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        for left in reversed(range(3)):
            port = free_port()
            try:
                self._start_at(port)
                break
            except RuntimeError:
                if not left:
                    raise
        (self.folder / "port").write_text(str(port))
        with self.superuser("postgres") as connection:
            for role in (OWNER, RUNTIME):
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))

    def _start_at(self, port: int) -> None:
        settings = {**SETTINGS, **self.settings, "port": str(port), "listen_addresses": "127.0.0.1"}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        _run(program("pg_ctl"), "start", "-w", "-D", str(self.data), "-l", str(self.data / "server.log"),
             "-o", f"{options} -k {self.folder}")  # fmt: skip

    def kill(self) -> None:
        """Ends it with -9, as a machine that runs out of memory does."""
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def start_again(self) -> None:
        """Where it was before it was killed; what is left of the old one needs a moment to end."""
        for left in reversed(range(60)):
            try:
                self._start_at(self.port)
                break
            except RuntimeError:
                if not left:
                    raise
                time.sleep(0.5)

    def superuser(self, database: str) -> psycopg.Connection:
        """A connection that may do anything; each statement is a transaction."""
        return psycopg.connect(self.url(database, "postgres"), autocommit=True)

    def create(self, database: str, template: str = "template0") -> str:
        """Makes a database, as a copy of `template`; answers its address."""
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        names = (sql.Identifier(database), sql.Identifier(OWNER), sql.Identifier(template))
        with self.superuser("postgres") as connection:
            connection.execute(statement.format(*names))
        return self.url(database)

    def drop(self, database: str) -> None:
        """Removes a database, whoever is still connected to it."""
        with self.superuser("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        """Stops the server at once; nothing of it is to be kept."""
        if (self.data / "postmaster.pid").exists():
            _run(program("pg_ctl"), "stop", "-m", "immediate", "-D", str(self.data))
            time.sleep(0.1)
