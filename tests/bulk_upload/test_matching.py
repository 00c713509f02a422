"""Who of a file is here already is looked up by an index, whatever the database adds to the question."""

import datetime as dt
import json
import re

from sqlalchemy import event

from app.uploads import matching
from models.base import db, utcnow
from models.bulk import insert_many
from models.scope import Reach, acting
from tests import factories as make

BORN = dt.date(1984, 3, 2)


def test_people_are_matched_by_an_index_as_a_place_too(app):
    """Behind row security no function may stand in the comparison: it would be asked of every person of the state."""
    with app.app_context():
        with acting(make.SEED):
            here = make.location()
            db.session.flush()
            insert_many(db.session.connection(), matching.PEOPLE, [other(number) for number in range(3_000)])
        with acting(Reach("location", location_id=here.id, organization_id=here.organization_id)):
            plan = " ".join(plan_of(lambda: matching.candidates([(2, ("ann", "lopez", BORN))])))
        db.session.rollback()
    assert re.search(r"Index Cond: \(+(birth_date|last_key)|ix_recipient_find \(birth_date=", plan), plan


def other(number):
    """One of so many that a database does not read them all."""
    name = f"name{number}"
    values = {"first_name": name, "last_name": name, "first_key": name, "last_key": name, "birth_date": BORN}
    made = {"row_version": 1, "created_at": utcnow(), "lives_in_nc": True, "works_in_nc": True}
    return values | made | {"public_id": name, "registration": "uploaded"}


def plan_of(work):
    """How the database goes about the one statement of some work."""
    sent = []

    def note(_connection, _cursor, statement, parameters, *_more):
        sent.append((statement, parameters))

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    (asked,) = [one for one in sent if "recipient" in one[0]]
    explain = "EXPLAIN QUERY PLAN"
    if connection.dialect.name == "postgresql":
        for way in ("seqscan", "hashjoin", "mergejoin", "material", "bitmapscan"):  # what suits a small table better
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        explain = "EXPLAIN"
    return [
        json.dumps([str(word) for word in row]) for row in connection.exec_driver_sql(f"{explain} {asked[0]}", asked[1])
    ]
