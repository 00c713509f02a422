"""`flask verify-history`: proves that nobody has changed, removed or slipped in an entry of the history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from app import history_published
from app.commands.telling import FINDINGS, Refused, command
from app.history_proof import verify
from models.base import db


@command(
    "verify-history",
    click.option(
        "--against",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="What was published night by night (HISTORY_HEADS_FILE), from where nobody of this machine can write.",
    ),
)
def verify_history(against: Path | None) -> tuple[dict[str, Any], str, int]:
    """Prove each entry of the history by its seal; 1 when one was edited, removed or slipped in."""
    try:
        published = history_published.read(against) if against else None
    except history_published.NotAsWritten as error:
        raise Refused(_("The file was changed, or is not a file of published digests: line %(n)s.", n=error)) from None
    except OSError:
        raise Refused(_("The file cannot be read.")) from None
    found = verify(db.engine, published.seals if published else None)
    lines = [_("%(rows)s entries in %(chains)s chains were looked at.", rows=found["rows"], chains=found["chains"])]
    if published and published.last:
        lines.append(
            _("Last published: %(at)s UTC, digest %(digest)s. It must be the one in the mail.", **published.last)
        )
    lines += [_("Does not hold: %(facts)s", facts=_facts(one)) for one in found["broken"]]
    lines += [] if found["broken"] else [_("They hold.")]
    return found, "\n".join(lines), FINDINGS if found["broken"] else 0


def _facts(one: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in one.items())


COMMANDS = (verify_history,)
