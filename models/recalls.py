"""The recall of a lot: what it would reach, said first, and what it did."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, about, utcnow
from models.columns import instant, key_to, text, total
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Scope
from models.stock import Lot

RECALL_STATUSES = {
    "dry_run": _l("Dry run: nothing has happened"),
    "in_force": _l("In force"),
    "lifted": _l("Lifted"),
}


class Recall(Entity):
    """A recall of a lot, from its dry run on, with how far it reaches."""

    __tablename__ = "recall"
    called = (_l("Recall"), _l("Recalls"))
    scope = Scope()
    STEPS = {"dry_run": {"in_force"}, "in_force": {"lifted"}, "lifted": set()}

    lot_id: Mapped[int] = key_to("lot.id", about(_l("Lot")), required=True)
    reason: Mapped[str] = text(400, about(_l("Reason")), required=True)
    status: Mapped[str] = text(10, about(_l("Status"), choices=RECALL_STATUSES), required=True)
    asked_at: Mapped[dt.datetime] = instant(about(_l("Counted at")), required=True, default=utcnow, index=True)
    asked_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Counted by")), index=False)
    in_force_at: Mapped[dt.datetime | None] = instant(about(_l("In force since")))
    in_force_by_id: Mapped[int | None] = key_to("ab_user.id", about(_l("Put in force by")), index=False)
    lifted_at: Mapped[dt.datetime | None] = instant(about(_l("Lifted at")))
    locations: Mapped[int] = total(about(_l("Locations reached")))
    on_hand: Mapped[int] = total(about(_l("Doses on hand")))
    transfers: Mapped[int] = total(about(_l("Transfers under way")))
    in_transit: Mapped[int] = total(about(_l("Doses in transit")))
    doses: Mapped[int] = total(about(_l("Doses given")))
    people: Mapped[int] = total(about(_l("People vaccinated")))
    proofs: Mapped[int] = total(about(_l("Proofs of these people")))
    notices: Mapped[int] = total(about(_l("Mails queued")))
    lot: Mapped[Lot] = relationship(lazy="joined", info=about(_l("Lot")))  # which names it
    asked_by: Mapped[PortalUser | None] = relationship(foreign_keys=[asked_by_id], info=about(_l("Counted by")))
    in_force_by: Mapped[PortalUser | None] = relationship(
        foreign_keys=[in_force_by_id], info=about(_l("Put in force by"))
    )

    def __str__(self) -> str:
        return f"{self.lot}"


class RecallPlace(Entity):
    """What a recall reaches at one location."""

    __tablename__ = "recall_place"
    called = (_l("Location of a recall"), _l("Locations of the recall"))
    scope = Scope()
    __table_args__ = (UniqueConstraint("recall_id", "location_id"),)

    recall_id: Mapped[int] = key_to("recall.id", about(_l("Recall")), required=True, index=False)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    on_hand: Mapped[int] = total(about(_l("Doses on hand")))
    on_the_way: Mapped[int] = total(about(_l("Doses on their way here")))
    doses: Mapped[int] = total(about(_l("Doses given")))
    people: Mapped[int] = total(about(_l("People vaccinated")))
    recall: Mapped[Recall] = relationship(info=about(_l("Recall")))
    location: Mapped[Location] = relationship(info=about(_l("Location")))

    def __str__(self) -> str:
        return f"{self.location}"
