"""The agreements of a program: the exact document, who was asked to sign it, and what was signed."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Index, LargeBinary, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.applications import Application
from models.base import Entity, about, utcnow
from models.columns import day, instant, key_to, long_text, text, whole
from models.enrollment import Location, Organization
from models.ink import Ink
from models.people import PortalUser
from models.scope import Reach, Scope

AGREEMENT_KINDS = {
    "provider": _l("Provider Agreement"),
    "redistribution": _l("Redistribution Agreement"),
}
SIGNER_ROLES = {
    "cmo": _l("Chief Medical Officer or equivalent"),
    "ceo": _l("Chief Executive Officer or Chief Fiduciary"),
}
REQUEST_STATUSES = {
    "asked": _l("Waiting for the signature"),
    "signed": _l("Signed"),
    "declined": _l("Declined"),
    "revoked": _l("Taken back"),
}
CONFIRMATIONS = {"code": _l("One-time code by e-mail"), "sign_in": _l("Fresh sign-in")}
REDISTRIBUTION_STATUSES = {
    "draft": _l("Draft"),
    "awaiting_signatures": _l("Waiting for signatures"),
    "submitted": _l("Submitted"),
    "approved": _l("Approved"),
    "ended": _l("Ended"),
    "rejected": _l("Rejected"),
}


def _of_the_organization(entity: type, reach: Reach) -> ColumnElement[bool]:
    """A place sees what its organization agreed to."""
    mine = select(Location.organization_id).where(Location.id == reach.location_id).scalar_subquery()
    if entity is Agreement or entity is RedistributionAgreement:
        return entity.organization_id == mine
    return entity.agreement.has(organization_id=mine)


OF_AN_ORGANIZATION = Scope(location=_of_the_organization, organization="organization_id")
OF_AN_AGREEMENT = Scope(location=_of_the_organization, organization="agreement.organization_id")


class RedistributionAgreement(Entity):
    """An organization asks to move vaccine beyond where it is shipped: to which places, and in which cold chain."""

    __tablename__ = "redistribution_agreement"
    called = (_l("Redistribution agreement"), _l("Redistribution agreements"))
    scope = OF_AN_ORGANIZATION
    STEPS = {
        "draft": {"awaiting_signatures"},
        "awaiting_signatures": {"draft", "submitted"},
        "submitted": {"approved", "rejected", "draft"},
        "approved": {"ended"},
        "ended": set(),
        "rejected": set(),
    }

    organization_id: Mapped[int] = key_to("organization.id", about(_l("Organization")), required=True)
    number: Mapped[str] = text(20, about(_l("Number")), required=True, unique=True)
    status: Mapped[str] = text(20, about(_l("Status"), choices=REDISTRIBUTION_STATUSES), required=True)
    cold_chain: Mapped[str] = long_text(
        about(
            _l("Cold chain"),
            help=_l("Containers, temperature monitoring, and how the procedure was validated."),
        ),
        required=True,
    )
    cmo_name: Mapped[str] = text(160, about(_l("Name of the CMO"), personal=True), required=True)
    cmo_title: Mapped[str] = text(120, about(_l("Title of the CMO"), personal=True), required=True)
    cmo_email: Mapped[str] = text(254, about(_l("E-mail of the CMO"), format="email", personal=True), required=True)
    cmo_license_state: Mapped[str] = text(
        2, about(_l("Licensed in"), choices="us_states", personal=True), required=True
    )
    cmo_license_number: Mapped[str] = text(40, about(_l("License number of the CMO"), personal=True), required=True)
    ceo_name: Mapped[str] = text(160, about(_l("Name of the CEO"), personal=True), required=True)
    ceo_title: Mapped[str] = text(120, about(_l("Title of the CEO"), personal=True), required=True)
    ceo_email: Mapped[str] = text(254, about(_l("E-mail of the CEO"), format="email", personal=True), required=True)
    returned_because: Mapped[str | None] = long_text(about(_l("Sent back because")))
    submitted_at: Mapped[dt.datetime | None] = instant(about(_l("Submitted at")))
    decided_at: Mapped[dt.datetime | None] = instant(about(_l("Decided at")))
    decided_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Decided by"), open_reference="authority"))
    organization: Mapped[Organization] = relationship(info=about(_l("Organization")))
    decided_by: Mapped[PortalUser | None] = relationship(info=about(_l("Decided by")))

    def __str__(self) -> str:
        return self.number


class RedistributionPlace(Entity):
    """A location that an organization may redistribute vaccine to."""

    __tablename__ = "redistribution_place"
    called = (_l("Receiving location"), _l("Receiving locations"))
    scope = OF_AN_AGREEMENT
    __table_args__ = (UniqueConstraint("agreement_id", "location_id"),)

    agreement_id: Mapped[int] = key_to(
        "redistribution_agreement.id", about(_l("Redistribution agreement")), required=True, index=False
    )
    location_id: Mapped[int] = key_to(
        "location.id", about(_l("Location"), open_reference="a place of another organization"), required=True
    )
    agreement: Mapped[RedistributionAgreement] = relationship(info=about(_l("Redistribution agreement")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))

    def __str__(self) -> str:
        return str(self.location)


class Agreement(Ink):
    """The exact document that an organization signs: its bytes, made once."""

    __tablename__ = "agreement"
    called = (_l("Agreement"), _l("Agreements"))
    scope = OF_AN_ORGANIZATION
    __table_args__ = (Index("ix_agreement_made_at", "made_at", "id"),)

    number: Mapped[str] = text(20, about(_l("Agreement number")), required=True, unique=True)
    kind: Mapped[str] = text(14, about(_l("Kind"), choices=AGREEMENT_KINDS), required=True)
    version: Mapped[str] = text(10, about(_l("Version of the text")), required=True)
    dated: Mapped[dt.date] = day(about(_l("Date of the text")), required=True)
    language: Mapped[str] = text(5, about(_l("Language"), choices="languages"), required=True)
    organization_id: Mapped[int] = key_to("organization.id", about(_l("Organization")), required=True)
    application_id: Mapped[int | None] = key_to("application.id", about(_l("Application")))
    redistribution_id: Mapped[int | None] = key_to("redistribution_agreement.id", about(_l("Redistribution agreement")))
    document: Mapped[bytes] = mapped_column(LargeBinary, nullable=False, deferred=True, info=about(_l("Document")))
    document_sha256: Mapped[str] = text(64, about(_l("SHA-256 of the document")), required=True)
    made_at: Mapped[dt.datetime] = instant(about(_l("Made at")), required=True, default=utcnow)
    made_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("By")))
    digest: Mapped[str] = text(64, about(_l("SHA-256 of all fields")), required=True)
    organization: Mapped[Organization] = relationship(info=about(_l("Organization")))
    application: Mapped[Application | None] = relationship(info=about(_l("Application")))
    redistribution: Mapped[RedistributionAgreement | None] = relationship(info=about(_l("Redistribution agreement")))
    made_by: Mapped[PortalUser | None] = relationship(info=about(_l("By")))

    def __str__(self) -> str:
        return self.number


class SignatureRequest(Entity):
    """One person is asked to sign one document; of the one-time code only a random word is kept."""

    __tablename__ = "signature_request"
    called = (_l("Signature asked for"), _l("Signatures asked for"))
    scope = OF_AN_AGREEMENT
    STEPS = {"asked": {"signed", "declined", "revoked"}, "signed": set(), "declined": set(), "revoked": set()}
    __table_args__ = (Index("ix_signature_request_asked_at", "asked_at", "id"),)

    agreement_id: Mapped[int] = key_to("agreement.id", about(_l("Agreement")), required=True)
    role: Mapped[str] = text(3, about(_l("Signs as"), choices=SIGNER_ROLES), required=True)
    name: Mapped[str] = text(160, about(_l("Name"), personal=True), required=True)
    title: Mapped[str] = text(120, about(_l("Title"), personal=True), required=True)
    email: Mapped[str] = text(254, about(_l("E-mail"), format="email", personal=True), required=True)
    license_state: Mapped[str | None] = text(2, about(_l("Licensed in"), choices="us_states", personal=True))
    license_number: Mapped[str | None] = text(40, about(_l("License number"), personal=True))
    status: Mapped[str] = text(10, about(_l("Status"), choices=REQUEST_STATUSES), required=True)
    asked_at: Mapped[dt.datetime] = instant(about(_l("Asked at")), required=True, default=utcnow)
    ended_at: Mapped[dt.datetime | None] = instant(about(_l("Answered at")))
    decline_reason: Mapped[str | None] = long_text(about(_l("Reason")))
    code_word: Mapped[str | None] = text(40, about(_l("Random word of the code")))
    code_until: Mapped[dt.datetime | None] = instant(about(_l("Code holds until")))
    code_tries: Mapped[int] = whole(about(_l("Tries of the code")), required=True, default=0)
    codes_sent: Mapped[int] = whole(about(_l("Codes sent")), required=True, default=0)
    links_sent: Mapped[int] = whole(about(_l("Links sent")), required=True, default=0)
    agreement: Mapped[Agreement] = relationship(info=about(_l("Agreement")))

    def __str__(self) -> str:
        return self.name


class Signature(Ink):
    """What one person signed: the document, the words, who, when, from where, and how it was confirmed."""

    __tablename__ = "signature"
    called = (_l("Signature"), _l("Signatures"))
    scope = OF_AN_AGREEMENT
    __table_args__ = (Index("ix_signature_signed_at", "signed_at", "id"),)

    agreement_id: Mapped[int] = key_to("agreement.id", about(_l("Agreement")), required=True)
    request_id: Mapped[int] = key_to(
        "signature_request.id", about(_l("Signature asked for")), required=True, index=False, unique=True
    )
    role: Mapped[str] = text(3, about(_l("Signed as"), choices=SIGNER_ROLES), required=True)
    document_sha256: Mapped[str] = text(64, about(_l("SHA-256 of the document")), required=True)
    version: Mapped[str] = text(10, about(_l("Version of the text")), required=True)
    language: Mapped[str] = text(5, about(_l("Language"), choices="languages"), required=True)
    statement: Mapped[str] = long_text(about(_l("Statement")), required=True)
    consent: Mapped[str] = long_text(about(_l("Consent to sign electronically")), required=True)
    typed_name: Mapped[str] = text(160, about(_l("Name as typed"), personal=True), required=True)
    title: Mapped[str] = text(120, about(_l("Title"), personal=True), required=True)
    license_state: Mapped[str | None] = text(2, about(_l("Licensed in"), choices="us_states", personal=True))
    license_number: Mapped[str | None] = text(40, about(_l("License number"), personal=True))
    email: Mapped[str] = text(254, about(_l("E-mail"), format="email", personal=True), required=True)
    user_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Account of the signer")))
    signed_at: Mapped[dt.datetime] = instant(about(_l("Signed at")), required=True)
    address: Mapped[str] = text(45, about(_l("From address"), personal=True), required=True)
    confirmed_by: Mapped[str] = text(8, about(_l("Confirmed by"), choices=CONFIRMATIONS), required=True)
    digest: Mapped[str] = text(64, about(_l("SHA-256 of all fields")), required=True)
    agreement: Mapped[Agreement] = relationship(info=about(_l("Agreement")))
    request: Mapped[SignatureRequest] = relationship(info=about(_l("Signature asked for")))
    user: Mapped[PortalUser | None] = relationship(info=about(_l("Account of the signer")))

    def __str__(self) -> str:
        return self.typed_name
