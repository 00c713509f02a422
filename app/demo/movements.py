"""What else happened to the demo's stock: waste, counts, vials thawed, vaccine moved between sites, a date in doubt."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.rules import expiry, stock, storage, storage_moves
from app.rules.clock import to_utc
from models.base import db
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Reach
from models.stock import InventoryItem, Lot
from models.stock_causes import DoseCount, Wastage
from models.transfers import Transfer, TransferEvent

# location, lot, days ago, doses, vials, reason, from an open vial, discovered by, note
WASTED = (
    (0, "8102290", 33, 1, 1, "drawn", False, "J. Haith, LPN", "The child's parents decided otherwise."),
    (0, "NC5120", 20, 2, 1, "open_vial", True, "K. Bullock, RN", None),
    (0, "6154MF021", 12, 3, 1, "open_vial", True, None, "Punctured in the morning; nobody else came."),
    (1, "8104417", 17, 1, 1, "broken", False, "K. Bullock, RN", None),
    (2, "8091234", 9, 4, 4, "power_outage", False, "S. Rhew", "Refrigerator 2 had no power from 2 to 9 a.m."),
    (3, "6154MF021", 6, 2, 1, "open_vial", True, None, None),
    (4, "NB7031", 5, None, None, "expired", False, "M. Penland, NP", None),
    (5, "8102290", 3, 1, 1, "defective", False, None, "The plunger was loose."),
)  # fmt: skip
# location, lot, days ago, difference, reason, note
COUNTED = (
    (0, "6154MF021", 26, 2, "extra", "Two vials gave a sixth dose."),
    (0, "8104417", 8, -1, "recount", "Weekly count; the box of February is one short."),
    (1, "ND8842", 8, 2, "found", "Two syringes lay behind the tray."),
    (4, "8104417", 2, -2, "recount", "Monthly count."),
)
PACKED = {"transporter": "Own courier", "equipment": "Credo Series 4 box with a data logger"}


@dataclass(frozen=True)
class Move:
    """A transfer and how far it has come; `received` doses arrived, `days` ago it was asked for."""

    kind: str
    ends: tuple[int, int]
    lot: str
    doses: int
    days: int
    status: str
    reason: str
    received: int | None = None
    words: str | None = None


MOVES = (
    Move("transfer", (2, 3), "7001532", 10, 30, "received", "They ran out before the weekend.", 10),
    Move("transfer", (0, 1), "8104417", 20, 16, "received_with_discrepancy", "Planned for the school clinics.",
         19, "One syringe was broken in the box."),
    Move("transfer", (4, 5), "ND0366", 25, 11, "refused", "They expect a class of children.", None,
         "A shipment is on its way to them; see the calendar."),
    Move("transfer", (0, 1), "ND8842", 30, 2, "in_transit", "Planned for the evening clinic in Durham."),
    Move("transfer", (4, 0), "8102290", 10, 1, "requested", "Few toddlers here; they ask for it daily."),
)  # fmt: skip
STEPS = {
    "requested": ("requested",),
    "refused": ("requested", "refused"),
    "in_transit": ("requested", "approved", "in_transit"),
    "received": ("requested", "approved", "in_transit", "received"),
    "received_with_discrepancy": ("requested", "approved", "in_transit", "received_with_discrepancy"),
}


@dataclass(frozen=True)
class Story:
    """Where and when it happens, and who does it: the keepers of the stock by location key, and the Branch."""

    locations: list[Location]
    lots: dict[str, Lot]
    keepers: dict[int, PortalUser]
    branch: PortalUser
    today: dt.date

    def at(self, days: int, hour: int = 11) -> dt.datetime:
        """An hour of a day so many days ago, in UTC."""
        return to_utc(dt.datetime.combine(self.today - dt.timedelta(days=days), dt.time(hour)), None)

    def item(self, place: int, lot: str) -> InventoryItem:
        """The stock of a lot at a location."""
        key = stock.part(self.locations[place].id, self.lots[lot].id)
        return db.session.get_one(InventoryItem, key)

    def by(self, place: int) -> Reach:
        """Whoever keeps the stock of a location."""
        keeper = self.keepers.get(self.locations[place].id)
        return Reach("system", user_id=keeper.id if keeper else None, username="demo")


def tell(story: Story) -> None:
    """All of it, each posted to the ledger as of its day."""
    for place, lot, days, doses, vials, reason, is_open, who, note in WASTED:
        doses = doses or story.item(place, lot).available  # all that is left
        facts = {"doses": doses, "vials": vials, "reason": reason, "is_open_vial": is_open, "discovered_by": who}
        _post(story, place, lot, days, lambda **at: Wastage(disposal="medical_waste", note=note, **facts, **at))  # noqa: B023
    for place, lot, days, difference, reason, note in COUNTED:
        before = story.item(place, lot).doses
        facts = {"before": before, "doses": difference, "reason": reason, "note": note}
        _post(story, place, lot, days, lambda **at: DoseCount(**facts, **at))  # noqa: B023
    for number, move in enumerate(MOVES, start=1):
        _moved(story, number, move)
    _kept(story)
    db.session.flush()


def _post(story: Story, place: int, lot: str, days: int, made: Any) -> None:
    item, by, at = story.item(place, lot), story.by(place), story.at(days, 17)
    cause = made(inventory_item=item, location_id=item.location_id, lot_id=item.lot_id, at=at, by_id=by.user_id)
    db.session.add(cause)
    stock.post(cause, by, at=at)


def _moved(story: Story, number: int, move: Move) -> None:
    """A transfer step by step, as of the days on which they were."""
    here, there = (story.locations[place] for place in move.ends)
    by, takes = story.by(move.ends[0]), story.by(move.ends[1])
    transfer = Transfer(
        number=f"TR-DEMO{number:04}", kind=move.kind, from_location=here, to_location=there, doses=move.doses,
        lot=story.lots[move.lot], inventory_item=story.item(move.ends[0], move.lot), reason=move.reason,
        requested_at=story.at(move.days), requested_by_id=by.user_id,
    )  # fmt: skip
    db.session.add(transfer)
    stock.reserve(transfer.inventory_item.id, move.doses)
    for hours, status in enumerate(STEPS[move.status]):
        at = story.at(move.days, 11 + 2 * hours)
        who = (by.user_id, story.branch.id, by.user_id, takes.user_id)[hours]
        transfer.status = status
        _step(transfer, move, at, who)
        if status == "refused":
            stock.reserve(transfer.inventory_item.id, -move.doses)
        elif status == "in_transit":
            stock.reserve(transfer.inventory_item.id, -move.doses)
            stock.post(transfer, by, at=at)
        elif status in ("received", "received_with_discrepancy"):
            stock.post(transfer, takes, at=at)
        ends = {"from_location": here, "to_location": there}
        words = {"requested": move.reason, move.status: move.words}.get(status)
        db.session.add(TransferEvent(transfer=transfer, **ends, at=at, status=status, by_id=who, words=words))
        db.session.flush()


def _step(transfer: Transfer, move: Move, at: dt.datetime, who: int | None) -> None:
    """What each step leaves in the record."""
    if transfer.status in ("approved", "refused"):
        transfer.decided_at, transfer.decided_by_id = at, who
    elif transfer.status == "in_transit":
        transfer.dispatched_at, transfer.temperature_packed = at, Decimal("4.1")
        transfer.transporter, transfer.equipment = PACKED["transporter"], PACKED["equipment"]
    elif transfer.status != "requested":
        transfer.received_at, transfer.received_by_id = at, who
        transfer.doses_received, transfer.temperature_received = move.received, Decimal("4.8")
        transfer.condition, transfer.discrepancy_reason = "good", move.words


def _kept(story: Story) -> None:
    """Vials frozen, and some of them thawed; a lot whose date is in doubt; one on hold."""
    item = story.item(0, "NC5120")
    storage.enter(item, "ultra_cold", story.today - dt.timedelta(days=60))
    storage_moves.move_some(item, story.by(0), 10, "refrigerated", story.today - dt.timedelta(days=2))
    doubted = story.item(1, "NC2417")
    later = doubted.expiry + dt.timedelta(days=30)
    expiry.correct_expiry(doubted, story.by(1), expires_on=later, reason="The manufacturer's look-up page says so.")
    held = story.item(2, "8091234")
    storage.put_on_hold(held, story.by(2), reason="Without power for seven hours; the manufacturer was asked.")
