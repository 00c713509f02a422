"""`flask verify-agreements`: proves that no document and no signature was changed since it was made."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app import database
from app.commands.telling import FINDINGS, command
from app.rules import sealing
from models.base import db


@command("verify-agreements")
def verify_agreements() -> tuple[dict[str, Any], str, int]:
    """Prove each agreement's document and each signature by their SHA-256; 1 when something was changed."""
    with database.reading_only():
        found = sealing.verify_agreements()
        db.session.rollback()
    counted = {"agreements": found["agreements"], "signatures": found["signatures"]}
    lines = [_("%(agreements)s agreements and %(signatures)s signatures were looked at.", **counted)]
    lines += [
        _("Changed: %(what)s", what=f"{row['entity']} {row['id']}, {row['agreement']}: {row['problem']}")
        for row in found["broken"]
    ]
    lines += [] if found["broken"] else [_("Nothing was changed.")]
    return found, "\n".join(lines), FINDINGS if found["broken"] else 0


COMMANDS = (verify_agreements,)
