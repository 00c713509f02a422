"""Pages follow each other by the row where one ends: every row once, in order, forwards and backwards."""

import datetime as dt
import re

import pytest
from sqlalchemy import select, update

from app.fab.interface import Interface
from app.fab.keyset import Place
from models.base import db
from models.scope import Reach, acting
from models.shipments import Shipment
from tests import factories as make

pytestmark = pytest.mark.shared_data
SYSTEM = Reach.system("test")
SIZE, MANY = 4, 23


@pytest.fixture(scope="module", autouse=True)
def shipments(app):
    """Twenty-three shipments: many on one day, many without any, and dose counts that repeat."""
    with app.app_context(), acting(SYSTEM):
        here = make.location()
        for n in range(MANY):
            day = None if n % 3 == 0 else dt.date(2021, 3, 1) + dt.timedelta(days=n % 4)
            make.shipment(here, doses=1 + n % 2, expected_on=day)
        db.session.commit()


def walk(column, direction, first, onward):
    """The keys of every page from `first` on, following one of the pager's names."""
    pages, place = [], first
    while place is not None:
        _count, rows = Interface(Shipment).query(None, column, direction, page=place, page_size=SIZE)
        pages.append((rows.pager.number, [row.id for row in rows]))
        place = getattr(rows.pager, onward)
        assert len(pages) <= MANY
    return pages


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("column", ["id", "number", "doses", "expected_on"])
def test_pages_hold_every_row_once_in_the_order_of_the_database(app, column, direction):
    with app.app_context(), acting(SYSTEM):
        by = [getattr(getattr(Shipment, name), direction)() for name in dict.fromkeys((column, "id"))]
        whole = list(db.session.scalars(select(Shipment.id).order_by(*by)))
        ahead = walk(column, direction, 0, "next")
        assert [key for _number, page in ahead for key in page] == whole
        assert [number for number, _page in ahead] == list(range(0, MANY, SIZE))
        back = walk(column, direction, Place("last"), "previous")
        seen = [key for _number, page in reversed(back[:-1]) for key in page]
        assert seen == whole[-len(seen) :] and back[-1] == (0, whole[:SIZE])
        assert back[0] == (MANY - SIZE, whole[-SIZE:])


def test_a_row_that_is_gone_leads_to_the_first_page(app):
    with app.app_context(), acting(SYSTEM):
        _count, rows = Interface(Shipment).query(None, "number", "asc", page=Place("after", 10**17, 50), page_size=SIZE)
        assert rows.pager.number == 0 and len(rows) == SIZE and rows.pager.previous is None


def test_rows_that_came_between_are_not_passed_over(app):
    with app.app_context(), acting(SYSTEM):
        first = walk("number", "asc", 0, "next")[0][1]
        db.session.execute(update(Shipment).where(Shipment.id == first[0]).values(number="zzz"))
        _count, rows = Interface(Shipment).query(
            None, "number", "asc", page=Place("after", first[-1], 4), page_size=SIZE
        )
        assert not {row.id for row in rows} & set(first)
        db.session.rollback()


def test_another_clinics_row_tells_nothing_of_its_place_in_the_order(app, as_profile):
    with app.app_context(), acting(SYSTEM):
        elsewhere = make.shipment(make.location(name="Elsewhere"), doses=500)
        ours = db.session.scalars(select(Shipment).where(Shipment.id < elsewhere.id).order_by(Shipment.id)).first()
        db.session.commit()
        here, other, own = ours.location_id, elsewhere.id, ours.id
    manager = as_profile("Healthcare Location Manager", location_id=here)

    def count_of(key):
        page = manager.get(f"/shipment/list/?psize_ShipmentScreen=4&page_ShipmentScreen=after-{key}-4").text
        return re.search(r'c-count" role="status">(.*?)</p>', page)[1]

    assert count_of(own).startswith("5 to ")
    assert count_of(other) == count_of(10**17) == "1 to 4 of 23"


@pytest.mark.parametrize(
    "words", ["after-1", "after--1-0", "before-1-x", "after-" + "9" * 19 + "-0", "last-1", "first"]
)
def test_any_other_name_of_a_page_is_refused(as_profile, words):
    assert as_profile("State Immunization Staff").get(f"/shipment/list/?page_ShipmentScreen={words}").status_code == 400
