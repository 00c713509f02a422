"""`flask add-administrator`: the first person of a new installation, who then lets in all others."""

from __future__ import annotations

from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from werkzeug.security import generate_password_hash

from app.commands.telling import Refused, command
from app.rules import passwords, people
from models.base import RuleBroken, db
from models.people import Membership, PortalUser
from models.scope import Reach

PROFILE = "State Administrator"


@command(
    "add-administrator",
    click.option("--username", required=True, prompt=True),
    click.option("--email", required=True, prompt=True),
    click.option("--first-name", required=True, prompt=True),
    click.option("--last-name", required=True, prompt=True),
    click.password_option(
        "--password", help="Asked for when left out, so that no shell keeps it.", envvar="ADMIN_PASSWORD"
    ),
)
def add_administrator(
    username: str, email: str, first_name: str, last_name: str, password: str
) -> tuple[dict[str, Any], str]:
    """Add a State Administrator, who then lets in everyone else."""
    username, email = username.strip().lower(), email.strip().lower()
    if not (username and first_name.strip() and last_name.strip() and "@" in email):
        raise Refused(_("A username, both names and an e-mail address are needed."))
    try:
        passwords.check(password)
    except RuleBroken as broken:
        raise Refused(broken.message) from broken
    same = or_(func.lower(PortalUser.username) == username, func.lower(PortalUser.email) == email)
    if db.session.scalar(select(func.count()).select_from(PortalUser).where(same)):
        raise Refused(_("There is already an account with this username or e-mail address."))
    user = PortalUser(
        username=username,
        email=email,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        password=generate_password_hash(password),
    )
    by = Reach.system("add-administrator")
    people.add_user(user, by)
    people.grant(Membership(user=user, profile=PROFILE, is_default=True), by)
    return {"username": username, "profile": PROFILE}, _("%(name)s may sign in as State Administrator.", name=username)


COMMANDS = (add_administrator,)
