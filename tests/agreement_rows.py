"""Rows of agreements for tests: documents, signatures asked for, signatures, redistribution agreements."""

import datetime as dt
from typing import Any

from app.rules import sealing
from models.agreements import Agreement, RedistributionAgreement, RedistributionPlace, Signature, SignatureRequest
from models.base import utcnow
from models.scope import acting
from tests import factories as make


def redistribution(organization: Any | None = None, **more: Any) -> RedistributionAgreement:
    """A draft of a redistribution agreement, with two signers."""
    values = {
        "number": f"RA-{next(make.numbers):05}", "cold_chain": "Validated boxes with a data logger",
        "cmo_name": "Rosa Díaz", "cmo_title": "Medical Director", "cmo_email": "rosa@example.org",
        "cmo_license_state": "NC", "cmo_license_number": "2004-00123",
        "ceo_name": "Paul Lee", "ceo_title": "President", "ceo_email": "paul@example.org",
    }  # fmt: skip
    whose = organization or make.organization()
    return make.saved(RedistributionAgreement(**{**values, "organization": whose, **more}))


def redistribution_place(agreement: RedistributionAgreement | None = None, **more: Any) -> RedistributionPlace:
    more.setdefault("location", None) or more.update(location=make.location())
    return make.saved(RedistributionPlace(agreement=agreement or redistribution(), **more))


def agreement(organization: Any | None = None, **more: Any) -> Agreement:
    """A sealed document that nobody was asked to sign."""
    values = {
        "number": f"AG-{next(make.numbers):05}", "kind": "provider", "version": "1.0", "dated": dt.date(2020, 12, 9),
        "language": "en", "document": b"%PDF-1.4", "document_sha256": sealing.sha256(b"%PDF-1.4"),
        "made_at": utcnow(), "created_at": utcnow(),
    }  # fmt: skip
    whose = organization or make.organization()
    made = Agreement(**{**values, "organization_id": whose.id, **more})
    made.digest = sealing.digest_of(made)
    return make.saved(made)


def signature_request(agreement: Agreement | None = None, **more: Any) -> SignatureRequest:
    values = {
        "role": "cmo", "name": "Rosa Díaz", "title": "Medical Director", "email": "rosa@example.org",
        "license_state": "NC", "license_number": "2004-00123", "asked_at": utcnow(),
    }  # fmt: skip
    return make.saved(SignatureRequest(agreement=agreement or globals()["agreement"](), **{**values, **more}))


def signature(agreement: Agreement | None = None, **more: Any) -> Signature:
    """A sealed signature of the CMO."""
    document = agreement or globals()["agreement"]()
    asked = signature_request(document)
    with acting(make.SEED):
        asked.status = "signed"
    values = {
        "agreement_id": document.id, "request_id": asked.id, "document_sha256": document.document_sha256,
        "version": "1.0", "language": "en", "statement": "I agree.", "consent": "I consent.", "role": "cmo",
        "typed_name": asked.name, "title": asked.title, "license_state": "NC", "license_number": asked.license_number,
        "email": asked.email, "signed_at": utcnow(), "created_at": utcnow(), "address": "192.0.2.1",
        "confirmed_by": "code",
    }  # fmt: skip
    made = Signature(**{**values, **more})
    made.digest = sealing.digest_of(made)
    return make.saved(made)


AT_PLACE: dict[str, Any] = {
    "Agreement": lambda place: agreement(place.organization),
    "RedistributionAgreement": lambda place: redistribution(place.organization),
    "RedistributionPlace": lambda place: redistribution_place(redistribution(place.organization)),
    "Signature": lambda place: signature(agreement(place.organization)),
    "SignatureRequest": lambda place: signature_request(agreement(place.organization)),
}
