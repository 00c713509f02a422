"""A worker in a process of its own that is killed with -9 while it works on an upload."""

import signal
import subprocess
import sys
import time

from sqlalchemy import select

from models.base import db
from models.scope import acting
from models.uploads import Upload
from tests import databases, factories

WORK = (
    "from app.factory import create_app; from app import worker; from app.jobs import uploads; "
    "worker.step(create_app(), 'uploads', lambda: uploads.work_off(lambda: False))"
)


def worker(url, first="", lease="0"):
    """The work that waits, done by another process after the code `first`; nobody is believed alive for long."""
    environment = databases.environment(url, databases.run_folder()) | {"UPLOAD_LEASE_SECONDS": lease}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", f"{first}\n{WORK}"], cwd=databases.PROJECT, env=environment, **quiet)


def stands(app, key):
    """(status, rows done) of an upload as the database has it now."""
    with app.app_context(), acting(factories.SEED):
        found = db.session.execute(select(Upload.status, Upload.rows_done).where(Upload.id == key)).one()
        db.session.rollback()
        return tuple(found)


def killed_after(app, url, key, rows, patience=120):
    """Kills a worker once it has done so many rows more; answers whether it was still at work."""
    before = stands(app, key)[1]
    process = worker(url)
    end = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < end:
        status, done = stands(app, key)
        if done - before >= rows or status in ("reviewed", "committed", "undone"):
            break
        time.sleep(0.03)
    alive = process.poll() is None
    if alive:
        process.send_signal(signal.SIGKILL)
    process.wait(60)
    return alive


def finished(app, url, key, status):
    """Works on until the upload stands so."""
    for _ in range(5):
        if stands(app, key)[0] == status:
            return True
        worker(url).wait(300)
    return stands(app, key)[0] == status
