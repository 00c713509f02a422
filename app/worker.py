"""The worker: a huey queue whose jobs deliver notices and keep the house.

What must not be lost is a row of the database (a notice with its lease), never only a job in the queue: a worker
killed with -9 loses the job it ran, and the next round takes the rows up again.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from flask import Flask
from huey import Huey, crontab
from huey.consumer import Consumer, ConsumerStopped

from app import history
from app.jobs import housekeeping, uploads
from app.jobs.payload import SignedJson
from app.jobs.store import opened
from models.base import db
from models.scope import Reach, acting

ACCOUNT = Reach.system("worker")
THREADS = 3  # one of them may work on an upload for long
GRACE = 20  # seconds that a job may take to end after SIGTERM; what is unfinished is taken up by the next worker


def make_queue(
    app: Flask, make_tables: bool = False, enough: Callable[[], bool] = lambda: False, store: str = ""
) -> Huey:
    """The queue with its periodic jobs; `enough` tells long jobs to end. Raises NoStore."""
    serializer = SignedJson(app.config["SECRET_KEY"])
    queue = opened(
        Huey, store or app.config["WORKER_STORE"], make_tables, name="console", results=False, serializer=serializer
    )

    # A job not begun when the next is due is left out, so that a stopped worker does not come back to a heap of them.
    @queue.periodic_task(crontab(minute="*"), name="deliver_notices", expires=55)
    def deliver_notices() -> None:
        step(app, "deliver", lambda: housekeeping.deliver(ACCOUNT, enough))

    @queue.periodic_task(crontab(minute="*"), name="work_off_uploads", expires=55)
    def work_off_uploads() -> None:
        step(app, "uploads", lambda: uploads.work_off(enough))

    @queue.periodic_task(crontab(hour="7", minute="40"), name="purge_upload_files", expires=3600)
    def purge_upload_files() -> None:
        step(app, "purge-upload-files", housekeeping.purge_upload_files)

    queue.work_off_uploads = work_off_uploads

    @queue.periodic_task(crontab(hour="7", minute="10"), name="check_ledger", expires=3600)  # UTC: night at home
    def check_ledger() -> None:
        step(app, "check-ledger", housekeeping.check_ledger)

    @queue.periodic_task(crontab(hour="9", minute="5"), name="inventory_report", expires=3600)
    def inventory_report() -> None:
        step(app, "inventory-report", housekeeping.inventory_report)

    @queue.periodic_task(crontab(hour="7", minute="30"), name="verify_history", expires=3600)
    def verify_history() -> None:
        step(app, "verify-history", housekeeping.verify_history)

    @queue.periodic_task(crontab(hour="7", minute="20"), name="sweep_sessions", expires=3600)
    def sweep_sessions() -> None:
        step(app, "sweep-sessions", housekeeping.sweep_sessions)

    @queue.periodic_task(crontab(hour="7", minute="40"), name="lapse_access", expires=3600)
    def lapse_access() -> None:
        step(app, "lapse-access", lambda: housekeeping.lapse_access(ACCOUNT))

    return queue


def knock(app: Flask) -> None:
    """Wakes the worker for an upload that waits; where its store does not answer, it looks by itself every minute."""
    try:
        queue = make_queue(app)
        queue.work_off_uploads()
        queue.storage.close()
    except Exception as error:  # noqa: BLE001 - the row in the database is what counts
        app.logger.warning("the worker could not be woken: %s", type(error).__name__)


def step(app: Flask, name: str, work: Callable[[], Any]) -> None:
    """One job: a transaction and history entry of its own, as the worker; its failure is told without values."""
    with app.app_context(), acting(ACCOUNT):
        history.begin(act=f"job {name}")
        try:
            work()
            db.session.commit()
        except Exception as error:  # noqa: BLE001 - a job that fails must not end the worker
            db.session.rollback()
            frames = "".join(traceback.format_tb(error.__traceback__))  # code lines only, no values
            app.logger.error("job %s: %s\n%s", name, type(error).__name__, frames)


def work(app: Flask, ready: Callable[[], None] = lambda: None) -> None:
    """Runs until SIGTERM or SIGINT; jobs under way end first, within GRACE. Raises NoStore."""
    stopping: list[Callable[[], bool]] = []
    queue = make_queue(app, enough=lambda: any(asked() for asked in stopping))
    consumer = queue.create_consumer(workers=THREADS, max_delay=2, shutdown_timeout=GRACE, graceful_signal="TERM")
    stopping.append(consumer.stop_flag.is_set)
    consumer.start()
    ready()
    _until_stopped(consumer)


def _until_stopped(consumer: Consumer) -> None:
    """Huey's own loop, without its way of starting itself anew in place."""
    checked = time.monotonic()
    while True:
        try:
            checked = consumer.loop(checked)
        except ConsumerStopped:
            return
