"""`flask init`: brings the database to what this version of the product needs; the release step of production."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_migrate import upgrade
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from app import database, production, wall_policies
from app.commands.telling import Refused, command
from app.rules import catalog, people
from models.base import db
from models.people import PortalUser
from models.scope import Reach, acting

SYSTEM = "system"


@command("init")
def init() -> tuple[dict[str, Any], str]:
    """Prepare the database: tables, permissions, the system account and the worker's store. Safe to run again."""
    production.refuse_demo_accounts(current_app)
    _folder()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        upgrade()
    except SystemExit:
        raise Refused(_("The tables could not be brought up to date; the line above says why.")) from None
    raise_wall()
    made = _system_account()
    with acting(Reach.system("init")):
        catalog.vaccines()
        catalog.storage_times()
        catalog.program_rules()
        catalog.priority_groups()
    db.session.commit()
    permissions = _permissions()
    _worker_store()
    facts = {"system_account": "made" if made else "kept", "permissions": permissions}
    return facts, _("The database is ready.")


def raise_wall() -> None:
    """Brings row security up to date with what the entities declare, and lets the account that runs use the tables."""
    if db.engine.dialect.name != "postgresql":
        return
    with database.owners_engine(current_app, db.engine) as owners:
        if current_app.config["ROW_SECURITY"]:
            wall_policies.build(owners)
        else:
            wall_policies.take_down(owners)
        if db.engine.url.username and db.engine.url.username != owners.url.username:
            wall_policies.grant(owners, db.engine.url.username)


def _worker_store() -> None:
    """The worker's tables; those in the same database belong to whom all others belong to."""
    from app import worker

    owner, here, store = current_app.config["DATABASE_OWNER_URL"], db.engine.url, current_app.config["WORKER_STORE"]
    if owner and store.startswith("postgres") and make_url(store).database == here.database:
        url = make_url(owner).set(drivername="postgresql").render_as_string(hide_password=False)
        worker.make_queue(current_app, make_tables=True, store=url).storage.close()
        raise_wall()
        return
    worker.make_queue(current_app, make_tables=True).storage.close()


def _folder() -> None:
    """SQLite makes its file, but not the folder it lies in."""
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _system_account() -> bool:
    """The account that jobs and commands are known by: nobody can sign in as it."""
    found = db.session.scalars(select(PortalUser).where(PortalUser.username == SYSTEM)).first()
    if found is not None:
        if not found.is_system:
            raise Refused(_("The username “system” belongs to a person. Please rename that account."))
        return False
    account = PortalUser(username=SYSTEM, first_name="System", last_name="Account", is_system=True)
    people.add_user(account, Reach.system("init"))
    return True


def _permissions() -> int:
    """Writes Flask-AppBuilder's permissions and takes out those that no screen has any more; how many there are."""
    appbuilder = current_app.appbuilder
    logging.getLogger("flask_appbuilder").setLevel(logging.ERROR)  # it warns of each thing it need not take out
    appbuilder.add_permissions(update_perms=True)
    appbuilder.security_cleanup()
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(appbuilder.sm.permissionview_model)) or 0


COMMANDS = (init,)
