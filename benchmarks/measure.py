"""`python -m benchmarks.measure`: measures on the database of the environment; a JSON line for each figure."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import Engine

from app.factory import create_app
from benchmarks import acts, finding, over_http, pages, peers, workers
from benchmarks.measuring import Figure
from models.base import db


def everything(app: Flask, engine: Engine) -> Iterator[Figure]:
    """Each measurement; BENCH_ONLY takes some of them: pages, finding, peers, acts, workers, http."""
    url = os.environ["DATABASE_URL"]
    only = os.environ.get("BENCH_ONLY", "pages,finding,peers,acts,workers,http").split(",")
    if "pages" in only:
        yield from pages.everything(app, engine, url)
    if "finding" in only:
        yield from finding.everything(app, engine, url)
    if "peers" in only:
        yield from peers.everything(app, engine, url)
    if "acts" in only:
        yield from acts.everything(app, engine, url)
    if "workers" in only:
        yield from workers.everything(url)
    if "http" in only:
        yield over_http.recording(app, {"DATABASE_URL": url, "DATABASE_POOL_SIZE": "8"})


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
