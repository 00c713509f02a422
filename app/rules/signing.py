"""Signing a document by one's own link: the statement, the name typed beneath it, and how it was confirmed."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from app.reference.agreement_texts import AgreementText, text_of
from app.rules import agreement_documents as documents
from app.rules import links, notices, redistribution_agreements, signing_codes, standing
from app.rules.sealing import digest_of, sha256
from models.agreements import Agreement, Signature, SignatureRequest
from models.base import RuleBroken, db, utcnow
from models.links import Link
from models.people import PortalUser
from models.scope import Reach

SIGNER = Reach.system("agreement signing")
CODE_HOLDS = dt.timedelta(minutes=10)
PAUSE = dt.timedelta(seconds=30)
TRIES = 5  # wrong codes, before another must be sent
CODES = 20  # codes sent in all for one signature: a hundred guesses in a million
LINKS = 20  # links sent in all for one signature, so that nobody floods an address
FRESH = dt.timedelta(minutes=10)  # how long ago a sign-in may be that confirms a signature


@dataclass(frozen=True)
class Confirmed:
    """How whoever signs was found to be who they are: by a code, or by having signed in just now."""

    how: str
    user_id: int | None = None


def request_of(link: Link, lock: bool = False) -> SignatureRequest:
    """The signature that a link is for; locked, so that of two that sign at once one waits. Raises LinkGone."""
    key = int(link.subject.removeprefix("signature_request:"))
    query = select(SignatureRequest).where(SignatureRequest.id == key)
    if lock:
        query = query.with_for_update(of=SignatureRequest).execution_options(populate_existing=True)
    request = db.session.scalars(query).first()
    if request is None or request.email.strip().lower() != link.email:
        raise links.LinkGone
    return request


def text_for(request: SignatureRequest) -> AgreementText:
    """The text that is signed: the version and language of the document."""
    agreement = request.agreement
    return text_of(agreement.kind, agreement.language, agreement.version)


def send_code(request: SignatureRequest) -> SignatureRequest:
    """Sends a code of six digits to the signer's address; the one before is worth nothing from now on."""
    _waits(request)
    now = utcnow()
    if request.codes_sent >= CODES:
        raise RuleBroken(_("Too many codes were sent for this signature. Please ask the help desk."))
    if request.code_until and request.code_until - CODE_HOLDS + PAUSE > now:
        raise RuleBroken(_("A code was sent a moment ago. Please look at your mail, also among the unwanted."))
    request.code_word, request.code_until, request.code_tries = signing_codes.new_word(), now + CODE_HOLDS, 0
    request.codes_sent += 1
    notices.queue_to(
        "signing_code", request.email, request.agreement.language, f"code-{request.id}-{request.codes_sent}", SIGNER,
        code_word=request.code_word,
    )  # fmt: skip
    return request


def count_try(request: SignatureRequest) -> SignatureRequest:
    """Counts a try of the code before it is looked at: committed by itself, so that no refusal takes it back.

    Raises RuleBroken (field "code") when the code no longer holds.
    """
    _waits(request)
    if request.code_word is None or request.code_until is None or request.code_until <= utcnow():
        raise RuleBroken(_("This code no longer holds. Please have another one sent."), field="code")
    if request.code_tries >= TRIES:
        raise RuleBroken(_("This code was tried too often. Please have another one sent."), field="code")
    request.code_tries += 1
    return request


def by_code(request: SignatureRequest, typed: str) -> Confirmed:
    """Confirms by the code that was sent; raises RuleBroken (field "code") when it is another."""
    if not signing_codes.fits(request.code_word, typed):
        raise RuleBroken(_("This is not the code that was sent last."), field="code")
    return Confirmed("code", _account_of(request.email))


def may_confirm_by_sign_in(request: SignatureRequest, user: PortalUser | None) -> bool:
    """Whether this account is the signer's own."""
    return user is not None and (user.email or "").strip().lower() == request.email.strip().lower()


def by_sign_in(request: SignatureRequest, user: PortalUser | None, signed_in_at: dt.datetime | None) -> Confirmed:
    """Confirms by a sign-in of the signer's own account, a few minutes ago at most."""
    if not may_confirm_by_sign_in(request, user) or signed_in_at is None or signed_in_at + FRESH < utcnow():
        raise RuleBroken(_("Please sign in again, or have a code sent."), field="code")
    return Confirmed("sign_in", user.id if user else None)


def _account_of(email: str) -> int | None:
    found = select(PortalUser.id).where(PortalUser.email == email.strip().lower())
    return db.session.scalars(found).first()


def check_typed(request: SignatureRequest, typed_name: str, consents: bool) -> None:
    """What must be right before a code is even looked at; raises RuleBroken at its field."""
    _waits(request)
    if not consents:
        raise RuleBroken(_("Without your consent the document cannot be signed electronically."), field="consent")
    if _letters(typed_name) != _letters(request.name):
        raise RuleBroken(
            _("Please type your name as it stands in the document: %(name)s.", name=request.name), field="typed_name"
        )


def _letters(name: str) -> str:
    """A name as it is compared: case, accents, blanks and points do not matter."""
    flat = unicodedata.normalize("NFKD", name or "").casefold()
    return "".join(letter for letter in flat if letter.isalnum())


def sign(
    request: SignatureRequest, typed_name: str, consents: bool, confirmed: Confirmed, address: str, link: Link | None
) -> Signature:
    """Signs the document once; asked again, answers the signature that is there. The last one sends it on."""
    if request.status == "signed":
        return db.session.scalars(select(Signature).where(Signature.request_id == request.id)).one()
    check_typed(request, typed_name, consents)
    agreement, now = request.agreement, utcnow()
    if sha256(agreement.document) != agreement.document_sha256:
        raise RuleBroken(_("This document is damaged and cannot be signed. Please tell the help desk."))
    said = text_for(request)
    signature = Signature(
        agreement_id=agreement.id,
        request_id=request.id,
        role=request.role,
        document_sha256=agreement.document_sha256,
        version=agreement.version,
        language=agreement.language,
        statement=said.statements[request.role],
        consent=said.consent,
        typed_name=" ".join(typed_name.split()),
        title=request.title,
        license_state=request.license_state,
        license_number=request.license_number,
        email=request.email,
        user_id=confirmed.user_id,
        signed_at=now,
        created_at=now,
        address=address[:45],
        confirmed_by=confirmed.how,
    )
    signature.digest = digest_of(signature)
    db.session.add(signature)
    request.status, request.ended_at, request.code_word = "signed", now, None
    if link is not None:
        links.use(link)
    db.session.flush()
    _after(request, agreement)
    return signature


def _after(request: SignatureRequest, agreement: Agreement) -> None:
    """The timeline knows it; after the last signature all parties get the signed document."""
    application = agreement.application
    if application is not None:
        standing.note(application, "signed", SIGNER, request.name)
    if any(other.status != "signed" for other in documents.requests_of(agreement)):
        return
    documents.send_copies(agreement, SIGNER)
    if application is not None:
        standing.signed(application, SIGNER)
    if agreement.redistribution is not None:
        redistribution_agreements.signed(agreement.redistribution)


def decline(request: SignatureRequest, reason: str, link: Link | None = None) -> SignatureRequest:
    """Sends the document back with a reason: nobody signs it any more, and whoever filled it in may change it."""
    _waits(request)
    if not (reason or "").strip():
        raise RuleBroken(_("Please say why, so that it can be put right."), field="reason")
    agreement, reason = request.agreement, reason.strip()
    request.status, request.ended_at, request.decline_reason = "declined", utcnow(), reason
    request.code_word = None
    if link is not None:
        links.use(link)
    db.session.flush()
    documents.revoke_requests(agreement)
    application = agreement.application
    if application is not None:
        standing.declined(application, SIGNER, reason)
    if agreement.redistribution is not None:
        redistribution_agreements.declined(agreement.redistribution, reason)
    for user in documents.administrators_of(agreement.organization_id):
        notices.queue(
            "agreement_declined", user, f"declined-{request.id}-{user.id}", SIGNER,
            organization=agreement.organization.name, name=request.name, reason=reason,
        )  # fmt: skip
    return request


def _waits(request: SignatureRequest) -> None:
    if request.status != "asked":
        raise RuleBroken(_("This signature is not waited for any more."))


def ask_for_new_link(old: Link) -> None:
    """Sends a new link to the address of an old one, where that signature is still waited for; says nothing of it."""
    try:
        request = request_of(old, lock=True)
    except links.LinkGone:
        return
    if request.status == "asked" and request.links_sent < LINKS:
        documents.send_link(request, SIGNER)


def ask_for_new_copy(old: Link) -> None:
    """A new link to the signed document for one of its parties whose link expired; each is handed over once."""
    if old.used_at is not None or old.revoked_at is not None:
        return
    agreement = db.session.get(Agreement, int(old.subject.removeprefix("agreement:")))
    if agreement is not None:
        documents.send_copy_again(old, agreement, SIGNER)
