"""`python -m benchmarks.uploads`: a long file through the whole upload, beside its raw parse and bulk insert.

On the database of DATABASE_URL, prepared by `flask init` and `flask demo`. BENCH_ROWS: how many people in the file
(5,000); BENCH_TURNS: how often, product and lean one after the other (3). Prints milliseconds, the middle ratio, and
the most memory.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys

from sqlalchemy import select

from app.factory import create_app
from app.uploads import stages
from benchmarks import acts
from benchmarks.lean import Database
from benchmarks.measuring import timed
from models.base import db
from models.enrollment import Location
from models.scope import Reach, acting

ROWS = int(os.environ.get("BENCH_ROWS", "5000"))
TURNS = int(os.environ.get("BENCH_TURNS", "3"))


def through_the_whole(data: bytes, by: Reach) -> None:
    """Read, checked, matched and kept for review; then entered, with notices, links and history."""
    upload = stages.preview(data, "people.csv", by)
    db.session.commit()
    stages.commit(upload, by)
    db.session.commit()
    if upload.rows_new != ROWS:
        raise RuntimeError(f"{upload.rows_new} of {ROWS} rows were entered")


def main() -> None:
    """Measures and prints."""
    acts.ROWS = ROWS  # type: ignore[attr-defined]
    app = create_app()
    with app.app_context():
        with acting(Reach.system("benchmark")):
            place = db.session.scalar(select(Location.id).order_by(Location.id).limit(1))
            db.session.rollback()
        lean = Database(os.environ["DATABASE_URL"])
        by = Reach("location", profile="Healthcare Location Manager", location_id=place)
        ratios = []
        for _turn in range(TURNS):
            with acting(by):
                product = timed(lambda: through_the_whole(acts.file_of_people(), by))
                db.session.remove()
            raw = timed(lambda: acts.bulk_insert(lean, acts.file_of_people()))
            ratios.append(product / raw)
            sys.stdout.write(f"{ROWS} rows: {product:.0f} ms, raw {raw:.0f} ms, {ratios[-1]:.1f} times\n")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"middle ratio {statistics.median(ratios):.1f}; at most {memory:.0f} MB\n")


if __name__ == "__main__":
    main()
