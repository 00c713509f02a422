"""The commands, run as a shell would."""

from sqlalchemy import func, select

from models.base import db
from models.scope import acting
from tests import databases, factories

PIN = "NCA650001"


def count(app, entity, *where):
    with app.app_context(), acting(factories.SEED):
        return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def flask(url, *command, **more):
    """A command in a process of its own, its output and how it ended."""
    import subprocess
    import sys

    return subprocess.run(
        [sys.executable, "-m", "flask", *command], cwd=databases.PROJECT, text=True, capture_output=True,
        env=databases.environment(url, databases.run_folder()) | more, stdin=subprocess.DEVNULL,
    )  # fmt: skip
