"""Recording doses over HTTP: gunicorn with two workers, sixteen clients at once, beside a bare Flask view.

Product and bare view take turns; each records as many doses of people who are checked in. What is acknowledged is on
disk, and at the end the ledger must hold.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask

from app.rules import ledger_check
from benchmarks.measuring import Figure
from benchmarks.product import SYSTEM, checked_in, good, people_here, signed_in, stocked
from models.scope import acting
from tests.clinic import Page
from tests.postgres import free_port

CLIENTS = 16
ROUNDS = 5
DOSES = 64  # a round
SERVER = ["-m", "gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"]
Request = tuple[str, dict[str, str], str]  # path, form, cookie


@contextlib.contextmanager
def served(target: str, settings: dict[str, str], *options: str) -> Iterator[tuple[int, int]]:
    """Gunicorn on a free port, ended with the block; answers the port and the process."""
    port = free_port()
    command = [sys.executable, *SERVER, "--bind", f"127.0.0.1:{port}", "--log-level", "error", *options, target]
    process = subprocess.Popen(command, env={**os.environ, **settings}, stdin=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
            line.request("GET", "/healthz")
            line.getresponse().read()
            return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise RuntimeError("the server did not come up")


def at_once(port: int, requests: list[Request]) -> tuple[float, float]:
    """Sends all requests from CLIENTS threads; answers doses a second and the longest wait in milliseconds."""
    waiting, lock, waits, wrong = iter(requests), threading.Lock(), [], []  # type: ignore[var-annotated]

    def work() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                return line.close()
            began = time.perf_counter()
            code = _send(line, request)
            waits.append((time.perf_counter() - began) * 1_000)
            if code != 303:
                wrong.append((code, round(waits[-1])))

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong or len(waits) != len(requests):
        raise RuntimeError(f"doses were not recorded: {len(requests) - len(waits)} unanswered, {wrong[:5]}")
    return len(requests) / (time.perf_counter() - began), max(waits)


def _send(line: http.client.HTTPConnection, request: Request) -> int:
    path, form, cookie = request
    head = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    line.request("POST", path, urllib.parse.urlencode(form), head)
    answer = line.getresponse()
    answer.read()
    return answer.status


def requests_of(app: Flask, rounds: int = ROUNDS) -> tuple[Callable[[], list[Request]], Callable[[], list[Request]]]:
    """What makes a round of forms for the product, and one for the bare view: each of people checked in now."""
    people = people_here(app, 2 * DOSES * (rounds + 1) + 1)
    visits, nurse_key = checked_in(app, people)
    lot = stocked(app, len(people))
    browsers = [signed_in(app, "vaccinator.demo") for _ in range(CLIENTS)]
    cookies = [f"console={one.client.get_cookie('console').value}" for one in browsers]
    home = f"/dose/person/{visits[0][1]}"
    forms = [Page(good(one.client.get(home))).form(f"{home}/record") for one in browsers]
    waiting = iter(visits[1:])

    def ours() -> list[Request]:
        found = []
        for number in range(DOSES):
            visit, public_id = next(waiting)
            said = {"key": str(uuid.uuid4()), "visit": str(visit), "lot": str(lot), "override_reason": "Measuring"}
            form = forms[number % CLIENTS] | said
            found.append((f"/dose/person/{public_id}/record", form, cookies[number % CLIENTS]))
        return found

    def theirs() -> list[Request]:
        form = {"lot": str(lot), "by": str(nurse_key), "dose_number": "3", "body_site": "LD", "route": "C28161"}
        return [("/dose", form | {"visit": str(next(waiting)[0]), "key": str(uuid.uuid4())}, "") for _ in range(DOSES)]

    return ours, theirs


def recording(app: Flask, settings: dict[str, str]) -> Figure:
    """Rounds of doses by the product and by the bare view in turn; the ledger must hold after them."""
    ours, theirs = requests_of(app)
    rates: list[tuple[float, float]] = []
    waits: list[float] = []
    with (
        served("app.factory:create_app()", settings) as (product, _),
        served("benchmarks.lean:lean_app()", settings) as (bare, _),
    ):
        at_once(product, ours())
        at_once(bare, theirs())
        for _ in range(ROUNDS):
            rate, wait = at_once(product, ours())
            rates.append((rate, at_once(bare, theirs())[0]))
            waits.append(wait)
    with app.app_context(), acting(SYSTEM):
        broken: list[Any] = ledger_check.check_ledger()["broken"]
    if broken:
        raise RuntimeError(f"the ledger does not hold: {broken[:3]}")
    rate, bare_rate = (statistics.median(column) for column in zip(*rates, strict=True))
    speed = statistics.median(one / other for one, other in rates)
    note = (
        f"{rate:.0f} doses a second, the bare view {bare_rate:.0f}: {speed:.2f} of it; longest wait {max(waits):.0f} ms"
    )
    return Figure(
        "record a dose over HTTP, 16 clients, 2 workers", 1_000 / rate, 1_000 / bare_rate, 1 / speed, max(waits),
        note=note, bars={"ratio": 2, "slowest": 500},
    )  # fmt: skip
