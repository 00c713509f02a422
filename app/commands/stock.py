"""`flask check-ledger`: proves that every balance is the sum of its movements."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app import database
from app.commands.telling import FINDINGS, command
from app.rules import ledger_check
from models.base import db


@command("check-ledger")
def check_ledger() -> tuple[dict[str, Any], str, int]:
    """Prove each balance by its movements, and the doses given by the ledger; 1 when they do not agree."""
    with database.reading_only():
        found = ledger_check.check_ledger()
        db.session.rollback()
    lines = [
        _(
            "%(items)s balances and %(movements)s movements were looked at.",
            items=found["items"],
            movements=found["movements"],
        )
    ]
    lines += [_("Does not agree: %(facts)s", facts=_facts(row)) for row in found["broken"]]
    lines += [] if found["broken"] else [_("They agree.")]
    return found, "\n".join(lines), FINDINGS if found["broken"] else 0


def _facts(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())


COMMANDS = (check_ledger,)
