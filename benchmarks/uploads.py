"""`python -m benchmarks.uploads`: a long file through the whole upload, beside its raw parse and bulk insert.

On the database of DATABASE_URL, prepared by `flask init` and `flask demo`. BENCH_ROWS: how many people in the file
(5,000); BENCH_TURNS: how often, product and lean one after the other (3); BENCH_DJANGO: how often Django's admin takes
such a file as well (0). Prints milliseconds, the middle ratio, and the most memory.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from sqlalchemy import select

from app.factory import create_app
from app.uploads import stages
from benchmarks import acts, django_admin, django_import
from benchmarks.lean import Database
from benchmarks.measuring import timed
from models.base import db
from models.enrollment import Location
from models.scope import Reach, acting

ROWS = int(os.environ.get("BENCH_ROWS", "5000"))
TURNS = int(os.environ.get("BENCH_TURNS", "3"))
DJANGO = int(os.environ.get("BENCH_DJANGO", "0"))


def through_the_whole(data: bytes, by: Reach) -> None:
    """Read, checked, matched and kept for review; then entered, with notices, links and history."""
    upload = stages.preview(data, "people.csv", by)
    db.session.commit()
    stages.commit(upload, by)
    db.session.commit()
    if upload.rows_new != ROWS:
        raise RuntimeError(f"{upload.rows_new} of {ROWS} rows were entered")


def turn(by: Reach) -> float:
    """Milliseconds of one file, of people whom nobody knows yet."""
    content = acts.file_of_people()
    with acting(by):
        took = timed(lambda: through_the_whole(content, by))
        db.session.remove()
    return took


def beside_django(by: Reach) -> None:
    """The same file by Django's admin, right after the product's turn."""
    with tempfile.TemporaryDirectory(prefix="console-bench-django-") as folder:
        django_admin.configure(os.environ["DATABASE_URL"], Path(folder))
        django_import.declare()
        client = django_admin.signed_in()
        for _turn in range(DJANGO):
            product, content = turn(by), django_import.file_for_django(acts.file_of_people())
            theirs = timed(lambda content=content: django_import.preview_and_confirm(client, content))
            say(f"{ROWS} rows: {product:.0f} ms, Django {theirs:.0f} ms: {theirs / product:.1f} times as long")


def say(words: str) -> None:
    """A line as soon as it is known."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> None:
    """Measures and prints."""
    acts.ROWS = ROWS  # type: ignore[attr-defined]
    app = create_app()
    with app.app_context():
        with acting(Reach.system("benchmark")):
            place = db.session.scalar(select(Location.id).order_by(Location.id).limit(1))
            db.session.remove()
        lean = Database(os.environ["DATABASE_URL"])
        by = Reach("location", profile="Healthcare Location Manager", location_id=place)
        ratios = []
        for _turn in range(TURNS):
            product, content = turn(by), acts.file_of_people()
            raw = timed(lambda content=content: acts.bulk_insert(lean, content))
            ratios.append(product / raw)
            say(f"{ROWS} rows: {product:.0f} ms, raw {raw:.0f} ms, {ratios[-1]:.1f} times")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(f"middle ratio {statistics.median(ratios):.1f}; at most {memory:.0f} MB")
        if DJANGO:
            beside_django(by)


if __name__ == "__main__":
    main()
