"""The proof of vaccination: what it says, and whether it still holds."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app import history
from app.rules.dose_checks import earlier_doses
from models.base import RuleBroken, db, utcnow
from models.doses import Proof
from models.recipients import Recipient
from models.scope import Reach


def issue(person: Recipient, by: Reach) -> Proof:
    """Issues a proof of every valid dose of a person, wherever given; raises RuleBroken without any."""
    doses = earlier_doses(person.id)
    if not doses:
        raise RuleBroken(_("No dose is recorded for this person yet."))
    content = {
        "name": person.full_name,
        "birth_date": person.birth_date.isoformat(),
        "doses": [_line(dose) for dose in doses],
    }
    proof = Proof(recipient_id=person.id, content=content, issued_at=utcnow(), issued_by_id=by.user_id)
    db.session.add(proof)
    db.session.flush()
    history.shown("Recipient", [person.id])
    return proof


def _line(dose: Any) -> dict[str, str]:
    return {
        "number": dose.dose_number,
        "product": dose.vaccine.short_name,
        "manufacturer": dose.vaccine.manufacturer,
        "lot": dose.lot.number if dose.lot else "",
        "given_on": dose.given_on.isoformat(),
        "clinic": dose.location.name if dose.location else "",
    }


def verify(public_id: str) -> Proof | None:
    """The proof of this number when it holds; None when it is unknown or revoked."""
    query = select(Proof).where(Proof.public_id == public_id, Proof.revoked_at.is_(None))
    return db.session.scalars(query.execution_options(unscoped="verify_proof")).first()
