"""`python -m benchmarks.beside_upload`: doses that are given while a huge file of people goes in.

On the database of DATABASE_URL, prepared by `flask init`, `flask demo` and `flask people 10000 --seed 1`. The file goes
through `flask upload-recipients`, which works as the worker does, set by set, in a process of its own; vaccinators
record doses over HTTP before, meanwhile and afterwards. BENCH_ROWS: how many people (1,000,000); BENCH_CLIENTS: how
many vaccinators (2), BENCH_PAUSE: seconds until each gives the next dose (1); BENCH_DOSES: how many doses meanwhile at
most (2,000), and in the quiet (a tenth of it, twice). Ends with 1 where the p95 of saving a dose is more than twice its
quiet value, the memory of the upload (PSS, with its parser) more than 300 MB, somebody lost, or the ledger wrong.
"""

from __future__ import annotations

import csv
import datetime as dt
import http.client
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.factory import create_app
from app.rules import ledger_check
from app.uploads.recipients import RECIPIENTS
from benchmarks import over_http
from benchmarks.product import PLACE, SYSTEM
from models.base import db
from models.enrollment import Location
from models.scope import acting
from models.uploads import Upload

ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "2"))
PAUSE = float(os.environ.get("BENCH_PAUSE", "1"))
DOSES = int(os.environ.get("BENCH_DOSES", "2000"))
MOST_TIMES, MEGABYTES = 2, 300
TOLD_EVERY = 15  # seconds
FIRST_NAMES = ("Ida", "Maria", "Jose", "Ann", "Luis", "Grace", "Omar", "Wei")


def write_file(path: Path) -> None:
    """A CSV file of people whom nobody knows yet, born on many days."""
    row = {
        "Gender": "Female", "Race": "White", "ZIP": "27601", "Ethnicity": "Not Hispanic or Latino", "City": "Raleigh",
        "State": "NC", "County": "Wake", "Industry": "Other", "Lives in NC": "Y", "Works in NC": "Y",
    }  # fmt: skip
    began = int(time.time()) % 10**8 * 10**7
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, [column.header for column in RECIPIENTS.columns])
        writer.writeheader()
        for number in range(ROWS):
            letters = "".join(chr(97 + int(digit)) for digit in str(began + number))
            born = dt.date(1930, 1, 1) + dt.timedelta(days=number * 7 % 29_000)
            writer.writerow(
                row
                | {"First Name": FIRST_NAMES[number % 8], "Last Name": letters, "Email": f"{letters}@people.example"}
                | {"Date of Birth": f"{born:%m/%d/%Y}", "Street": f"{number % 900 + 1} Oak Street"}
            )


class Vaccinators:
    """People who record doses over HTTP, each with a pause after every one."""

    def __init__(self, port: int, requests: list[over_http.Request]):
        self.port, self.requests, self.lock = port, iter(requests), threading.Lock()

    def record(self, most: int, stage: Callable[[], str] = lambda: "quiet") -> list[tuple[str, float]]:
        """The milliseconds that each of so many doses took, with the stage then; fewer where that ends ("")."""
        waits: list[tuple[str, float]] = []
        wrong: list[Any] = []

        def work() -> None:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as line:
                while len(waits) < most and not wrong and (now := stage()):
                    with self.lock:
                        request = next(self.requests)
                    began = time.perf_counter()
                    code = over_http._send(line, request)
                    waits.append((now, (time.perf_counter() - began) * 1_000))
                    if code != 303:
                        wrong.append(code)
                    time.sleep(PAUSE)

        threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong or not waits:
            raise RuntimeError(f"doses were not recorded: {wrong}")
        return waits


class Sending:
    """The upload in its process, and the memory that it takes."""

    def __init__(self, path: Path, pin: str):
        command = [sys.executable, "-m", "flask", "upload-recipients", str(path)]
        self.process = subprocess.Popen([*command, "--location", pin, "--by", "manager.demo"], stdin=subprocess.DEVNULL)
        self.most, self.stage = 0.0, "before"

    def watch(self, app: Flask) -> None:
        """Until it has ended: looks at its memory and stage twice a second, and tells now and then how far it is."""
        began = told = time.monotonic()
        while self.process.poll() is None:
            now = sum(map(_pss, _family(self.process.pid)))
            self.most = max(self.most, now)
            self.stage, done = stands(app)
            if time.monotonic() - told >= TOLD_EVERY:
                told = time.monotonic()
                say(f"{told - began:.0f} s: {self.stage}, {done:,} rows, {now:.0f} MB")
            time.sleep(0.5)
        self.stage = ""
        say(f"{ROWS:,} rows in {time.monotonic() - began:.0f} s, exit code {self.process.returncode}")


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return
    for child in children.split():
        yield from _family(int(child))


def _pss(pid: int) -> float:
    """Megabytes of a process, its share of what it shares; 0 when it has ended."""
    try:
        found = re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0
    return int(found[1]) / 1_024 if found else 0


def stands(app: Flask) -> tuple[str, int]:
    """The stage of the last upload, and its rows done."""
    with app.app_context(), acting(SYSTEM):
        row = db.session.execute(select(Upload.status, Upload.rows_done).order_by(Upload.id.desc()).limit(1)).one()
        db.session.rollback()
        return row.status, row.rows_done


def p95(waits: list[float]) -> float:
    """The value that nineteen of twenty are within."""
    return sorted(waits)[math.ceil(len(waits) * 0.95) - 1]


def say(words: str) -> None:
    """A line as soon as it is known."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def tell(name: str, waits: list[float]) -> None:
    """A row of waits in figures."""
    if not waits:
        return
    middle, most = statistics.median(waits), max(waits)
    say(f"{name}: {len(waits)} doses, p50 {middle:.0f} ms, p95 {p95(waits):.0f}, longest {most:.0f}")


def beside(app: Flask, folder: Path) -> list[str]:
    """Measures, prints, and answers what does not hold."""
    rounds = math.ceil((1.2 * DOSES + 2 * CLIENTS) / over_http.DOSES)
    ours, _theirs = over_http.requests_of(app, math.ceil(rounds / 2))
    requests = [request for _round in range(rounds) for request in ours()]
    with app.app_context(), acting(SYSTEM):
        pin = db.session.scalar(select(Location.provider_pin).where(Location.number == PLACE))
        db.session.rollback()
    write_file(folder / "people.csv")
    with over_http.served("app.factory:create_app()", {}) as (port, _):
        vaccinators = Vaccinators(port, requests)
        vaccinators.record(4 * CLIENTS)  # warms up
        waits = vaccinators.record(DOSES // 10)
        sending = Sending(folder / "people.csv", pin or "")
        watch = threading.Thread(target=sending.watch, args=(app,))
        watch.start()
        waits += vaccinators.record(DOSES - 8 * CLIENTS, lambda: sending.stage)
        watch.join()
        waits += vaccinators.record(DOSES // 10)
    quiet, *meanwhile = (
        [one for at, one in waits if at in stages] for stages in (("quiet",), ("checking", "reviewed"), ("entering",))
    )
    tell("quiet", quiet)
    for name, some in zip(("while it is checked", "while it is entered"), meanwhile, strict=True):
        tell(name, some)
    times = p95([*meanwhile[0], *meanwhile[1]]) / p95(quiet)
    say(f"p95 {times:.1f} times its quiet value; the upload took at most {sending.most:.0f} MB")
    with app.app_context(), acting(SYSTEM):
        entered = db.session.scalar(select(Upload.rows_new).order_by(Upload.id.desc()).limit(1))
        broken = ledger_check.check_ledger()["broken"]
    found = {
        "a dose waits too long": times > MOST_TIMES, "too much memory": sending.most > MEGABYTES,
        "people are lost": entered != ROWS, "the ledger does not hold": bool(broken),
    }  # fmt: skip
    return [words for words, is_so in found.items() if is_so]


def main() -> int:
    """Measures in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="console-bench-beside-") as folder:
        wrong = beside(create_app(), Path(folder))
    for words in wrong:
        say(f"no: {words}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
