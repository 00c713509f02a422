"""How far a recall reaches: counted by the database in sets, never row by row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, delete, distinct, func, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from models.base import db, utcnow
from models.doses import Dose, Proof
from models.recalls import Recall, RecallPlace
from models.scope import Reach, acting
from models.shipments import UNDER_WAY, Shipment
from models.stock import InventoryItem
from models.transfers import RESERVING, Transfer


def _given(lot_id: int) -> tuple[Any, ...]:
    return (Dose.lot_id == lot_id, Dose.status == "given")


def count(recall: Recall) -> None:
    """Writes the recall's figures and a line for each location with stock, vaccine on its way, or doses given."""
    lot_id = recall.lot_id
    db.session.execute(
        delete(RecallPlace).where(RecallPlace.recall_id == recall.id).execution_options(synchronize_session=False)
    )
    _write_places(recall.id, lot_id)
    recall.asked_at = utcnow()
    people = select(Dose.recipient_id).where(*_given(lot_id))
    for name, query in {
        "locations": select(func.count(RecallPlace.id)).where(RecallPlace.recall_id == recall.id),
        "on_hand": select(func.sum(InventoryItem.doses)).where(InventoryItem.lot_id == lot_id),
        "transfers": select(func.count(Transfer.id)).where(
            Transfer.lot_id == lot_id, Transfer.status.in_((*RESERVING, "in_transit"))
        ),
        "in_transit": select(func.sum(Transfer.doses)).where(
            Transfer.lot_id == lot_id, Transfer.status == "in_transit"
        ),
        "doses": select(func.count(Dose.id)).where(*_given(lot_id)),
        "people": select(func.count(distinct(Dose.recipient_id))).where(*_given(lot_id)),
        "proofs": select(func.count(Proof.id)).where(Proof.recipient_id.in_(people), Proof.revoked_at.is_(None)),
    }.items():
        setattr(recall, name, db.session.scalar(query) or 0)
    db.session.flush()


def count_again(lot_id: int) -> None:
    """Counts a recall in force anew: a dose given before it was recorded, or taken back, since.

    Two places that do so at once count one after the other, so that the later knows of both.
    """
    db.session.flush()
    query = select(Recall).where(Recall.lot_id == lot_id, Recall.status == "in_force").order_by(Recall.id)
    query = query.with_for_update(of=Recall).execution_options(populate_existing=True)
    with acting(Reach.system("recall")):
        for recall in db.session.scalars(query).all():
            count(recall)


def _part(place: Any, on_hand: Any = 0, on_the_way: Any = 0, doses: Any = 0, people: Any = 0) -> Select[Any]:
    parts = {"on_hand": on_hand, "on_the_way": on_the_way, "doses": doses, "people": people}
    return select(
        place.label("place"),
        *(literal(part).label(name) if isinstance(part, int) else part.label(name) for name, part in parts.items()),
    )


def _write_places(recall_id: int, lot_id: int) -> None:
    """One INSERT from the balances, what is on its way, and the doses given."""
    item, transfer, shipment, dose = (one.__table__.c for one in (InventoryItem, Transfer, Shipment, Dose))
    parts = union_all(
        _part(item.location_id, on_hand=item.doses).where(item.lot_id == lot_id),
        _part(transfer.to_location_id, on_the_way=transfer.doses).where(
            transfer.lot_id == lot_id, transfer.status == "in_transit"
        ),
        _part(shipment.location_id, on_the_way=shipment.doses).where(
            shipment.lot_id == lot_id, shipment.status.in_(UNDER_WAY)
        ),
        _part(dose.location_id, doses=func.count(dose.id), people=func.count(distinct(dose.recipient_id)))
        .where(dose.lot_id == lot_id, dose.status == "given", dose.location_id.is_not(None))
        .group_by(dose.location_id),
    ).subquery()
    sums = [func.sum(parts.c[name]) for name in ("on_hand", "on_the_way", "doses", "people")]
    reached = case((func.sum(parts.c.on_hand + parts.c.on_the_way + parts.c.doses) > 0, 1), else_=0)
    rows = (
        select(literal(recall_id), parts.c.place, *sums, literal(1), literal(utcnow()))
        .group_by(parts.c.place)
        .having(reached == 1)
    )
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    columns = ["recall_id", "location_id", "on_hand", "on_the_way", "doses", "people", "row_version", "created_at"]
    db.session.connection().execute(dialect.insert(RecallPlace.__table__).from_select(columns, rows))
