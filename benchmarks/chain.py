"""`python -m benchmarks.chain`: what the history's chain costs of the doses recorded a second, sixteen clients at once.

Two servers of the product on one PostgreSQL, in turn: as it is, and with the same entries written without a seal. Ends
with 1 where the chain takes more than a tenth.

BENCH_PEOPLE: how many people (20,000 here). BENCH_ROUNDS: rounds of each (9).
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, insert

from benchmarks import over_http
from benchmarks.run import environment, own_server, prepare
from tests import postgres

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
MOST = 0.1  # of the doses a second


def unchained() -> Flask:
    """The product whose entries are not sealed; each is the only one of a chain of its own, as the columns ask."""
    from app import history_chain
    from app.factory import create_app

    numbers = itertools.count(1)
    plain = insert(history_chain.TABLE).execution_options(unscoped="history_chain")

    def append(connection: Connection, values: dict[str, Any], _reach: Any) -> None:
        chain = -(os.getpid() * 1_000_000 + next(numbers))
        connection.execute(plain, {**values, "chain": chain, "seq": 1, "hash": ""})

    history_chain.append = append
    return create_app()


def measured() -> tuple[float, float]:
    """Doses a second with the chain, and what share of those without it that is: the middle of neighboring rounds."""
    from app.factory import create_app

    rates = []
    settings = {"DATABASE_POOL_SIZE": "8"}
    ours, _theirs = over_http.requests_of(create_app(), ROUNDS)
    with (
        over_http.served("app.factory:create_app()", settings) as (sealed, _),
        over_http.served("benchmarks.chain:unchained()", settings) as (plain, _),
    ):
        over_http.at_once(sealed, ours())
        over_http.at_once(plain, ours())
        for number in range(ROUNDS):
            first, second = (sealed, plain) if number % 2 else (plain, sealed)
            found = {port: over_http.at_once(port, ours())[0] for port in (first, second)}
            rates.append((found[sealed], found[plain]))
    return statistics.median(one for one, _ in rates), statistics.median(one / other for one, other in rates)


def main() -> int:
    """Makes a database of its own and measures on it."""
    with tempfile.TemporaryDirectory(prefix="console-bench-chain-") as folder:
        Path(folder).chmod(0o755)
        cluster = postgres.Cluster(Path(folder) / "server")
        url = own_server(cluster)
        if url is None:
            return 1
        try:
            prepare("postgresql", url, cluster.url("bench", postgres.OWNER), Path(folder), PEOPLE)
            os.environ.update(environment(url, Path(folder)))
            rate, share = measured()
        finally:
            cluster.stop()
    print(json.dumps({"doses_a_second": round(rate, 1), "share_of_unsealed": round(share, 3), "rounds": ROUNDS}))
    return 0 if share >= 1 - MOST else 1


if __name__ == "__main__":
    sys.exit(main())
