"""What all commands share: the account they act as, how they answer, and plain words for what goes wrong."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError, ProgrammingError

from app import history
from app.jobs.store import NoStore
from models.base import RuleBroken, db
from models.scope import Reach, acting

FINDINGS = 1


class Refused(click.ClickException):
    """Something given to a command is not right: the command ends with 2, having changed nothing."""

    exit_code = 2


def command(name: str, *options: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], click.Command]:
    """Makes a function a command: inside the app, as the system, with a history entry of its own and --json.

    The function answers (facts, words) or (facts, words, exit code); --json prints the facts, otherwise the words.
    """

    def made(work: Callable[..., Any]) -> click.Command:
        @functools.wraps(work)
        def run(as_json: bool, **given: Any) -> None:
            with _plainly(), acting(Reach.system(name)):
                history.begin(act=f"flask {name}")
                facts, words, *code = work(**given)
                db.session.commit()
            say(json.dumps(facts, ensure_ascii=False) if as_json else words)
            if code and code[0]:
                click.get_current_context().exit(code[0])

        wrapped: Any = with_appcontext(run)
        for option in reversed(options):
            wrapped = option(wrapped)
        wrapped = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")(wrapped)
        return click.command(name, help=work.__doc__)(wrapped)

    return made


def say(words: str) -> None:
    """Prints an answer; letters that the terminal does not know become marks rather than errors."""
    letters = sys.stdout.encoding or "utf-8"
    click.echo(words.encode(letters, "backslashreplace").decode(letters))


@contextmanager
def _plainly() -> Iterator[None]:
    """Turns what a person can mend into one plain line and exit code 2; nothing is half-written."""
    try:
        yield
    except (RuleBroken, NoStore) as error:
        db.session.rollback()
        raise Refused(str(error)) from None
    except (OperationalError, ProgrammingError):
        db.session.rollback()
        raise Refused(_("The database does not answer or is not prepared. Run `flask init` first.")) from None
