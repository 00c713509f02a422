"""Transfers and redistributions: reserved, approved by another, sent, received; every refusal moves nothing."""

import pytest
from sqlalchemy import func, select

from app.rules import ledger_check, transfer_moves, transfers
from models.base import RuleBroken, db
from models.notices import Notice
from models.scope import Reach, acting
from models.stock import InventoryItem, StockMovement
from models.transfers import ProgramRule, Transfer, TransferEvent
from tests import factories as make
from tests.ledger import the_ledger_holds  # noqa: F401
from tests.screen_world import open_world

PACKED = {"transporter": "Courier", "equipment": "Validated cooler", "temperature_packed": "4.5"}
ARRIVED = {"temperature_received": "5,1", "condition": "good"}


class Ends:
    """Two sites with their managers, and the state's reviewer."""

    def __init__(self, **same):
        self.item = make.stock(make.location(name="Sender", **same), doses=100)
        self.here, self.there = self.item.location, make.location(name="Receiver", **same)
        self.manager, self.manager2 = make.user("sends", email="sends@example.org"), make.user("receives")
        for user, place in ((self.manager, self.here), (self.manager2, self.there)):
            make.membership("Healthcare Location Manager", user, location=place)
        db.session.commit()
        self.send = Reach("location", self.manager.id, "sends", "Healthcare Location Manager", location_id=self.here.id)
        self.take = Reach(
            "location", self.manager2.id, "takes", "Healthcare Location Manager", location_id=self.there.id
        )
        self.state = Reach("state", make.user("reviews").id, "reviews", "State Immunization Staff")
        db.session.commit()

    def ask(self, by=None, **said):
        said = {"kind": "transfer", "to_location": self.there, "lot": self.item.lot, "doses": 40, **said}
        with acting(by or self.send):
            transfer = transfers.request(Transfer(reason="They have none", **said), by or self.send)
            db.session.commit()
        return transfer

    def do(self, by, act, transfer, **said):
        with acting(by):
            act(transfer, by, **said)
            db.session.commit()

    def refused(self, by, act, *row, field=None, **said):
        before = state()
        with acting(by), pytest.raises(RuleBroken) as broken:
            act(*row, by=by, **said)
        db.session.rollback()
        assert broken.value.field == field and state() == before

    def on_hand(self):
        rows = db.session.execute(select(InventoryItem.location_id, InventoryItem.doses, InventoryItem.reserved))
        found = {place: (doses, reserved) for place, doses, reserved in rows}
        return found.get(self.here.id), found.get(self.there.id)


def state():
    """Balances and movements; the ledger holds."""
    assert ledger_check.check_ledger()["broken"] == []
    rows = db.session.execute(select(InventoryItem.id, InventoryItem.doses, InventoryItem.reserved)).all()
    return sorted(map(tuple, rows)), db.session.scalar(select(func.count()).select_from(StockMovement))


@pytest.fixture
def ends(app):
    with app.app_context(), acting(make.SEED):
        yield Ends()


def test_doses_are_reserved_leave_at_dispatch_and_arrive_at_receipt(ends):
    transfer = ends.ask()
    assert ends.on_hand() == ((100, 40), None) and transfer.status == "requested"
    ends.refused(ends.send, transfer_moves.dispatch_transfer, transfer, field="status", **PACKED)
    ends.do(ends.state, transfers.approve_transfer, transfer)
    ends.refused(ends.take, transfer_moves.dispatch_transfer, transfer, **PACKED)
    ends.do(ends.send, transfer_moves.dispatch_transfer, transfer, **PACKED)
    assert ends.on_hand() == ((60, 0), None) and state()
    ends.refused(ends.send, transfers.cancel_transfer, transfer, field="status", reason="Too late")
    for said, field in (
        ({"doses_received": 38}, "discrepancy_reason"),
        ({"doses_received": -1}, "doses_received"),
        ({"doses_received": 40, "temperature_received": "warm"}, "temperature_received"),
        ({"doses_received": 40, "temperature_received": "999"}, "temperature_received"),
    ):
        ends.refused(ends.take, transfer_moves.receive_transfer, transfer, field=field, **{**ARRIVED, **said})
    ends.refused(ends.send, transfer_moves.receive_transfer, transfer, **ARRIVED, doses_received=40)
    said = {**ARRIVED, "doses_received": 38, "discrepancy_reason": "One vial broke"}
    ends.do(ends.take, transfer_moves.receive_transfer, transfer, **said)
    assert ends.on_hand() == ((60, 0), (38, 0)) and transfer.status == "received_with_discrepancy"
    lines = db.session.execute(select(StockMovement.kind, StockMovement.doses).order_by(StockMovement.id)).all()
    assert [tuple(line) for line in lines][1:] == [("moved_out", -40), ("moved_in", 40), ("discrepancy", -2)]
    ends.refused(ends.take, transfer_moves.receive_transfer, transfer, field="status", **said)
    assert str(transfer.temperature_received) == "5.1"


def test_both_ends_see_the_same_story_and_get_mail(ends):
    transfer = ends.ask()
    ends.do(ends.state, transfers.approve_transfer, transfer)
    stories = []
    for reach in (ends.send, ends.take, ends.state):
        with acting(reach):
            stories.append(list(db.session.scalars(select(TransferEvent.status).order_by(TransferEvent.id))))
    assert stories == [["requested", "approved"]] * 3
    with acting(ends.take):
        assert transfer.from_location.name == "Sender"
    told = set(db.session.execute(select(Notice.to_address, Notice.kind)).all())
    assert {tuple(one) for one in told} == {
        ("sends@example.org", "transfer_step"), ("receives@example.org", "transfer_step")
    }  # fmt: skip
    with acting(Reach("location", location_id=make.location().id)):
        assert db.session.scalars(select(Transfer)).all() == db.session.scalars(select(TransferEvent)).all() == []


@pytest.mark.parametrize("how", ["refuse", "cancel", "refuse approved"])
def test_what_does_not_move_is_free_again(ends, how):
    transfer = ends.ask(doses=100)
    ends.refused(ends.send, lambda by: ends.ask(doses=1, by=by), field="doses")
    if how == "refuse approved":
        ends.do(ends.state, transfers.approve_transfer, transfer)
    if how == "cancel":
        ends.refused(ends.take, transfers.cancel_transfer, transfer, reason="Not mine")
        ends.do(ends.send, transfers.cancel_transfer, transfer, reason="No longer needed")
    else:
        ends.do(ends.state, transfers.refuse_transfer, transfer, reason="They have enough")
    assert ends.on_hand() == ((100, 0), None)
    ends.refused(ends.state, transfers.approve_transfer, transfer, field="status")


def test_who_asks_does_not_approve_and_the_state_may_leave_the_step_out(ends):
    transfer = ends.ask()
    ends.refused(
        Reach("state", ends.manager.id, "sends", "State Immunization Staff"), transfers.approve_transfer, transfer,
        field="requested_by",
    )  # fmt: skip
    db.session.scalars(select(ProgramRule).where(ProgramRule.code == "transfer_approval")).one().is_on = False
    db.session.commit()
    assert ends.ask(doses=5).status == "approved"


def test_what_cannot_be_asked_for_is_refused_at_its_field(ends):
    foreign = make.stock(ends.there).lot
    suspended, recalled = make.location(status="approved"), make.stock(ends.here)
    suspended.status = "suspended"
    recalled.lot.status = "recalled"
    db.session.commit()
    for field, said in (
        ("to_location", {"to_location": ends.here}),
        ("to_location", {"to_location": suspended}),
        ("to_location", {"to_location": None, "to_location_id": 987654}),
        ("lot", {"lot": foreign}),
        ("lot", {"lot": recalled.lot}),
        ("doses", {"doses": 101}),
        ("doses", {"doses": 0}),
        ("doses", {"doses": -3}),
        ("vials", {"vials": 41}),
        ("kind", {"kind": "redistribution"}),
    ):
        ends.refused(ends.send, lambda by, said=said: ends.ask(by=by, **said), field=field)
    ends.refused(ends.state, lambda by: ends.ask(by=by))


def test_a_redistribution_needs_one_organization_and_its_approved_agreement(app):
    with app.app_context(), acting(make.SEED):
        ends = Ends(organization=make.organization())
        ends.refused(ends.send, lambda by: ends.ask(by=by, kind="redistribution"), field="kind")
        make.redistribution_agreement(ends.here.organization, ends.there)
        db.session.commit()
        transfer = ends.ask(kind="redistribution")
        ends.do(ends.state, transfers.approve_transfer, transfer)
        assert transfer.status == "approved"


def test_the_pages_of_both_ends():
    with open_world() as world:
        app = world.app
        with app.app_context(), acting(make.SEED):
            lot = make.lot(number="TRANSFER1")
            db.session.commit()
            key = lot.id
        world.make("stock", world.ids.here, doses=60, lot=None)
        with app.app_context(), acting(make.SEED):
            from models.enrollment import Location
            from models.stock import Lot

            make.stock(db.session.get(Location, world.ids.here), db.session.get(Lot, key), doses=60)
            db.session.commit()
        manager, other = world.browser("Healthcare Location Manager"), world.browser("elsewhere")
        form = {
            "kind": "transfer",
            "to_location": str(world.ids.there),
            "lot": str(key),
            "doses": "61",
            "reason": "Surplus",
        }
        wrong = manager.send("/transfer/add", form)
        assert wrong.status_code == 422 and "Only 60 doses are on hand" in wrong.text and "Surplus" in wrong.text
        assert manager.send("/transfer/add", {**form, "doses": "10"}).status_code == 303
        transfer = world.count(Transfer)
        assert transfer == 1
        with app.app_context(), acting(make.SEED):
            key = db.session.scalar(select(Transfer.id))
        assert f"/transfer/action/cancel_transfer/{key}" in manager.get(f"/transfer/show/{key}").text
        assert "approve_transfer" not in manager.get(f"/transfer/show/{key}").text
        assert manager.send(f"/transfer/action/approve_transfer/{key}").status_code == 403
        assert (
            world.browser("State Immunization Staff").send(f"/transfer/action/approve_transfer/{key}").status_code
            == 303
        )
        answered = {"_answered": "1", **PACKED}
        assert manager.send(f"/transfer/action/dispatch_transfer/{key}", answered).status_code == 303
        receipt = {"_answered": "1", **ARRIVED, "doses_received": "10"}
        assert (
            other.send(f"/transfer/action/receive_transfer/{key}", {**receipt, "doses_received": "1.5"}).status_code
            == 422
        )
        assert other.send(f"/transfer/action/receive_transfer/{key}", receipt).status_code == 303
        assert world.read(Transfer, key, "status") == "received"
        assert "Burlington Clinic" in other.get(f"/transfer/show/{key}").text
        with app.app_context(), acting(make.SEED):
            assert ledger_check.check_ledger()["broken"] == []
