"""What the demo's providers agreed to: each Provider Agreement signed by two, and one that may redistribute."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import update

from app.rules import agreement_documents as documents
from app.rules import redistribution_agreements, signing
from models.agreements import Agreement, RedistributionAgreement
from models.base import db, utcnow
from models.enrollment import Location, Organization
from models.notices import Notice
from models.people import PortalUser
from models.scope import Reach

SIGNERS = {
    # organization: CMO with license, CEO
    "ORG-0002": (("Helena Vance", "Medical Director", "2001-00412"), ("Marcus Odom", "President")),
    "ORG-0003": (("Priya Raman", "Chief Pharmacist", "2010-02231"), ("Glenn Faircloth", "Chief Executive Officer")),
    "ORG-0004": (("Tobias Wren", "Health Director", "1998-00077"), ("Lucia Ferrante", "Chief Executive Officer")),
}
COLD_CHAIN = (
    "Credo Series 4 boxes with conditioned panels, validated in October 2020 for 8 hours at 2 to 8 °C. A digital data "
    "logger travels in each box and is read at departure and arrival."
)


def signed(organizations: dict[str, Organization], locations: list[Location], by: Reach, state: PortalUser) -> None:
    """Signs each provider's agreement by the rules themselves; the first may redistribute to a clinic of another."""
    for number in SIGNERS:
        organization = organizations[number]
        places = [place for place in locations if place.organization_id == organization.id]
        subject = documents.Subject("provider", organization, _facts(organization, places), "en", {})
        sign(documents.ask(subject, _signers(number), by))
    first, to = organizations["ORG-0002"], locations[4]
    cmo, ceo = _signers("ORG-0002")
    draft = redistribution_agreements.start(
        RedistributionAgreement(
            organization_id=first.id, cold_chain=COLD_CHAIN, cmo_name=cmo.name, cmo_title=cmo.title,
            cmo_email=cmo.email, cmo_license_state=cmo.license_state, cmo_license_number=cmo.license_number,
            ceo_name=ceo.name, ceo_title=ceo.title, ceo_email=ceo.email,
        ),
        by,
    )  # fmt: skip
    redistribution_agreements.add_place(draft, by, to.number)
    sign(redistribution_agreements.ask_to_sign(draft, by))
    redistribution_agreements.approve(draft, Reach("state", user_id=state.id, username=state.username))
    db.session.flush()
    _mails_went_out()


def _signers(number: str) -> list[documents.Signer]:
    (cmo, title, license_number), (ceo, of_ceo) = SIGNERS[number]
    return [
        documents.Signer("cmo", cmo, title, _address(cmo, number), "NC", license_number),
        documents.Signer("ceo", ceo, of_ceo, _address(ceo, number)),
    ]


def _address(name: str, number: str) -> str:
    return f"{name.replace(' ', '.').lower()}@{number.lower()}.example"


def _facts(organization: Organization, places: list[Location]) -> list[documents.Group]:
    """What the document says of the organization and its locations."""
    whole = [(_("Legal name"), organization.name), (_("Phone"), organization.phone), (_("E-mail"), organization.email)]
    listed = [(place.name, f"{place.number}, {place.street}, {place.city}, NC {place.zip_code}") for place in places]
    return [(_("Organization"), whole), (_("Locations"), listed)]


def sign(agreement: Agreement) -> None:
    """Both sign, as by a code from their mail."""
    for request in documents.requests_of(agreement):
        signing.sign(request, request.name, True, signing.Confirmed("code"), "192.0.2.10", None)


def _mails_went_out() -> None:
    """The mails about it were sent long ago: what waits in the outbox is to be of use."""
    kinds = ("signature_asked", "agreement_signed", "redistribution")
    values = {"status": "sent", "sent_at": utcnow(), "next_try_at": None}
    db.session.execute(update(Notice).where(Notice.kind.in_(kinds)).values(values))


__all__ = ["sign", "signed"]
