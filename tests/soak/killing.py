"""Gunicorn as in production, the worker's job on uploads, a database that keeps its word: all die of kill -9."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from tests import databases
from tests.postgres import Cluster, free_port

# What is acknowledged is kept, unlike on the server of the other tests.
SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "log_min_messages": "warning"}
GUNICORN = ["--worker-class", "app.serving.Worker", "--workers", "2", "--threads", "4", "--no-control-socket"]
# The product's own job, again and again: `flask work` looks but once a minute, which a hundred rounds cannot wait for.
WORK = """
import time
from app.factory import create_app
from app import worker
from app.jobs import uploads
app = create_app()
while True:
    worker.step(app, "uploads", lambda: uploads.work_off(lambda: False))
    time.sleep(0.2)
"""
KILLS = ("web", "worker", "the database", "one of the web's processes", "a connection's process", "everything")


class Console:
    """Web and worker as processes of their own, on a database of their own."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.cluster: Cluster | None = None
        self.name = f"killed_{os.urandom(3).hex()}"
        if databases.KIND == "sqlite":
            self.url = databases.copy("console", to=self.name)
            return
        self.cluster = Cluster(databases.run_folder() / self.name, **SAFE)
        self.cluster.start()
        self.url = self.cluster.create("console")
        databases.flask(self.url, "init")

    def start(self) -> None:
        """Starts what does not run, and waits until the web answers."""
        served = ["--bind", f"127.0.0.1:{self.port}", "--log-level", "warning", "app.factory:create_app()"]
        commands = {"web": ["-m", "gunicorn", *GUNICORN, *served], "worker": ["-c", WORK]}
        for name, command in commands.items():
            if name not in self.children or self.children[name].poll() is not None:
                self.children[name] = self._started(name, command)
        for _time in range(1_200):
            try:
                urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=60).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the web does not answer")

    def _started(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        environment = databases.environment(self.url, databases.run_folder()) | {"UPLOAD_LEASE_SECONDS": "0"}
        with (self.folder / f"{name}.log").open("a") as said:
            return subprocess.Popen(
                [sys.executable, *command], cwd=databases.PROJECT, env=environment, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def kill(self, what: str, chance: random.Random) -> None:
        """One of KILLS, now and with -9."""
        if what == "one of the web's processes":
            web = self.children["web"].pid
            os.kill(chance.choice(_children(web)), signal.SIGKILL)
        elif what == "a connection's process":
            self._kill_backend()
        elif what == "the database":
            self._kill_database()
        else:
            self._kill(*(("web", "worker") if what == "everything" else (what,)))
            if what == "everything" and self.cluster:
                self._kill_database()

    def _kill(self, *names: str) -> None:
        for name in names:
            assert self.children[name].poll() is None, f"{name} had ended by itself"
            os.killpg(self.children[name].pid, signal.SIGKILL)
        for name in names:
            self.children[name].wait(60)

    def _kill_backend(self) -> None:
        """PostgreSQL then ends all connections and recovers; SQLite's engine lives in whoever has it open."""
        if not self.cluster:
            return self._kill_database()
        busiest = """SELECT pid FROM pg_stat_activity WHERE datname = 'console' AND backend_type = 'client backend'
                     ORDER BY state = 'idle', state_change DESC LIMIT 1"""
        with self.cluster.superuser("postgres") as connection:
            (pid,) = connection.execute(busiest).fetchone() or (0,)
        assert pid, "nobody was connected"
        os.kill(pid, signal.SIGKILL)
        return None

    def _kill_database(self) -> None:
        if not self.cluster:
            return self._kill("web", "worker")
        self.cluster.kill()
        self.cluster.start_again()
        return None

    def said(self) -> str:
        """All that web and worker wrote."""
        return "".join((self.folder / f"{name}.log").read_text() for name in self.children)

    def end(self) -> None:
        """Nothing stays behind."""
        for child in self.children.values():
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait(60)
        if self.cluster:
            self.cluster.stop()
        else:
            databases.drop(self.name)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]
