"""How entries come to be sealed: by the migration, by many writers at once, place by place."""

import json
import threading

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from app import history, history_chain, history_proof
from models.base import db, utcnow
from models.scope import acting
from tests import databases
from tests.databases import KIND
from tests.factories import SEED
from tests.history_chain.kit import PLACES, TABLE, at, tampered, write


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")  # later migrations, on SQLite
def test_entries_written_before_there_were_seals_are_sealed_by_the_migration(own_database):
    from flask_migrate import upgrade

    from app.factory import create_app
    from tests.conftest import settings_for

    url = own_database(None)
    app = create_app(settings_for(databases.owner_url(url) or url))
    with app.app_context():
        upgrade(revision="0001")
        columns = [name for name in history_chain.SEALED if name != "at"]
        names = ", ".join(["at", *columns])
        values = ", ".join([":at", *(f":{name}" for name in columns)])
        old = text(f"INSERT INTO history ({names}) VALUES ({values})")
        said = dict.fromkeys(columns) | {"created_at": utcnow(), "row_version": 1, "changed": "[]"}
        with db.engine.begin() as connection:
            for number in range(12):
                place = {"location_id": number % 3 or None, "organization_id": 5 if number % 2 else None}
                shown = json.dumps([{"ids": [number], "name": "Ñ"}])
                connection.execute(old, said | {"at": utcnow(), "shown": shown} | place)
        upgrade()
        assert history_proof.verify(db.engine) == {"rows": 12, "chains": 1 if KIND == "sqlite" else 4, "broken": []}
        write(1, 2)
        assert history_proof.verify(db.engine)["rows"] == 14
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(update(TABLE).where(TABLE.c.id == 3).values(act="x"))
        assert tampered(update(TABLE).where(TABLE.c.id == 3).values(act="x"))[0]["problem"] == "edited"
        db.session.remove()
        db.engine.dispose()


def test_many_writers_of_one_place_make_one_chain_without_a_gap(app):
    """Each entry is sealed upon the one before it, whoever wrote that, and a transaction that failed left none."""
    together = threading.Barrier(6)

    def work():
        with app.app_context():
            together.wait()
            for number in range(5):
                with acting(at(PLACES[0])):
                    history.begin(act="taken back")
                    history.shown("Recipient", [number])
                    history.write_with_changes(db.session())
                    db.session.rollback()
                write(PLACES[0])
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with app.app_context():
        assert history_proof.verify(db.engine)["broken"] == []
        with acting(SEED), db.engine.connect() as connection:
            kept = connection.execute(select(TABLE.c.act).where(TABLE.c.location_id == PLACES[0])).scalars().all()
        assert len(kept) == 30 and "taken back" not in kept


def test_places_do_not_wait_for_each_other_on_postgresql(app):
    """While one place's entry is not committed yet, another place's is written; SQLite has one writer anyway."""
    chains = {history_chain.chain_of(at(place), KIND) for place in (*PLACES, None)}
    assert len(chains) == (1 if KIND == "sqlite" else 3)
    with app.app_context():
        write(PLACES[0]), write(PLACES[1])
        with db.engine.connect() as slow:
            if KIND == "postgresql":
                slow.execute(text("SET lock_timeout = '3s'"))
                values = dict.fromkeys(history_chain.SEALED)
                values |= {"at": utcnow(), "created_at": utcnow(), "row_version": 1, "shown": [], "changed": []}
                history_chain.append(slow, values, at(PLACES[0]))
                write(PLACES[1])
            slow.rollback()
        assert history_proof.verify(db.engine)["broken"] == []
