"""What both ends of a transfer are told: a line in its story and a mail; and who may redistribute to whom."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.rules import agreements, notices
from app.rules.clock import today_at
from app.rules.locations import CONCERNED
from models.base import RuleBroken, db
from models.enrollment import Location
from models.people import Membership, PortalUser
from models.scope import Reach
from models.transfers import Transfer, TransferEvent


def refuse_redistribution(place: Location, to: Location) -> None:
    """A redistribution stays within one organization whose redistribution agreement is approved for that location."""
    if to.organization_id != place.organization_id:
        words = _("A redistribution stays within one organization. Between two organizations it is a transfer.")
        raise RuleBroken(words, field="kind")
    if not agreements.may_redistribute(place.organization_id, to):
        words = _("The organization has no approved redistribution agreement for this location.")
        raise RuleBroken(words, field="kind")


def tell(transfer: Transfer, by: Reach, words: str | None = None) -> None:
    """A step in the story that both ends see, and a mail to those who answer for either."""
    db.session.flush()
    event = TransferEvent(
        transfer_id=transfer.id, from_location_id=transfer.from_location_id, to_location_id=transfer.to_location_id,
        status=transfer.status, by_id=by.user_id, words=words or None,
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    for user in _people(transfer):
        notices.queue(
            "transfer_step", user, f"transfer-event-{event.id}-{user.id}", by,
            number=transfer.number, status=transfer.status, doses=transfer.doses, words=words or "",
            vaccine=transfer.lot.vaccine.short_name, lot=transfer.lot.number, received=transfer.doses_received,
            sender=transfer.from_location.name, receiver=transfer.to_location.name,
        )  # fmt: skip


def _people(transfer: Transfer) -> list[PortalUser]:
    """Managers and coordinators of both ends."""
    ends = (transfer.from_location_id, transfer.to_location_id)
    today = today_at(transfer.from_location)
    query = (
        select(PortalUser)
        .join(Membership, Membership.user_id == PortalUser.id)
        .where(
            Membership.location_id.in_(ends),
            Membership.profile.in_(CONCERNED),
            or_(Membership.ends_on.is_(None), Membership.ends_on >= today),
            PortalUser.active,
        )
        .order_by(PortalUser.id)
        .execution_options(unscoped="transfer_destination")
    )
    return list(db.session.scalars(query).unique())
