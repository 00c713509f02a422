"""`python -m benchmarks`: makes a database of its own, fills it, measures, and prints one line for each measurement."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PEOPLE = int(os.environ.get("BENCH_PEOPLE", "100000"))


def prepare(folder: str) -> None:
    """Points the product at a folder of its own, unless DATABASE_URL names an (empty) database to measure on."""
    os.environ["INSTANCE_FOLDER"] = folder
    os.environ["WORKER_STORE"] = f"sqlite:///{folder}/worker.db"
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/console.db")
    os.environ.pop("PRODUCTION", None)
    os.environ.pop("MAIL_SERVER", None)
    for command in (["init"], ["demo"], ["people", str(PEOPLE), "--seed", "1"]):
        flask = [sys.executable, "-m", "flask", "--app", "app.factory:create_app"]
        subprocess.run([*flask, *command], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Prints the figures; answers 1 where a number of statements is beyond its bound."""
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        prepare(folder)
        from app.factory import create_app
        from benchmarks.measuring import HEADING
        from benchmarks.walks import everything
        from models.base import db

        app = create_app()
        with app.app_context():
            engine = db.engine
        print(f"\n{PEOPLE:,} people, {engine.dialect.name}, Python {sys.version.split()[0]}\n\n{HEADING}", flush=True)
        beyond = 0
        for figure in everything(app, engine):
            print(figure, flush=True)
            beyond += not figure.is_kept
        engine.dispose()
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
