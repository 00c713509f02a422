"""The supplemental agreement by which an organization may move vaccine beyond where it is shipped."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from app.rules import agreement_documents as documents
from app.rules import notices
from models.acts import Ask, act
from models.agreements import Agreement, RedistributionAgreement, RedistributionPlace
from models.base import RuleBroken, choices_of, db, utcnow
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Reach, acting

LOOK_UP = Reach.system("redistribution places")
ALREADY = _l("This agreement is no draft any more; it can be changed after it was sent back.")


def start(agreement: RedistributionAgreement, by: Reach) -> RedistributionAgreement:
    """A draft of one's own organization."""
    _signers_differ(agreement)
    if by.kind == "organization" and agreement.organization_id is None and agreement.organization is None:
        agreement.organization_id = by.organization_id
    agreement.number = "RA-" + "".join(secrets.choice(documents.LETTERS) for _n in range(8))
    db.session.add(agreement)
    db.session.flush()
    return agreement


def change(agreement: RedistributionAgreement, by: Reach) -> RedistributionAgreement:
    """Changes a draft; what is being signed or was approved stays as it is."""
    _is_draft(agreement)
    _signers_differ(agreement)
    return agreement


def _signers_differ(agreement: RedistributionAgreement) -> None:
    one, other = ((address or "").strip().lower() for address in (agreement.cmo_email, agreement.ceo_email))
    if one and one == other:
        raise RuleBroken(documents.OTHERS_ADDRESS, field="ceo_email")


def _is_draft(agreement: RedistributionAgreement) -> None:
    if agreement.status != "draft":
        raise RuleBroken(ALREADY)


@act(
    label=_l("Add a receiving location"),
    asks=(
        Ask(
            "number",
            _l("Location number or Provider PIN"),
            help=_l("Of an approved location, for example NCA650001; it may belong to another organization."),
        ),
    ),
    icon="fa-hospital",
    done=_l("The location is added."),
    on_many=False,
    may_do=lambda agreement: agreement.status == "draft",
)
def add_place(agreement: RedistributionAgreement, by: Reach, number: str) -> RedistributionPlace:
    """Adds an approved location by its exact number: there is nothing to browse of other organizations.

    Source: each receiving location has a complete Section B of its own (CDC redistribution agreement).
    """
    _is_draft(agreement)
    wanted = number.strip().upper()
    same = or_(Location.number == wanted, Location.provider_pin == wanted, Location.provider_pin == f"NCA{wanted}")
    with acting(LOOK_UP):
        place = db.session.scalars(select(Location).where(same, Location.status == "approved")).first()
    if place is None:
        raise RuleBroken(_("No approved location has this number."), field="number")
    mine = RedistributionPlace.agreement_id == agreement.id
    if db.session.scalars(select(RedistributionPlace).where(mine, RedistributionPlace.location_id == place.id)).first():
        raise RuleBroken(_("This location is in the agreement already."), field="number")
    row = RedistributionPlace(agreement_id=agreement.id, location_id=place.id)
    db.session.add(row)
    db.session.flush()
    return row


@act(
    label=_l("Take out"),
    confirm=_l("Take this location out of the agreement?"),
    icon="fa-xmark",
    may_do=lambda place: place.agreement.status == "draft",
)
def take_out(place: RedistributionPlace, by: Reach) -> None:
    """Takes a location out of a draft."""
    _is_draft(place.agreement)
    db.session.delete(place)


def places_of(agreement: RedistributionAgreement) -> list[Location]:
    """The receiving locations, in the order they were added."""
    query = select(RedistributionPlace).where(RedistributionPlace.agreement_id == agreement.id)
    return [row.location for row in db.session.scalars(query.order_by(RedistributionPlace.id))]


@act(
    label=_l("Ask for signatures"),
    confirm=_l("Send the agreement to the CMO and the CEO to be signed?"),
    icon="fa-signature",
    done=_l("The CMO and the CEO each get a link of their own by mail."),
    on_many=False,
    may_do=lambda agreement: agreement.status == "draft",
)
def ask_to_sign(agreement: RedistributionAgreement, by: Reach) -> Agreement:
    """Makes the document of a draft and asks both for their signatures."""
    _is_draft(agreement)
    places = places_of(agreement)
    if not places:
        raise RuleBroken(_("Please add at least one receiving location first."))
    signers = [
        documents.Signer(
            "cmo", agreement.cmo_name, agreement.cmo_title, agreement.cmo_email,
            agreement.cmo_license_state, agreement.cmo_license_number,
        ),
        documents.Signer("ceo", agreement.ceo_name, agreement.ceo_title, agreement.ceo_email),
    ]  # fmt: skip
    language = _language_of(by)
    with force_locale(language):
        groups = _facts(agreement, places)
    subject = documents.Subject(
        "redistribution", agreement.organization, groups, language, {"redistribution_id": agreement.id}
    )
    made = documents.ask(subject, signers, by)
    agreement.status, agreement.returned_because = "awaiting_signatures", None
    return made


def _language_of(by: Reach) -> str:
    user = db.session.get(PortalUser, by.user_id) if by.user_id else None
    return user.language if user is not None and user.language in notices.LANGUAGES else "en"


def _facts(agreement: RedistributionAgreement, places: list[Location]) -> list[Any]:
    counties = choices_of(Location.__table__.c.county.info) or {}
    organization = agreement.organization
    rows = [
        (
            place.name,
            ", ".join(
                str(word)
                for word in (place.number, place.street, place.city, counties.get(place.county), place.zip_code)
                if word
            ),
        )
        for place in places
    ]
    return [
        (_("Redistributing organization"), [(_("Legal name"), organization.name), (_("Number"), organization.number)]),
        (_("Receiving locations"), rows),
        (_("Cold chain"), [(_("Containers, monitoring and validation"), agreement.cold_chain)]),
    ]


def signed(agreement: RedistributionAgreement) -> None:
    """After the last signature it waits for the state."""
    agreement.status, agreement.submitted_at = "submitted", utcnow()


def declined(agreement: RedistributionAgreement, reason: str) -> None:
    """A signer declined: it is a draft again, with the reason."""
    agreement.status, agreement.returned_because = "draft", reason


@act(
    label=_l("Call back"),
    confirm=_l("Call the agreement back before it is signed? The links that were sent open nothing any more."),
    icon="fa-rotate-left",
    may_do=lambda agreement: agreement.status == "awaiting_signatures",
)
def call_back(agreement: RedistributionAgreement, by: Reach) -> RedistributionAgreement:
    """Back to a draft before it is signed, for a wrong address or a forgotten location."""
    if agreement.status != "awaiting_signatures":
        raise RuleBroken(_("This agreement does not wait for signatures."))
    for made in db.session.scalars(select(Agreement).where(Agreement.redistribution_id == agreement.id)):
        documents.revoke_requests(made)
    agreement.status = "draft"
    return agreement


def _decide(agreement: RedistributionAgreement, by: Reach, status: str, words: str = "") -> RedistributionAgreement:
    if agreement.status != "submitted":
        raise RuleBroken(_("This agreement does not wait for a decision."))
    agreement.status, agreement.decided_at, agreement.decided_by_id = status, utcnow(), by.user_id
    agreement.returned_because = words.strip() or None
    for user in documents.administrators_of(agreement.organization_id):
        once = f"redistribution-{agreement.id}-{agreement.row_version}-{user.id}"
        said = {"number": agreement.number, "status": status, "reason": words.strip()}
        notices.queue("redistribution", user, once, by, **said)
    return agreement


WAITS = {"may_do": lambda agreement: agreement.status == "submitted"}
WHY = (Ask("reason", _l("Reason"), "long"),)


@act(
    label=_l("Approve"),
    confirm=_l("Approve this redistribution agreement?"),
    icon="fa-check",
    done=_l("Approved. The organization may redistribute to the locations named."),
    **WAITS,
)
def approve(agreement: RedistributionAgreement, by: Reach) -> RedistributionAgreement:
    """The state approves: from now on the organization may redistribute to the locations named."""
    closed = [place.name for place in places_of(agreement) if place.status != "approved"]
    if closed:
        raise RuleBroken(_("Not approved at present: %(names)s.", names=", ".join(closed)))
    return _decide(agreement, by, "approved")


@act(label=_l("Send back"), asks=WHY, icon="fa-reply", on_many=False, **WAITS)
def send_back(agreement: RedistributionAgreement, by: Reach, reason: str) -> RedistributionAgreement:
    """Changes are asked for: it is a draft again, and what is changed is signed anew."""
    return _decide(agreement, by, "draft", reason)


@act(label=_l("Reject"), asks=WHY, icon="fa-ban", on_many=False, **WAITS)
def reject(agreement: RedistributionAgreement, by: Reach, reason: str) -> RedistributionAgreement:
    """The state refuses, with a reason."""
    return _decide(agreement, by, "rejected", reason)


@act(
    label=_l("End agreement"),
    confirm=_l("End this agreement? Nothing may be redistributed under it any more."),
    icon="fa-stop",
    may_do=lambda agreement: agreement.status == "approved",
)
def end_agreement(agreement: RedistributionAgreement, by: Reach) -> RedistributionAgreement:
    """Ends an approved agreement: nothing moves under it any more."""
    if agreement.status != "approved":
        raise RuleBroken(_("Only an approved agreement can be ended."))
    agreement.status = "ended"
    return agreement
