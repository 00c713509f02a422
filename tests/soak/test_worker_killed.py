"""A worker killed with -9 over and over while it delivers: every notice is sent, under its own Message-ID."""

import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select, update

from models.base import db, utcnow
from models.notices import Notice
from models.scope import acting
from tests import databases, factories
from tests.post_office import opened, waiting

ROUNDS = 12
MAILS = 120

pytestmark = pytest.mark.soak


def left(app):
    """How many wait; the leases of those whom a killed worker had are over."""
    with app.app_context(), acting(factories.SEED):
        db.session.execute(update(Notice).where(Notice.status == "queued").values(next_try_at=utcnow(), attempts=0))
        db.session.commit()
        return db.session.scalar(select(func.count()).where(Notice.status == "queued"))


def worker(url, port):
    environment = databases.environment(url, databases.run_folder())
    environment |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port)}
    command = [sys.executable, "-m", "flask", "deliver"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=databases.PROJECT, env=environment, **quiet)


def test_a_worker_killed_twelve_times_loses_no_mail_and_gives_none_another_name(app, database_url):
    waiting(app, MAILS)
    chance = random.Random(1)
    killed = 0
    with opened() as office:
        for _ in range(ROUNDS):
            office.reached.clear()
            process = worker(database_url, office.port)
            if office.reached.wait(120):
                time.sleep(chance.uniform(0, 0.1))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.wait(60)
            if not left(app):
                break
        assert killed >= 2, "nobody was killed while at work"
        assert worker(database_url, office.port).wait(300) == 0
        with app.app_context(), acting(factories.SEED):
            rows = db.session.execute(select(Notice.status, Notice.message_id)).all()
        assert {status for status, _id in rows} == {"sent"}
        assert set(office.ids) == {message_id for _status, message_id in rows}
        assert len(office.ids) <= MAILS + killed, "more than one mail was sent twice for each kill"
