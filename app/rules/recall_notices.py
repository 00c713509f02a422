"""Who is told of a recall: those who answer for each location that it reaches, in bulk."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.rules import notices
from app.rules.clock import today_at
from app.rules.locations import CONCERNED
from models.base import db
from models.people import Membership, PortalUser
from models.recalls import Recall, RecallPlace
from models.scope import Reach


def queue(recall: Recall, by: Reach) -> int:
    """Queues a mail to the managers and coordinators of each location reached; answers how many."""
    query = (
        select(PortalUser.id, PortalUser.email, PortalUser.language)
        .join(Membership, Membership.user_id == PortalUser.id)
        .join(RecallPlace, RecallPlace.location_id == Membership.location_id)
        .where(
            RecallPlace.recall_id == recall.id,
            Membership.profile.in_((*CONCERNED, "Inventory Manager")),
            or_(Membership.ends_on.is_(None), Membership.ends_on >= today_at(None)),
            PortalUser.active,
        )
        .distinct()
        .order_by(PortalUser.id)
    )
    told = [tuple(row) for row in db.session.execute(query)]
    said = {"vaccine": recall.lot.vaccine.short_name, "lot": recall.lot.number, "reason": recall.reason}
    notices.queue_many("lot_recalled", told, None, whom="user_id", once=f"recall-{recall.id}", **said)
    return len(told)
