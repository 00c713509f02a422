"""`python run.py`: the whole console on one machine - database, demo data, web and worker - until Ctrl-C.

For production, where web and worker run apart, see docs/production.md.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import config

HERE = Path(__file__).resolve().parent
PATIENCE = 120  # seconds until the console must answer after its start
GRACE = 25  # seconds that web and worker have to finish what they are doing
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """The console is not to run on; `code` is what this program ends with."""

    def __init__(self, code: int, words: str = ""):
        super().__init__(words)
        self.code = code


def flask(*command: str) -> list[str]:
    """A command of ours, run by this Python."""
    return [sys.executable, "-m", "flask", "--app", "app.factory:create_app", *command]


def web() -> list[str]:
    """The web server: gunicorn, or Werkzeug's where that is not installed."""
    if importlib.util.find_spec("gunicorn"):
        served = ["--bind", f"{config.HOST}:{config.PORT}", "--worker-class", "app.serving.Worker", "--workers", "2"]
        quiet = ["--threads", "8", "--timeout", "120", "--graceful-timeout", "15", "--no-control-socket"]
        return [sys.executable, "-m", "gunicorn", *served, *quiet, "--log-level", "warning", "app.factory:create_app()"]
    return flask("run", "--host", config.HOST, "--port", str(config.PORT), "--with-threads")


def prepared() -> list[dict[str, str]]:
    """Brings the database up to date and, outside production, loads the demo; answers who can sign in."""
    say("Preparing the database ...")
    _told(flask("init", "--json"))
    if config.PRODUCTION:
        return []
    return list(_told(flask("demo", "--json"))["sign_ins"])


def _told(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own commands
    if done.returncode:
        raise Stopped(done.returncode, "The console was not started; the line above says why.")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def say(words: str) -> None:
    """Prints a line at once, also into a pipe."""
    print(words, flush=True)


def port_is_free() -> bool:
    """Whether nobody listens where the console is to."""
    family = socket.AF_INET6 if ":" in config.HOST else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.HOST, config.PORT))
        except OSError:
            return False
    return True


class Console:
    """Web and worker as child processes: both run, or neither."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Starts both, each in a session of its own, so that Ctrl-C reaches them through us, once."""
        for name, command in (("web", web()), ("worker", flask("work"))):
            self.children[name] = subprocess.Popen(  # noqa: S603 - our own commands
                command, cwd=HERE, start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )

    def wait_until_it_answers(self) -> None:
        """Waits for the web server; raises Stopped when it does not come."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.HOST, config.HOST)  # noqa: S104 - a comparison
        for _ in range(PATIENCE * 5):
            self.look_after()
            try:
                urllib.request.urlopen(f"http://{host}:{config.PORT}/healthz", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                self.stop.wait(0.2)
        raise Stopped(1, f"The console did not answer within {PATIENCE} seconds.")

    def look_after(self) -> None:
        """Raises Stopped when we were told to stop, or when one of the two has ended."""
        if self.stop.is_set():
            raise Stopped(0)
        for name, child in self.children.items():
            if child.poll() is not None:
                raise Stopped(1, f"The {name} process ended by itself ({child.returncode}); the console stops.")

    def run(self) -> None:
        """Until something ends it."""
        while True:
            self.look_after()
            self.stop.wait(0.5)

    def end(self) -> None:
        """Asks both to finish, and ends them by force if they do not."""
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        for child in self.children.values():
            try:
                child.wait(GRACE)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def greet(sign_ins: list[dict[str, str]]) -> None:
    """The address, and one line for each profile."""
    say(f"\nThe console runs at {config.PUBLIC_URL}  (Ctrl-C ends it)")
    if sign_ins:
        say("\nSign in as:")
    for one in sign_ins:
        say(f"  {one['profile']:<28} {one['username']:<20} {one['password']}")


def main() -> int:
    """Runs the console; answers 0 when it was asked to stop, else what went wrong."""
    console = Console()
    for number in STOPS:
        signal.signal(number, lambda *_: console.stop.set())
    try:
        if not port_is_free():
            raise Stopped(2, f"Port {config.PORT} at {config.HOST} is in use. Choose another: PORT=8090 make run")
        sign_ins = prepared()
        console.look_after()
        console.start()
        console.wait_until_it_answers()
        greet(sign_ins)
        console.run()
    except Stopped as stopped:
        if str(stopped):
            print(stopped, file=sys.stderr, flush=True)
        return 0 if console.stop.is_set() else stopped.code
    finally:
        console.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
