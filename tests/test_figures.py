"""The figures of a start page: by few questions, right, and in words beside the charts."""

import datetime as dt
import json
import re

from html5lib import parse
from sqlalchemy import select, text, update

from app.rules import figures, wastage
from app.rules.clock import today_at
from app.rules.ledger_check import check_ledger
from models.base import db, utcnow
from models.doses import Dose, recorded_late
from models.scope import Reach, acting
from models.stock import StockDay
from tests import factories as make
from tests.screen_world import open_world
from views import figures as drawn
from views.figures import values_of
from views.start import FIGURES


def test_each_figure_is_of_the_rows_in_reach(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=100)
        place = item.location
        make.stock(doses=999)
        dose = make.dose(location=place)
        late = make.dose(location=place)
        db.session.get(Dose, late.id).given_at = utcnow() - dt.timedelta(hours=30)
        make.saved(db.session.get(Dose, late.id))
        said = {"reason": "broken", "disposal": "medical_waste"}
        wastage.waste(item, make.SEED, doses=4, **said)
        wastage.waste(item, make.SEED, doses=2, is_open_vial=True, **said)
        make.shipment(place).status = "lost"
        db.session.commit()
        with acting(Reach("location", location_id=place.id)):
            found = figures.gather()
        assert {name: sum(weeks) for name, weeks in found.by_week.items()} == {"received": 300, "given": 2, "wasted": 6}
        on_hand = {name: (doses, days) for name, doses, days in found.products}
        assert on_hand == {
            item.lot.vaccine.short_name: (94, None),
            dose.vaccine.short_name: (99, 99 * 28),
            late.vaccine.short_name: (99, 99 * 28),
        }
        assert (found.open_rate, found.closed_rate) == (2 / 8, 4 / 8)
        assert (found.discrepancies, found.late) == (0, 1)


def test_what_is_to_be_used_within_7_and_30_days_is_counted_to_the_day(app):
    with app.app_context(), acting(make.SEED):
        place = make.location()
        for days, doses in ((-1, 1), (7, 20), (8, 300), (30, 4_000), (31, 50_000)):
            make.stock(place, doses=doses).lot.expires_on = today_at(None) + dt.timedelta(days=days)
        thawed = make.stock(place, doses=600_000)  # in date, but out of the freezer
        thawed.beyond_use_on = today_at(None) + dt.timedelta(days=7)
        make.stock(doses=9).lot.expires_on = today_at(None)
        db.session.commit()
        reach = Reach("location", profile="Healthcare Location Manager", location_id=place.id)
        with acting(reach):
            said = values_of([FIGURES["expires_soon"], FIGURES["expires"]], reach)
    assert said == ["600,021", "604,321"]


def test_the_manager_sees_charts_and_the_same_as_tables():
    with open_world() as world:
        manager = world.browser("Healthcare Location Manager")
        assert "figures-data" not in manager.get("/start/").text
        world.make("dose", world.ids.here)
        page = manager.get("/start/").text
        tree = parse(page)
        holder = next(node for node in tree.iter() if node.get("id") == "figures-data")
        data = json.loads(holder.get("data-figures"))
        assert data["doses"] == [99] and sum(data["series"][0]["data"]) == 100 and len(data["weeks"]) == 8
        assert "chart.umd.min.js" in page and "Doses by week" in page and "Days of supply" in page
        assert "figures-data" not in world.browser("Front Desk").get("/start/").text


def test_the_sums_of_days_are_proved_by_the_ledger(app):
    with app.app_context(), acting(make.SEED):
        item = make.stock(doses=100)
        make.dose(location=item.location)
        day = db.session.scalars(select(StockDay).where(StockDay.inventory_item_id == item.id)).one()
        assert (day.kind, day.doses) == ("received", 100) and check_ledger()["broken"] == []
        db.session.execute(update(StockDay).where(StockDay.id == day.id).values(doses=99))
        wrong = {"kind": "received", "day": str(utcnow().date()), "says": 99, "movements": 100}
        assert check_ledger()["broken"] == [
            {"inventory_item": item.id, "location": item.location_id, "lot": item.lot_id} | wrong
        ]


def test_late_doses_are_counted_from_an_index_of_them(app):
    with app.app_context(), acting(make.SEED):
        dialect = db.session.get_bind().dialect.name
        if dialect == "postgresql":
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
        explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[dialect]
        query = f"{explain} SELECT count(id) FROM dose WHERE {recorded_late(dialect)} AND given_on >= '2026-01-01'"
        for narrowed, index in (("", "ix_dose_late"), (" AND location_id IN (1)", "ix_dose_late_here")):
            plan = " ".join(str(row) for row in db.session.execute(text(query + narrowed)))
            assert re.search(rf"\b{index}\b", plan), plan


def test_a_count_of_late_doses_stops_past_the_most_that_is_told(app, monkeypatch):
    monkeypatch.setattr(figures, "MOST_COUNTED", 2)
    monkeypatch.setattr(drawn, "MOST_COUNTED", 2)
    with app.app_context(), acting(make.SEED):
        place = make.location()
        for _ in range(4):
            late = make.dose(location=place)
            db.session.get(Dose, late.id).given_at = utcnow() - dt.timedelta(hours=30)
        db.session.commit()
        since = dt.datetime.combine(utcnow() - dt.timedelta(days=7), dt.time())
        assert figures._late(since) == 3 and drawn._capped(3) == "2+" and drawn._capped(2) == "2"
