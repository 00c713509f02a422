"""The document of an agreement: made once, its signatures asked for by links, its copies sent to all parties."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.formats.agreement_pdf import Group, Paper, agreement_pdf
from app.languages import state_name
from app.reference.agreement_texts import BINDING, current, text_of
from app.rules import clock, links, notices
from app.rules.clock import local
from app.rules.sealing import digest_of, sha256
from models.acts import act
from models.agreements import (
    SIGNER_ROLES,
    Agreement,
    Signature,
    SignatureRequest,
)
from models.base import RuleBroken, db, utcnow
from models.enrollment import Organization
from models.links import Link
from models.people import ADMINISTRATOR, Membership, PortalUser
from models.scope import Reach

SIGN, COPY = "sign", "signed_copy"  # purposes of links
COPY_DAYS = 30
OTHERS_ADDRESS = _l("This is the e-mail of the other signer; each signs from an address of their own.")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is read for another


@dataclass(frozen=True)
class Signer:
    """Who is to sign, and as what; a CMO with the license."""

    role: str
    name: str
    title: str
    email: str
    license_state: str | None = None
    license_number: str | None = None


@dataclass(frozen=True)
class Subject:
    """What a document is about, and what in it is neither text nor signer."""

    kind: str
    organization: Organization
    groups: Sequence[Group]
    language: str
    belongs_to: dict[str, int]


def ask(subject: Subject, signers: Sequence[Signer], by: Reach) -> Agreement:
    """Makes the document and asks each signer for the signature; raises RuleBroken for signers that cannot be asked."""
    _signers_fit(signers)
    agreement = _document(subject, signers, by)
    for signer in signers:
        request = SignatureRequest(agreement_id=agreement.id, asked_at=utcnow(), **vars(signer))
        db.session.add(request)
        db.session.flush()
        send_link(request, by)
    return agreement


def _signers_fit(signers: Sequence[Signer]) -> None:
    """Everything a signature needs of its signer is there, and no two are one person's address."""
    known: set[str] = set()
    for signer in signers:
        for name in ("name", "title", "email", *(("license_state", "license_number") if signer.role == "cmo" else ())):
            if not (getattr(signer, name) or "").strip():
                raise RuleBroken(_("Please say this of whoever signs."), field=f"{signer.role}_{name}")
        address = signer.email.strip().lower()
        if address in known:
            raise RuleBroken(OTHERS_ADDRESS, field=f"{signer.role}_email")
        known.add(address)


def _document(subject: Subject, signers: Sequence[Signer], by: Reach) -> Agreement:
    now, version = utcnow(), current(subject.kind)
    number = "AG-" + "".join(secrets.choice(LETTERS) for _n in range(8))
    first = text_of(subject.kind, subject.language, version)
    texts = [first] if first.language == BINDING else [first, text_of(subject.kind, BINDING, version)]
    with force_locale(first.language):
        paper = Paper(
            number=number,
            issuer=_("State of %(name)s", name=state_name()),
            organization=subject.organization.name,
            language=first.language,
            texts=texts,
            groups=subject.groups,
            signers=[(SIGNER_ROLES[signer.role], facts_of(signer)) for signer in signers],
            made_on=local(now, None).date().isoformat(),
        )
        document = agreement_pdf(paper)
    agreement = Agreement(
        number=number,
        kind=subject.kind,
        version=version,
        dated=first.dated,
        language=first.language,
        organization_id=subject.organization.id,
        document=document,
        document_sha256=sha256(document),
        made_at=now,
        created_at=now,
        made_by_id=by.user_id,
        **subject.belongs_to,
    )
    agreement.digest = digest_of(agreement)
    db.session.add(agreement)
    db.session.flush()
    return agreement


def facts_of(signer: Any) -> list[tuple[Any, Any]]:
    """What a document says of a signer."""
    facts = [(_("Name"), signer.name), (_("Title"), signer.title), (_("E-mail"), signer.email)]
    if signer.license_number:
        facts.append((_("License"), f"{signer.license_state} {signer.license_number}"))
    return facts


def send_link(request: SignatureRequest, by: Reach) -> SignatureRequest:
    """A link of their own to the signer's address; an earlier one opens nothing from now on."""
    subject = f"signature_request:{request.id}"
    links.revoke_all(SIGN, subject)
    link = links.make(SIGN, request.email, subject, by)
    request.links_sent += 1
    agreement = request.agreement or db.session.get_one(Agreement, request.agreement_id)
    notices.queue_to(
        "signature_asked", request.email, agreement.language, f"sign-{request.id}-{request.links_sent}", by,
        link=link, organization=agreement.organization.name, paper=agreement.kind,
    )  # fmt: skip
    return request


@act(
    label=_l("Send the link again"),
    icon="fa-paper-plane",
    done=_l("A new link is on its way; the earlier one opens nothing any more."),
    may_do=lambda request: request.status == "asked",
)
def send_link_again(request: SignatureRequest, by: Reach) -> SignatureRequest:
    """A new link for whoever lost the mail or let it expire."""
    if request.status != "asked":
        raise RuleBroken(_("This signature is not waited for any more."))
    return send_link(request, by)


def requests_of(agreement: Agreement) -> list[SignatureRequest]:
    """Who was asked to sign a document, the CMO first."""
    query = select(SignatureRequest).where(SignatureRequest.agreement_id == agreement.id)
    return list(db.session.scalars(query.order_by(SignatureRequest.role.desc())))


def signatures_of(agreement: Agreement) -> list[Signature]:
    """The signatures below a document, in their order."""
    return list(
        db.session.scalars(select(Signature).where(Signature.agreement_id == agreement.id).order_by(Signature.id))
    )


def revoke_requests(agreement: Agreement) -> None:
    """Nobody signs this document any more; what was signed stays."""
    for request in requests_of(agreement):
        if request.status == "asked":
            request.status, request.ended_at = "revoked", utcnow()
            links.revoke_all(SIGN, f"signature_request:{request.id}")


def send_copies(agreement: Agreement, by: Reach) -> None:
    """The signed document for all parties: a link that opens once for each signer, sign-in for the administrators."""
    said = {"organization": agreement.organization.name, "number": agreement.number}
    for request in requests_of(agreement):
        _send_copy(links.make(COPY, request.email, f"agreement:{agreement.id}", by, COPY_DAYS), agreement, by)
    for user in administrators_of(agreement.organization_id):
        notices.queue("agreement_signed", user, f"copy-{agreement.id}-user-{user.id}", by, **said)


def send_copy_again(old: Link, agreement: Agreement, by: Reach) -> None:
    """A new link in place of one that expired before the document was handed over."""
    _send_copy(links.again(old, by, COPY_DAYS), agreement, by)


def _send_copy(link: Link, agreement: Agreement, by: Reach) -> None:
    said = {"organization": agreement.organization.name, "number": agreement.number}
    notices.queue_to("agreement_signed", link.email, agreement.language, f"copy-link-{link.id}", by, link=link, **said)


def administrators_of(organization_id: int) -> list[PortalUser]:
    """Who administers an organization today."""
    today = clock.today()
    query = (
        select(Membership)
        .where(Membership.organization_id == organization_id, Membership.profile == ADMINISTRATOR)
        .order_by(Membership.id)
    )
    return list({row.user_id: row.user for row in db.session.scalars(query) if row.holds_on(today)}.values())
