"""The account history of a location, and the daily inventory report, both from the ledger."""

import datetime as dt

import pytest
from sqlalchemy import select

from app import worker
from app.jobs import housekeeping
from app.rules import inventory_reports, storage
from app.rules.clock import today_at
from models.account_history import AccountHistory
from models.base import db
from models.inventory_reports import InventoryReportLine
from models.notices import Notice
from models.scope import Reach, acting
from models.stock import InventoryItem
from tests import factories as make
from tests.ledger import prove, the_ledger_holds  # noqa: F401
from tests.screen_world import open_world


def test_the_account_history_shows_stock_and_people_and_is_exported():
    with open_world() as world:
        app = world.app
        world.make("dose", world.ids.here)
        world.make("wastage", world.ids.here)
        world.make("dose", world.ids.there)
        manager = world.browser("Healthcare Location Manager")
        start = manager.get("/start/").text
        assert "/account-history/list/" in start
        page = manager.get("/account-history/list/").text
        movements = manager.get("/stock-movement/list/").text
        assert "Wastage 1" in movements and "Wastage:1" not in movements
        assert "García" in page and "Wasted" in page and page.count('<th scope="row"') == 4
        narrowed = manager.get("/account-history/list/?_flt_0_kind=wasted")
        assert narrowed.status_code == 200
        file = manager.get("/account-history/export/csv")
        assert file.status_code == 200 and "García" in file.text and len(file.text.splitlines()) == 5
        assert "Wastage 1" in file.text
        assert world.browser("Inventory Manager").get("/account-history/list/").status_code == 403
        with app.app_context(), acting(Reach("location", location_id=world.ids.there)):
            assert len(db.session.scalars(select(AccountHistory)).all()) == 2


def test_the_report_counts_what_may_be_given_and_how_long_it_lasts(app):
    with app.app_context(), acting(make.SEED):
        place = make.location()
        usable, held, recalled, old = (make.stock(place, doses=70) for _ in range(4))
        storage.put_on_hold(held, make.SEED, reason="Alarm")
        recalled.lot.status = "recalled"
        today = today_at(None)
        old.lot.expires_on = today - dt.timedelta(days=2)
        make.dose(location=place)
        db.session.commit()
        inventory_reports.build(today)
        inventory_reports.build(today)
        db.session.commit()
        lines = {
            line.vaccine_id: (line.quantity, line.in_stock, line.supply_level)
            for line in db.session.scalars(select(InventoryReportLine))
        }
        assert lines[usable.lot.vaccine_id] == (70, True, "4")
        assert {lines[item.lot.vaccine_id] for item in (held, recalled, old)} == {(0, False, "0")}
        assert len(lines) == 5


def test_the_supply_level_follows_the_pace_of_a_week():
    level = inventory_reports.level
    assert [level(0, 70), level(9, 70), level(10, 70), level(20, 70), level(21, 70), level(5, 0)] == list("012344")


def test_the_worker_makes_the_report_and_tells_when_the_ledger_is_broken(app):
    with app.app_context(), acting(make.SEED):
        make.membership("State Administrator", make.user(email="admin@example.org"))
        item = make.stock(doses=40)
        db.session.commit()
        key = item.id
    worker.step(app, "inventory-report", housekeeping.inventory_report)
    worker.step(app, "check-ledger", housekeeping.check_ledger)
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(InventoryReportLine.quantity)) == 40
        assert db.session.scalars(select(Notice).where(Notice.kind == "ledger_broken")).all() == []
        db.session.get(InventoryItem, key).doses = 39
        db.session.commit()
    for _ in range(2):
        worker.step(app, "check-ledger", housekeeping.check_ledger)
    with app.app_context(), acting(make.SEED):
        told = db.session.scalars(select(Notice.to_address).where(Notice.kind == "ledger_broken")).all()
        assert told == ["admin@example.org"]
    with pytest.raises(AssertionError):
        prove(app)
    with app.app_context(), acting(make.SEED):
        db.session.get(InventoryItem, key).doses = 40
        db.session.commit()
