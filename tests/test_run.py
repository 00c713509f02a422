"""`python run.py`: everything on one machine with one command, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

import run
from tests import databases
from tests.post_office import free_port


def started(url, folder, port):
    """The program in a process group of its own, saying into files."""
    more = {"PORT": str(port), "HOST": "127.0.0.1"}
    with (folder / "said").open("w") as said, (folder / "errors").open("w") as errors:
        return subprocess.Popen(
            [sys.executable, str(databases.PROJECT / "run.py")], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=said, stderr=errors, env=databases.environment(url, databases.run_folder()) | more,
        )  # fmt: skip


def wait_for(words, folder, program, seconds=240):
    until = time.monotonic() + seconds
    while words not in (folder / "said").read_text():
        assert program.poll() is None, (folder / "errors").read_text()
        assert time.monotonic() < until, (folder / "errors").read_text()
        time.sleep(0.2)


def children(program):
    """The processes that it started, by name of what they run."""
    with open(f"/proc/{program.pid}/task/{program.pid}/children") as listed:
        pids = [int(word) for word in listed.read().split()]
    found = {}
    for pid in pids:
        with open(f"/proc/{pid}/cmdline") as line:
            found["worker" if line.read().rstrip("\0").endswith("work") else "web"] = pid
    return found


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_console_starts_says_who_can_sign_in_and_ends_when_told(own_database, tmp_path):
    port = free_port()
    program = started(own_database("demo"), tmp_path, port)
    try:
        wait_for("auditor.demo", tmp_path, program)
        said = (tmp_path / "said").read_text()
        assert f"http://127.0.0.1:{port}" in said
        assert said.count(".demo ") == 13
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
            assert answer.status == 200
        both = children(program)
        assert set(both) == {"web", "worker"}
        program.send_signal(signal.SIGTERM)
        assert program.wait(60) == 0
        assert all(gone(pid) for pid in both.values())
        assert "Traceback" not in (tmp_path / "errors").read_text()
    finally:
        program.kill()


@pytest.fixture
def stand_ins(monkeypatch):
    """Web and worker as two small programs, so that only what run.py does with them is looked at."""

    def use(web, worker):
        monkeypatch.setattr(run, "web", lambda: [sys.executable, "-c", web])
        monkeypatch.setattr(run, "flask", lambda *_: [sys.executable, "-c", worker])
        monkeypatch.setattr(run, "prepared", list)
        monkeypatch.setattr(run, "port_is_free", lambda: True)
        monkeypatch.setattr(run.Console, "wait_until_it_answers", lambda self: None)
        monkeypatch.setattr(run.signal, "signal", lambda *_: None)

    return use


SLEEPS = "import time; time.sleep(600)"


@pytest.mark.parametrize("which", ["web", "worker"])
def test_when_one_of_the_two_dies_the_other_ends_and_the_program_fails(stand_ins, monkeypatch, capsys, which):
    consoles = []
    start = run.Console.start
    monkeypatch.setattr(run.Console, "start", lambda self: (consoles.append(self), start(self))[1])
    dies = "raise SystemExit(3)"
    stand_ins(dies if which == "web" else SLEEPS, dies if which == "worker" else SLEEPS)
    assert run.main() == 1
    assert f"The {which} process ended by itself (3)" in capsys.readouterr().err
    assert all(child.poll() is not None for child in consoles[0].children.values())


def test_a_child_that_does_not_listen_is_ended_by_force(stand_ins, monkeypatch):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    stand_ins(deaf, deaf)
    monkeypatch.setattr(run, "GRACE", 1)
    console = run.Console()
    console.start()
    time.sleep(1)
    console.end()
    assert all(child.returncode is not None for child in console.children.values())


def test_a_port_in_use_is_said_before_anything_is_done(monkeypatch, capsys):
    monkeypatch.setattr(run, "port_is_free", lambda: False)
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    monkeypatch.setattr(run, "prepared", lambda: pytest.fail("the database was touched"))
    assert run.main() == 2
    assert "is in use" in capsys.readouterr().err


def test_a_database_that_cannot_be_prepared_ends_the_program_with_its_code(monkeypatch, capsys):
    monkeypatch.setattr(run, "port_is_free", lambda: True)
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    monkeypatch.setattr(run, "flask", lambda *_: [sys.executable, "-c", "raise SystemExit(2)"])
    assert run.main() == 2
    assert "was not started" in capsys.readouterr().err


def test_production_gets_no_demo_data(monkeypatch):
    asked = []
    monkeypatch.setattr(run.config, "PRODUCTION", True)
    monkeypatch.setattr(
        run, "flask", lambda *command: (asked.append(command), [sys.executable, "-c", "print('{}')"])[1]
    )
    assert run.prepared() == []
    assert asked == [("init", "--json")]


def test_without_gunicorn_werkzeugs_server_serves_in_threads(monkeypatch):
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    command = run.web()
    assert "--with-threads" in command
    assert str(run.config.PORT) in command
