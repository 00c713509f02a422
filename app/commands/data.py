"""`flask demo` and `flask people`: made-up data, for a trial and for measuring; never in production."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask import current_app
from flask_babel import gettext as _

from app import production
from app.commands.telling import command
from models.base import db


@command("demo")
def demo() -> tuple[dict[str, Any], str]:
    """Load the demo data, unless there already is some, and say who can sign in."""
    production.refuse_demo(current_app)
    from app import demo as data

    kept = data.is_loaded()
    data.load()
    people = [{"profile": profile, "username": name, "password": data.PASSWORD} for profile, name in data.SIGN_INS]
    lines = [f"  {one['profile']:<28} {one['username']:<20} {one['password']}" for one in people]
    return {"loaded": not kept, "sign_ins": people}, "\n".join([_("Sign in as:"), *lines])


@command(
    "people",
    click.argument("count", type=click.IntRange(1, 20_000_000), metavar="N"),
    click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same people."),
)
def people(count: int, seed: int) -> tuple[dict[str, Any], str]:
    """Make N made-up people with doses and stock movements, for measuring."""
    production.refuse_demo(current_app)
    from app.demo.people import people as made_up

    done = 0
    with click.progressbar(length=count, label=_("Making people"), file=sys.stderr) as bar:
        for so_far in made_up(count, seed):
            db.session.commit()
            bar.update(so_far - done)
            done = so_far
    return {"people": done, "seed": seed}, _("%(n)s people were made.", n=done)


COMMANDS = (demo, people)
