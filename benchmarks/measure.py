"""`python -m benchmarks.measure`: measures on the database of the environment; a JSON line for each figure."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

from flask import Flask
from sqlalchemy import Engine

from app.factory import create_app
from benchmarks import acts, finding, over_http, pages, peers, workers
from benchmarks.measuring import Figure
from models.base import db

ALL = "pages,finding,peers,acts,workers,http"


def everything(app: Flask, engine: Engine) -> Iterator[Figure]:
    """The parts that BENCH_ONLY names, one after the other; `far` is a part of peers, `files` one of acts."""
    url = os.environ["DATABASE_URL"]
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "pages": lambda: pages.everything(app, engine, url),
        "finding": lambda: finding.everything(app, engine, url),
        "peers": lambda: peers.everything(app, engine, url),
        "far": lambda: peers.far(app, engine),
        "acts": lambda: acts.everything(app, engine, url),
        "files": lambda: acts.files(app, engine, url),
        "workers": lambda: workers.everything(url),
        "http": lambda: iter([over_http.recording(app, {"DATABASE_URL": url, "DATABASE_POOL_SIZE": "8"})]),
    }
    for name in os.environ.get("BENCH_ONLY", ALL).split(","):
        yield from parts[name]()


def main() -> None:
    """Prints the figures as they come."""
    app = create_app()
    with app.app_context():
        engine = db.engine
    for figure in everything(app, engine):
        print(json.dumps(figure.as_json()), flush=True)
    engine.dispose()


if __name__ == "__main__":
    main()
