"""What an organization agrees to: the Provider Agreement of an application, and whether it may redistribute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.rules import standing
from app.rules.agreement_documents import Signer, Subject, ask, requests_of, revoke_requests
from app.rules.declared import Told, is_empty, told, words
from app.rules.enrollment_fields import form_of
from models.agreements import SIGNER_ROLES, Agreement, RedistributionAgreement, RedistributionPlace
from models.applications import Application
from models.base import RuleBroken, db
from models.scope import Reach


def ask_signatures(application: Application, by: Reach) -> Agreement:
    """Makes the Provider Agreement of what was submitted last and asks the CMO and the CEO to sign it.

    A document of an earlier submission is signed no more. Raises RuleBroken for signers that cannot be asked.
    """
    stop_signing(application)
    versions = standing.versions_of(application)
    if not versions:
        raise RuleBroken(_("Nothing was submitted yet."))
    sections = versions[-1].content["sections"]
    first = next(section["content"] for section in sections if section["kind"] == "A")
    with force_locale(application.language):
        groups = [group for section in sections for group in facts_of_section(section)]
        signers = [_signer(role, first.get(role) or {}) for role in SIGNER_ROLES]
    belongs_to = {"application_id": application.id}
    agreement = ask(
        Subject("provider", application.organization, groups, application.language, belongs_to), signers, by
    )
    standing.note(application, "signatures_asked", by, agreement.number)
    return agreement


def stop_signing(application: Application) -> None:
    """Nobody signs a document of this application any more: it was withdrawn, or is submitted anew."""
    for agreement in agreements_of(application):
        revoke_requests(agreement)


def agreements_of(application: Application) -> list[Agreement]:
    """The documents of an application, the first first."""
    query = select(Agreement).where(Agreement.application_id == application.id).order_by(Agreement.id)
    return list(db.session.scalars(query))


def all_signed(application: Application) -> bool:
    """Whether the newest document of an application has every signature that was asked for."""
    made = agreements_of(application)
    return bool(made) and all(request.status == "signed" for request in requests_of(made[-1]))


def _signer(role: str, said: dict[str, Any]) -> Signer:
    """A signer as Section A names them; a CEO without a title signs as what they are."""
    names = (said.get("first_name"), said.get("middle_initial"), said.get("last_name"))
    return Signer(
        role,
        " ".join(name.strip() for name in names if name and name.strip()),
        said.get("title") or (str(SIGNER_ROLES[role]) if role == "ceo" else ""),
        said.get("email") or "",
        said.get("license_state") if role == "cmo" else None,
        said.get("license_number") if role == "cmo" else None,
    )


def facts_of_section(section: dict[str, Any]) -> Iterator[tuple[Any, list[tuple[Any, Any]]]]:
    """What a section says, group by group and row by row, as a paper shows it; what was left empty is left out."""
    form, content = form_of(section["kind"]), section["content"]
    for group in form.groups():
        by_row: dict[int | None, list[Told]] = {}
        for one in told(group, content):
            if not is_empty(one.value):
                by_row.setdefault(one.row, []).append(one)
        for row, facts in by_row.items():
            heading = f"{group.one or group.label} {row}" if row else str(group.label)
            if section["kind"] == "B":
                heading = f"{section['name']}: {heading}"
            yield heading, [(one.field.label, words(one.field, one.value)) for one in facts]


def may_redistribute(organization_id: int, to_location: Any) -> bool:
    """Whether an approved redistribution agreement of the organization names this location (or its key).

    Source: CDC Supplemental COVID-19 Vaccine Redistribution Agreement; nothing moves before it is approved.
    """
    key = getattr(to_location, "id", to_location)
    query = (
        select(RedistributionPlace.id)
        .join(RedistributionPlace.agreement)
        .where(
            RedistributionPlace.location_id == key,
            RedistributionAgreement.organization_id == organization_id,
            RedistributionAgreement.status == "approved",
        )
        .limit(1)
    )
    return db.session.scalar(query) is not None
