"""Seals on agreements and signatures: one digest over all that a row says, and the proof that nothing was changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, undefer

from models.agreements import Agreement, Signature, SignatureRequest
from models.base import db

# What the database gives to a row, the seal itself, and bytes that are sealed by their own hash.
UNSEALED = {"id", "row_version", "digest", "document"}
A_FEW = 50  # documents held in memory at once


def sha256(content: bytes) -> str:
    """The fingerprint of a file."""
    return hashlib.sha256(content).hexdigest()


def digest_of(row: Any) -> str:
    """The SHA-256 of every field of the row, as JSON with the fields in the order of their names."""
    names = sorted(attribute.key for attribute in row.__mapper__.column_attrs if attribute.key not in UNSEALED)
    said = {name: _plain(getattr(row, name)) for name in names}
    return sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def verify_agreements() -> dict[str, Any]:
    """Proves each document by its hash and each row by its seal: {"agreements": n, "signatures": n, "broken": [..]}.

    A broken row is {"entity", "id", "agreement" (its number), "problem"}.
    """
    broken = [*_documents(), *_signatures(), *_missing()]
    return {"agreements": _count(Agreement), "signatures": _count(Signature), "broken": broken}


def _count(entity: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(entity)) or 0


def _broken(row: Any, number: str, problem: str) -> dict[str, Any]:
    return {"entity": type(row).__name__, "id": row.id, "agreement": number, "problem": problem}


def _documents() -> Iterator[dict[str, Any]]:
    query = select(Agreement).options(undefer(Agreement.document)).order_by(Agreement.id)
    for row in db.session.scalars(query.execution_options(yield_per=A_FEW)):
        if sha256(row.document) != row.document_sha256:
            yield _broken(row, row.number, "document")
        if digest_of(row) != row.digest:
            yield _broken(row, row.number, "fields")
        db.session.expunge(row)


def _signatures() -> Iterator[dict[str, Any]]:
    query = select(Signature).options(joinedload(Signature.agreement), joinedload(Signature.request))
    for row in db.session.scalars(query.order_by(Signature.id).execution_options(yield_per=A_FEW)):
        number = row.agreement.number
        if digest_of(row) != row.digest:
            yield _broken(row, number, "fields")
        if row.document_sha256 != row.agreement.document_sha256:
            yield _broken(row, number, "hash")
        if row.request.status != "signed" or row.request.agreement_id != row.agreement_id:
            yield _broken(row, number, "request")


def _missing() -> Iterator[dict[str, Any]]:
    """Requests that count as signed and have no signature: it was taken out."""
    query = (
        select(SignatureRequest)
        .outerjoin(Signature, Signature.request_id == SignatureRequest.id)
        .where(SignatureRequest.status == "signed", Signature.id.is_(None))
        .options(joinedload(SignatureRequest.agreement))
    )
    for row in db.session.scalars(query):
        yield _broken(row, row.agreement.number, "signature missing")
