"""`python -m benchmarks.history [N]`: how long it takes to prove N entries of the history (1,000,000)."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine, create_engine, insert

from app.history_chain import AS_WRITTEN, SEALED, TABLE, digest, seal
from app.history_proof import verify
from models.history import history_head

AT_ONCE = 10_000
PLACES = 300
BOUND = 60  # seconds for a million


def entries(count: int) -> Iterator[dict[str, object]]:
    """Entries like those of a page that showed 25 people, chained by place."""
    heads: dict[int, tuple[int, str]] = {}
    for number in range(count):
        place = number % PLACES
        said = dict.fromkeys(SEALED) | {
            "at": dt.datetime(2026, 1, 1) + dt.timedelta(seconds=number), "created_at": dt.datetime(2026, 1, 1),
            "row_version": 1, "username": "nurse", "location_id": place, "method": "GET", "path": "/recipient/list/",
            "outcome": "done", "changed": [],
            "shown": [{"entity": "Recipient", "ids": list(range(number, number + 25))}],
        }  # fmt: skip
        sealed = [json.dumps(said[name]) if name in AS_WRITTEN else said[name] for name in SEALED]
        seq, before = heads.get(place, (0, ""))
        heads[place] = seq + 1, seal(before, digest(place, sealed))
        yield said | {"chain": place, "seq": seq + 1, "hash": heads[place][1]}
    yield {"heads": heads}


def fill(engine: Engine, count: int) -> None:
    """Writes the entries and their heads."""
    TABLE.create(engine)
    history_head.create(engine)
    made = entries(count)
    with engine.begin() as connection:
        while batch := list(itertools.islice(made, AT_ONCE)):
            heads = batch.pop()["heads"] if "heads" in batch[-1] else {}
            if batch:
                connection.execute(insert(TABLE), batch)
            for chain, (seq, hash_) in heads.items():
                connection.execute(insert(history_head).values(chain=chain, seq=seq, hash=hash_))


def main() -> int:
    """Prints seconds, entries a second and memory; answers 1 where a million would take more than a minute."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'history.db'}")
        fill(engine, count)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        with Flask(__name__).app_context():  # whoever proves acts in one
            found = verify(engine)
        took = time.perf_counter() - began
        engine.dispose()
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{found['rows']:,} entries in {found['chains']} chains: {took:.1f} s, {found['rows'] / took:,.0f} a second")
    print(f"memory beyond that of making them: {more} MB; broken: {len(found['broken'])}")
    return 1 if found["broken"] or took > BOUND * count / 1_000_000 else 0


if __name__ == "__main__":
    sys.exit(main())
