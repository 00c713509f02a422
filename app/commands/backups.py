"""`flask backup` and `flask restore`: the whole database as one file, and back, proved before it counts."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_babel import gettext as _
from flask_migrate import upgrade
from sqlalchemy import Engine

from app import backups, database, history, history_proof
from app.commands.database import raise_wall
from app.commands.telling import FINDINGS, Refused, command
from app.rules import ledger_check
from models.base import db

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
THERE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@command("backup", FILE, click.option("--force", is_flag=True, help="Write over a file that is there already."))
def backup(file: Path, force: bool) -> tuple[dict[str, Any], str]:
    """Copy the whole database into FILE while people work; the file is whole or not there."""
    if file.exists() and not force:
        raise Refused(_("There is already a file of this name. Choose another, or say --force."))
    if backups.is_empty(db.engine):
        raise Refused(_("The database is empty: there is nothing to keep."))
    db.session.rollback()
    with database.owners_engine(current_app, db.engine) as owners:
        size = backups.save(owners, file)
    history.changed_in_bulk("History", "backup", bytes=size)
    facts = {"file": str(file), "bytes": size}
    return facts, _("The database is kept in %(file)s (%(bytes)s bytes). Encrypt the file before it travels.", **facts)


@command("restore", THERE, click.option("--force", is_flag=True, help="Write over a database that holds something."))
def restore(file: Path, force: bool) -> tuple[dict[str, Any], str, int]:
    """Put the database of FILE in place, then prove ledger and history; stop web and worker first."""
    if not force and not backups.is_empty(db.engine):
        raise Refused(_("This database is not empty. With --force all that it holds is written over."))
    db.session.rollback()
    db.engine.dispose()
    with database.owners_engine(current_app, db.engine) as owners, backups.put_back(owners, file):
        _bring_up_to_date(owners)
        raise_wall()
        ledger = _prove_ledger()
        proof = history_proof.verify(db.engine)
    history.changed_in_bulk("History", "restore", rows=proof["rows"])
    facts = {"ledger": ledger, "history": proof}
    broken = len(ledger["broken"]) + len(proof["broken"])
    words = _(
        "The database is in place: %(movements)s movements, %(rows)s entries of the history.",
        movements=ledger["movements"],
        rows=proof["rows"],
    )
    holds = _("Ledger and history hold.")
    found = _("%(n)s of them do not hold: flask check-ledger and flask verify-history name them.", n=broken)
    return facts, f"{words}\n{found if broken else holds}", FINDINGS if broken else 0


def _bring_up_to_date(owners: Engine) -> None:
    """The tables of a backup of an earlier release become today's; raises Refused for those of a later one."""
    script = ScriptDirectory(str(current_app.extensions["migrate"].directory))
    with owners.connect() as connection:
        is_at = MigrationContext.configure(connection).get_current_revision()
    if is_at is None or is_at not in {one.revision for one in script.walk_revisions()}:
        raise Refused(_("This is not a backup of the console, or one of a later release. Nothing was changed."))
    logging.getLogger("alembic").setLevel(logging.WARNING)
    upgrade()


def _prove_ledger() -> dict[str, Any]:
    with database.reading_only():
        found = ledger_check.check_ledger()
        db.session.rollback()
    return found


COMMANDS = (backup, restore)
