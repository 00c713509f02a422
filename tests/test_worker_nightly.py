"""What the worker does by itself besides mail: jobs, their history, the proof of the ledger."""

import datetime as dt
import os

from sqlalchemy import select

from app import worker
from models.base import db, utcnow
from models.history import History
from models.scope import acting
from tests import factories
from tests.post_office import deliver, waiting


def test_the_history_says_what_the_worker_did(app, office):
    (key,) = waiting(app)
    deliver(app)
    with app.app_context(), acting(factories.SEED):
        found = db.session.scalars(select(History).where(History.act == "deliver notice")).one()
        (change_made,) = found.changed
    assert (found.username, found.profile) == ("worker", "System")
    assert (change_made["entity"], change_made["id"]) == ("Notice", key)
    assert change_made["values"]["status"] == ["queued", "sent"]


def test_a_job_that_fails_is_told_without_values_and_ends_nothing(app, caplog):
    address = "@".join(("ana", "example.org"))

    def fails():
        raise ValueError(address)

    worker.step(app, "test", fails)
    assert "job test: ValueError" in caplog.text
    assert address not in caplog.text


def test_the_nightly_proof_of_the_ledger_is_written_down(app):
    from app.jobs import housekeeping

    with app.app_context():
        item = factories.stock(doses=10)
        with acting(factories.SEED):
            item.doses = 11
            db.session.commit()
    worker.step(app, "check-ledger", housekeeping.check_ledger)
    with app.app_context(), acting(factories.SEED):
        found = db.session.scalars(select(History).where(History.act == "job check-ledger")).one()
    assert found.outcome == "findings"
    assert [(row["balance"], row["movements"]) for row in found.changed[0]["broken"]] == [(11, 10)]


def test_sessions_that_nobody_can_use_are_swept_at_night(app):
    from app.jobs import housekeeping
    from app.sessions import table

    old = utcnow() - dt.timedelta(days=3)
    with app.app_context():
        for name, seen in (("a" * 64, old), ("b" * 64, utcnow())):
            values = {"id_hash": name, "created_at": seen, "seen_at": seen, "data": b"{}"}
            db.session.execute(table.insert().values(**values))
        db.session.commit()
    worker.step(app, "sweep-sessions", housekeeping.sweep_sessions)
    with app.app_context():
        assert db.session.scalars(select(table.c.id_hash)).all() == ["b" * 64]


def test_the_workers_periodic_jobs_are_these(app):
    with app.app_context():
        queue = worker.make_queue(app, make_tables=True)
    names = {type(task).__name__ for task in queue._registry.periodic_tasks}
    queue.storage.close()
    assert names == {
        "deliver_notices",
        "check_ledger",
        "inventory_report",
        "lapse_access",
        "work_off_uploads",
        "purge_upload_files",
        "sweep_sessions",
        "verify_history",
    }
    assert os.path.exists(app.config["WORKER_STORE"].removeprefix("sqlite:///"))
