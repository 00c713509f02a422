"""Generated lists: searched, ordered, paged and exported, within reach and within few queries."""

import csv
import datetime as dt
import io

import pytest

from models.history import History
from models.stock import Lot
from tests.screen_world import Queries, open_world


@pytest.fixture(scope="module")
def world():
    with open_world() as world:
        for first, last in (("Annette", "Müller"), ("Bob", "Stone"), ("Ñandú", "Stoneman")):
            world.make("recipient", world.ids.here, first_name=first, last_name=last, phone="9195550199")
        for _ in range(30):
            world.make("dose", world.ids.here)
        yield world


@pytest.fixture(scope="module")
def staff(world):
    return world.browser("State Immunization Staff")


@pytest.fixture(scope="module")
def manager(world):
    return world.browser("Healthcare Location Manager")


def history_of(world, entity):
    with world.app.app_context():
        from models.base import db
        from models.scope import acting
        from tests.screen_world import SYSTEM

        with acting(SYSTEM):
            rows = db.session.query(History).order_by(History.id).all()
            return [one for row in rows for one in row.shown if one["entity"] == entity]


def test_a_list_is_at_most_eight_queries_at_any_size(world, staff, manager):
    for browser in (staff, manager):
        for path in (
            "/dose/list/",
            "/recipient/list/",
            "/stock-movement/list/",
            "/shipment/list/",
            "/inventory-item/list/",
        ):
            with Queries(world) as seen:
                assert browser.get(path).status_code == 200
            reads = [
                statement
                for statement in seen
                if "sign_in_session" not in statement and "INTO history" not in statement
            ]
            assert len(reads) <= 8, (path, reads)


def test_a_personal_search_leaves_no_trace_in_any_address(world, staff):
    page = staff.get("/recipient/list/").text
    assert 'name="2_last_name"' in page and "_flt_2_last_name" not in page
    answer = staff.send("/recipient/search", {"2_last_name": "stone"})
    assert answer.status_code == 303 and answer.location == "/recipient/list/"
    found = staff.get(answer.location).text
    assert "Stone" in found and "Stoneman" in found and "Müller" not in found and 'value="stone"' in found
    staff.send("/recipient/search", {"clear": "1"})
    assert "Müller" in staff.get("/recipient/list/").text


def test_a_name_is_found_whatever_its_case_and_accents(world, staff):
    for typed in ("NANDU", "ñan", "nandú"):
        staff.send("/recipient/search", {"2_first_name": typed})
        found = staff.get("/recipient/list/").text
        assert "Ñandú" in found and "Annette" not in found
    staff.send("/recipient/search", {"clear": "1"})


def test_a_personal_column_in_the_address_does_not_narrow(world, staff):
    for index in range(10):
        assert "Müller" in staff.get(f"/recipient/list/?_flt_{index}_last_name=Stone").text


def test_a_posted_search_takes_only_the_columns_declared(world, staff):
    staff.send("/recipient/search", {"2_email": "x", "0_public_id": "y", "99_last_name": "z", "nonsense": "n"})
    assert "Müller" in staff.get("/recipient/list/").text


def test_a_value_of_the_wrong_kind_is_named(world, staff):
    answer = staff.get("/shipment/list/?_flt_4_expected_on=soon")
    assert answer.status_code == 400 and "Expected on" in answer.text and "This is not a date" in answer.text
    staff.send("/recipient/search", {"4_birth_date": "long ago"})
    answer = staff.get("/recipient/list/")
    assert answer.status_code == 400 and "Date of birth" in answer.text
    staff.send("/recipient/search", {"clear": "1"})


def test_days_are_searched_from_and_until(world, staff):
    vaccine = world.make("vaccine")
    for number, day in (("Lot-one", 1), ("Lot-two", 2), ("Lot-three", 3)):
        with world.app.app_context():
            from models.base import db
            from models.scope import acting
            from tests.screen_world import SYSTEM

            with acting(SYSTEM):
                db.session.add(Lot(vaccine_id=vaccine, number=number, expires_on=dt.date(2031, 5, day)))
                db.session.commit()
    page = staff.get(
        f"/lot/list/?_flt_4_expires_on=2031-05-02&_flt_5_expires_on=2031-05-03&_flt_0_vaccine={vaccine}"
    ).text
    assert "Lot-two" in page and "Lot-three" in page and "Lot-one" not in page


def test_codes_and_nothing_are_shown_in_words(world, staff):
    page = staff.get("/organization/list/").text
    assert "Healthcare provider" in page and ">provider<" not in page and "–" in page and "Yes" in page


def test_a_list_without_search_columns_offers_none(world):
    from views.screen import Screen

    assert Screen.search_columns is None
    stock = next(view for view in world.app.appbuilder.baseviews if type(view).__name__ == "StockMovementScreen")
    assert set(stock.search_columns) == {"location", "lot", "kind", "at"}


@pytest.mark.parametrize("column", ["recipient.first_name", "note", "key", "created_by", "recipient"])
def test_only_declared_columns_order_a_list(staff, column):
    assert staff.get(f"/dose/list/?_oc_DoseScreen={column}&_od_DoseScreen=asc").status_code == 400


def test_another_places_rows_are_in_no_list_and_in_no_count(world, manager):
    world.make("storage_unit", world.ids.there, then={"name": "Theirs"})
    world.make("storage_unit", world.ids.here, then={"name": "Ours"})
    page = manager.get("/storage-unit/list/").text
    assert "Ours" in page and "Theirs" not in page
    filtered = manager.get(f"/storage-unit/list/?_flt_0_location={world.ids.there}").text
    assert "Theirs" not in filtered and "Nothing matches this search." in filtered


def test_below_a_record_stand_only_lists_one_may_see(world, staff):
    key = world.ids.here
    assert "Storage units" in staff.get(f"/location/show/{key}").text
    front_desk = world.browser("Front Desk").get(f"/location/show/{key}")
    assert front_desk.status_code == 200 and 'class="c-related"' not in front_desk.text


def test_a_record_below_belongs_to_the_record_above(world, staff):
    world.make("storage_unit", world.ids.there, then={"name": "Only theirs"})
    assert "Only theirs" not in staff.get(f"/location/show/{world.ids.here}").text


def test_what_is_shown_of_people_is_in_the_history(world, manager):
    from models.recipients import Recipient

    before = len(history_of(world, "Recipient"))
    manager.get("/recipient/list/")
    shown = history_of(world, "Recipient")[before:]
    assert len(shown) == 1 and len(shown[0]["ids"]) >= 3
    key = shown[0]["ids"][0]
    manager.get(f"/recipient/show/{key}")
    assert {"entity": "Recipient", "ids": [key]} in history_of(world, "Recipient")
    assert world.read(Recipient, key, "id") == key


def test_an_export_holds_the_filtered_list_in_words_and_is_in_the_history(world, manager, monkeypatch):
    monkeypatch.setattr("app.fab.interface.CHUNK", 4)
    monkeypatch.setattr("app.fab.interface.KEYS", 10)
    before = len(history_of(world, "Dose"))
    answer = manager.get("/dose/export/csv?_flt_0_status=given")
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:4] == ["Given on", "Recipient", "Date of birth", "Vaccine"]
    assert len(rows) == 31 and rows[1][-1] == "Given"
    exported = [one for one in history_of(world, "Dose")[before:] if one.get("export") == "csv"]
    assert sum(len(one["ids"]) for one in exported) == 30


def test_an_export_as_xlsx_opens(world, manager):
    from openpyxl import load_workbook

    answer = manager.get("/dose/export/xlsx")
    sheet = load_workbook(io.BytesIO(answer.data), read_only=True).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "Given on" and len(rows) == 31


def test_an_export_is_for_those_the_table_names(world, manager):
    assert world.browser("Healthcare Provider").get("/dose/export/csv").status_code == 403
    assert "/dose/export/" not in world.browser("Healthcare Provider").get("/dose/list/").text
    assert "/dose/export/csv" in manager.get("/dose/list/").text
    assert manager.get("/dose/export/pdf").status_code == 404
    assert manager.get("/dose/export/csv?_flt_4_given_on=soon").status_code == 400


def test_instants_are_shown_on_the_clock_of_the_place(world, manager):
    world.change(
        __import__("models.enrollment", fromlist=["Location"]).Location, world.ids.here, time_zone="Pacific/Honolulu"
    )
    key = world.make("visit", world.ids.here, checked_in_at=dt.datetime(2021, 3, 5, 20, 30))
    page = world.browser("Healthcare Location Manager").get(f"/visit/show/{key}").text
    assert "10:30" in page and "20:30" not in page
    assert "15:30" in world.browser("State Immunization Staff").get(f"/visit/show/{key}").text.replace("3:30", "15:30")


def test_a_second_page_of_nothing_is_not_an_error(manager):
    assert manager.get("/dose/list/?page_DoseScreen=9999").status_code == 200
