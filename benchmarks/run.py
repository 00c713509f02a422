"""`make bench`: makes databases of its own, measures on each, prints the table and keeps it in benchmarks/results.md.

BENCH_PEOPLE: how many people (1,000,000). BENCH_POSTGRES_URL, BENCH_POSTGRES_OWNER_URL: an empty database to measure on
instead of a server of our own, and the same for who owns its tables. BENCH_DATABASES: which of sqlite,postgresql.
BENCH_FOLDER: keeps the databases there, and takes them as they are in the next run. BENCH_ONLY: some of
pages,finding,peers,acts,workers,http.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.measuring import Figure
from benchmarks.table import as_markdown, line
from tests import postgres

PROJECT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results.md")
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "1000000"))
# Here what is acknowledged is on disk, unlike in tests.
SAFE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB",
        "autovacuum": "on", "max_wal_size": "4GB"}  # fmt: skip


@contextlib.contextmanager
def folder_of_our_own() -> Iterator[Path]:
    """A temporary folder, or the one that is to be kept."""
    if kept := os.environ.get("BENCH_FOLDER"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def databases(folder: Path) -> Iterator[Iterator[tuple[str, str, str]]]:
    """(name, address, its owner's address) of each database to measure on; a server that we started is stopped."""
    wanted = os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")
    server = tempfile.TemporaryDirectory(prefix="console-bench-server-")
    Path(server.name).chmod(0o755)  # the account of PostgreSQL passes through it
    cluster = postgres.Cluster(Path(server.name) / "postgresql")

    def each() -> Iterator[tuple[str, str, str]]:
        if "sqlite" in wanted:
            yield "sqlite", f"sqlite:///{folder}/console.db", ""
        if "postgresql" in wanted and (given := os.environ.get("BENCH_POSTGRES_URL")):
            yield "postgresql", given, os.environ.get("BENCH_POSTGRES_OWNER_URL", "")
        elif "postgresql" in wanted and (url := own_server(cluster)):
            yield "postgresql", url, cluster.url("bench", postgres.OWNER)

    try:
        yield each()
    finally:
        cluster.stop()
        server.cleanup()


def own_server(cluster: postgres.Cluster) -> str | None:
    """A database on a server of our own; None where the programs are not here, which is said."""
    postgres.SETTINGS.update(SAFE)
    try:
        cluster.start()
    except postgres.NoPostgreSQL as missing:
        print(f"Not measured on PostgreSQL: {missing}", flush=True)
        return None
    with cluster.superuser("postgres") as connection:  # `flask people` then need not look up each reference anew
        role = sql.Identifier(postgres.RUNTIME)
        connection.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role))
    return cluster.create("bench")


def environment(url: str, folder: Path) -> dict[str, str]:
    """What the measured processes are told: nothing of the developer's own settings but PATH and the like."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "BENCH_ONLY") if name in os.environ}
    return kept | {
        "FLASK_APP": "app.factory:create_app", "FLASK_SKIP_DOTENV": "1", "PYTHONPATH": str(PROJECT),
        "DATABASE_URL": url, "INSTANCE_FOLDER": str(folder), "WORKER_STORE": f"sqlite:///{folder}/worker.db",
    }  # fmt: skip


def prepare(name: str, url: str, owner: str, folder: Path, people: int = PEOPLE) -> str:
    """Tables, demo and people by the product's own commands, unless kept; answers how long the people took."""
    done = folder / f"{name}.{people}.done"
    if name != "sqlite" or not done.exists():
        for command in (["init"], ["demo"], ["people", str(people), "--seed", "1"]):
            began = time.perf_counter()
            flask = [sys.executable, "-m", "flask", *command]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            settings = environment(url, folder) | {"DATABASE_OWNER_URL": owner}
            subprocess.run(flask, cwd=PROJECT, env=settings, check=True, **quiet)
        done.write_text(f"{time.perf_counter() - began:.0f} s")
        if name == "postgresql":  # its own daemon would do it a minute later, in the midst of the measuring
            with psycopg.connect(owner or url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
    return done.read_text().strip()


def measure(url: str, folder: Path) -> Iterator[Figure]:
    """The figures, as a process of their own gives them."""
    command = [sys.executable, "-m", "benchmarks.measure"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment(url, folder), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for words in process.stdout:
            yield Figure(**json.loads(words))
    if process.returncode:
        raise SystemExit("The measuring stopped; the lines above say why.")


def main() -> int:
    """Prints the figures and writes the table; answers 1 where a number of statements is beyond its bound."""
    results: dict[str, tuple[str, list[Figure]]] = {}
    with folder_of_our_own() as folder, databases(folder) as each:
        for name, url, owner in each:
            print(f"{name}: making {PEOPLE:,} people ...", flush=True)
            took = prepare(name, url, owner, folder)
            results[name] = (took, [])
            for figure in measure(url, folder):
                results[name][1].append(figure)
                print(line(figure), flush=True)
    words = as_markdown(PEOPLE, results)
    if not os.environ.get("BENCH_ONLY"):
        RESULTS.write_text(words, encoding="utf-8")
        print(f"\nWritten to {RESULTS.relative_to(PROJECT)}.")
    beyond = [figure.name for _took, figures in results.values() for figure in figures if not figure.is_kept]
    for name in beyond:
        print(f"Beyond its bound of statements: {name}")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
