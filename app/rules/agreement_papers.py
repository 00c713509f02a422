"""The signed paper: the exact document, and a sheet that says of each signature what was kept of it."""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from app.formats.agreement_pdf import signed_pdf
from app.rules.agreement_documents import signatures_of
from models.agreements import CONFIRMATIONS, SIGNER_ROLES, Agreement, Signature


def signed_paper(agreement: Agreement) -> bytes:
    """The document with the signatures that it has so far, as PDF; the bytes that were signed are attached to it."""
    with force_locale(agreement.language):
        groups = [(SIGNER_ROLES[row.role], _facts(row)) for row in signatures_of(agreement)]
    return signed_pdf(agreement.document, agreement.number, agreement.document_sha256, groups, agreement.language)


def _facts(signature: Signature) -> list[tuple[Any, Any]]:
    facts = [
        (_("Statement"), signature.statement),
        (_("Name as typed"), signature.typed_name),
        (_("Title"), signature.title),
        (_("E-mail"), signature.email),
        (_("Signed at"), f"{signature.signed_at.isoformat(sep=' ', timespec='seconds')} UTC"),
        (_("From address"), signature.address),
        (_("Confirmed by"), CONFIRMATIONS[signature.confirmed_by]),
        (_("SHA-256 of all fields"), signature.digest),
    ]
    if signature.license_number:
        facts.insert(3, (_("License"), f"{signature.license_state} {signature.license_number}"))
    return facts
