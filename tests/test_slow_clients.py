"""The web server as it runs: clients that send slowly, or too much, do not stop the others; its log keeps no secret."""

import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests import databases
from tests.post_office import free_port

TOKEN = "A" * 22 + "b" * 32


@pytest.fixture
def server(own_database, tmp_path):
    """gunicorn with one process of two threads, as run.py starts it; answers its port and the file of its log."""
    port, log = free_port(), tmp_path / "access.log"
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "app.serving.Worker",
        "--workers", "1", "--threads", "2", "--timeout", "120", "--no-control-socket", "--access-logfile", str(log),
        "--log-level", "warning", "app.factory:create_app()",
    ]  # fmt: skip
    environment = databases.environment(own_database(), databases.run_folder()) | {"CLIENT_PATIENCE": "1"}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=databases.PROJECT, env=environment, stdout=said, stderr=said)
    yield port, log, process
    process.terminate()
    process.wait(60)


def healthy(port, process):
    """The answer of a request that nothing is wrong with; it has all the time it wants, while the server lives."""
    for _ in range(600):
        assert process.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=120) as answer:
                return answer.status
        except ConnectionRefusedError:
            pass
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
        process_waits(process)
    raise AssertionError("the server did not start")


def logged(log, words, process):
    """The log once these words stand in it: a line is written after its answer. Given up after two minutes."""
    for _ in range(600):
        if words in log.read_text():
            break
        process_waits(process)
    return log.read_text()


def process_waits(process):
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        return


def opened(port, text):
    one = socket.create_connection(("127.0.0.1", port), timeout=120)
    one.sendall(text)
    return one


def test_clients_that_never_finish_do_not_stop_the_others(server):
    port, log, process = server
    assert healthy(port, process) == 200
    head = b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    slow = [opened(port, b"GET /healthz HTTP/1.1\r\nHost: a") for _ in range(6)]
    slow += [opened(port, head + b"Content-Length: 1000\r\n\r\nusername=") for _ in range(4)]
    slow += [opened(port, b"") for _ in range(4)]
    try:
        assert healthy(port, process) == 200
    finally:
        for one in slow:
            one.close()
    huge = opened(port, head + b"Content-Length: 999999999999\r\nConnection: close\r\n\r\n")
    with huge:
        assert b" 413 " in huge.recv(200).split(b"\r\n")[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/link/{TOKEN}", timeout=120) as answer:
        assert answer.status == 200
    assert healthy(port, process) == 200
    said = logged(log, "/link/...", process)
    assert "/link/..." in said and TOKEN not in said
    assert os.path.getsize(log) > 0
