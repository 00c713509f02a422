"""`flask people`: many made-up people in a short time, whose doses and stock agree."""

import contextlib
import datetime as dt
import gc
import tracemalloc

import pytest
from sqlalchemy import func, select, text

from app.demo import crowd, people
from app.rules import dose_checks, ledger_check, recipients
from app.rules.clock import local, today_at
from models.base import db
from models.doses import Dose
from models.enrollment import Location
from models.recipients import Recipient, RecipientLink, search_key
from models.scope import Reach, acting
from models.stock import InventoryItem, StockMovement
from tests import databases, factories

LOOKER = Reach.system("test")


@pytest.fixture(autouse=True)
def system(app):
    with app.app_context(), acting(LOOKER):
        yield
        db.session.rollback()


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(people, "CHUNK", 40)


def count(entity, *where):
    return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def test_each_person_has_a_link_two_doses_and_their_movements(small_chunks):
    assert list(people.people(100, seed=7)) == [40, 80, 100]
    assert (count(Recipient), count(RecipientLink), count(Dose)) == (100, 100, 200)
    assert count(StockMovement, StockMovement.kind == "given") == 200
    for person in db.session.scalars(select(Recipient)):
        theirs = select(Dose).where(Dose.recipient_id == person.id).order_by(Dose.dose_number)
        first, second = db.session.scalars(theirs)
        assert (first.dose_number, second.dose_number) == ("1", "2")
        assert second.given_on - first.given_on == dt.timedelta(days=people.APART)
        assert second.given_on < today_at(None) <= second.lot.expires_on
        link = db.session.scalars(select(RecipientLink).where(RecipientLink.recipient_id == person.id)).one()
        assert link.location_id == first.location_id == second.location_id


def test_the_ledger_holds_after_each_chunk_and_a_little_is_left(small_chunks):
    for _ in people.people(90, seed=1):
        assert ledger_check.check_ledger()["broken"] == []
        left = db.session.scalar(select(func.sum(InventoryItem.doses)))
        assert left % people.SPARE == 0 and left > 0
    causes = db.session.scalars(select(StockMovement.cause).where(StockMovement.kind == "given"))
    assert set(causes) == {f"Dose:{key}" for key in db.session.scalars(select(Dose.id))}


def test_people_are_written_as_their_entity_would_write_them(small_chunks):
    list(people.people(60, seed=3))
    db.session.expire_all()
    for row in [*db.session.scalars(select(Recipient)), *db.session.scalars(select(Dose))]:
        row.check()
        assert row.row_version == 1 and isinstance(row.created_at, dt.datetime)
    for person in db.session.scalars(select(Recipient)):
        assert (person.first_key, person.last_key) == (search_key(person.first_name), search_key(person.last_name))
        assert not db.session.is_modified(person)
    for dose in db.session.scalars(select(Dose)):
        assert local(dose.given_at, dose.location).date() == dose.given_on
        assert dose_checks.is_for_age(dose.recipient.birth_date, dose.given_on, dose.vaccine)


def test_a_person_made_is_found_as_any_other(small_chunks):
    list(people.people(50, seed=5))
    person = db.session.scalars(select(Recipient)).first()
    found = recipients.find(LOOKER, last_name=person.last_name, birth_date=person.birth_date)
    assert person.public_id in {one.public_id for one in found}


def test_the_same_seed_makes_the_same_people_and_a_second_run_others(small_chunks):
    def made():
        list(people.people(60, seed=11))
        return db.session.scalars(select(Recipient.public_id).order_by(Recipient.id)).all()

    first = made()
    db.session.rollback()
    assert made() == first
    assert len(set(made())) == 120  # the first sixty are still there
    assert ledger_check.check_ledger()["broken"] == []


def test_they_go_to_the_locations_there_are(small_chunks):
    clinic, closed = factories.location(county="37063"), factories.location()
    closed.status = "closed"
    db.session.flush()
    list(people.people(30, seed=2))
    assert set(db.session.scalars(select(Dose.location_id))) == {clinic.id}
    assert set(db.session.scalars(select(Recipient.county))) == {"37063"}


def test_locations_are_made_up_where_there_are_too_few(small_chunks):
    list(people.people(130, seed=2))
    assert count(Location) == 4 and count(Dose, Dose.location_id.is_not(None)) == 260
    assert len(crowd.sites(2, today_at(None))) == 4


@contextlib.contextmanager
def references_may_be_passed_over():
    """On PostgreSQL the role of the test is given what only a superuser has; SQLite has no such right."""
    if databases.KIND != "postgresql":
        yield
        return
    role = db.engine.url.username
    with databases.cluster().superuser("postgres") as connection:
        connection.execute(f'GRANT SET ON PARAMETER session_replication_role TO "{role}"')
        try:
            yield
        finally:
            connection.execute(f'REVOKE SET ON PARAMETER session_replication_role FROM "{role}"')


def test_references_hold_where_the_database_does_not_look_them_up(small_chunks):
    with references_may_be_passed_over():
        for _ in people.people(90, seed=9):
            if databases.KIND == "postgresql":  # looked up again by whatever comes next in the transaction
                assert db.session.scalar(text("SHOW session_replication_role")) == "origin"
    for table in (people.PEOPLE, people.LINKS, people.DOSES, people.MOVEMENTS):
        for key in table.foreign_keys:
            lost = key.parent.is_not(None) & key.parent.not_in(select(key.column))
            assert not db.session.scalar(select(func.count()).select_from(table).where(lost)), key.parent
    assert ledger_check.check_ledger()["broken"] == []


def test_memory_does_not_grow_with_the_number(monkeypatch):
    monkeypatch.setattr(people, "CHUNK", 500)
    made = people.people(4_000, seed=1)
    tracemalloc.start()
    try:
        peaks = []
        for _ in made:
            db.session.commit()
            peaks.append(tracemalloc.get_traced_memory()[1])
            gc.collect()  # what a chunk left in circles is no growth
            tracemalloc.reset_peak()
    finally:
        tracemalloc.stop()
    assert peaks[-1] < 1.5 * peaks[1]
