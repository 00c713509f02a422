"""What a web worker costs: how long it takes to start, and the memory that is its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Figure, timed
from benchmarks.over_http import served
from benchmarks.product import signed_in

STARTS = 5
SECONDS, MEGABYTES = 1.5, 150
START = "from app.factory import create_app; create_app()"
LARGE = ("/dose/list/?psize_DoseScreen=100", "/recipient/list/", "/start/", "/dose/export/csv")


def everything(url: str) -> Iterator[Figure]:
    """The start of a process, then the memory of one before and after its largest answers."""
    settings = {"DATABASE_URL": url}
    yield starting(settings)
    yield memory(settings)


def starting(settings: dict[str, str]) -> Figure:
    """From nothing to an application that could answer, its permissions in place; beside an empty interpreter."""

    def run(words: str) -> None:
        subprocess.run([sys.executable, "-c", words], env=os.environ | settings, check=True)

    pairs = [(timed(lambda: run(START)), timed(lambda: run("import flask"))) for _ in range(STARTS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Figure(
        "start of a process", ours, theirs, ours / theirs, note="beside one that only imports Flask",
        bars={"product": SECONDS * 1_000},
    )  # fmt: skip


def memory(settings: dict[str, str]) -> Figure:
    """Proportional set size of the workers of a preloaded server, after the largest page and export, in megabytes."""
    from app.factory import create_app

    browser = signed_in(create_app(), "manager.demo")
    cookie = f"console={browser.client.get_cookie('console').value}"
    with served("app.factory:create_app()", settings, "--preload") as (port, pid):
        before = largest_of(pid)
        for path in LARGE * 4:  # so that each of the two workers gets some of each
            fetch(port, path, cookie)
        after = largest_of(pid)
    return Figure(
        "memory of a worker, MB", after, note=f"PSS, preloaded; {before:.0f} before its largest page and export",
        bars={"product": MEGABYTES},
    )  # fmt: skip


def fetch(port: int, path: str, cookie: str) -> None:
    """Reads an answer whole, without keeping it."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as line:
        line.request("GET", path, headers={"Cookie": cookie})
        answer = line.getresponse()
        while answer.read(65_536):
            pass
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")


def largest_of(pid: int) -> float:
    """Megabytes of the largest worker of a server."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [re.search(r"^Pss: +(\d+)", Path(f"/proc/{child}/smaps_rollup").read_text(), re.M) for child in children]
    return max(int(one[1]) for one in found if one) / 1_024
