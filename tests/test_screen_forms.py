"""Adding, editing and removing through generated forms."""

import re

import pytest

from models.enrollment import Location, StorageUnit
from models.shipments import Shipment
from models.stock import Lot
from tests.screen_world import open_world


@pytest.fixture(scope="module")
def world():
    with open_world() as world:
        yield world


@pytest.fixture(scope="module")
def state(world):
    return world.browser("State Administrator")


@pytest.fixture(scope="module")
def manager(world):
    return world.browser("Healthcare Location Manager")


def version(page):
    return re.search(r'name="row_version"[^>]*value="(\d+)"', page)[1]


def unit(world, **more):
    return world.make("storage_unit", world.ids.here, **more)


def test_every_list_form_and_record_opens(world, state):
    world.make("stock", world.ids.here)
    unit(world)
    for view in world.app.appbuilder.baseviews:
        if not hasattr(view, "entity") or not hasattr(view, "add_form"):
            continue
        with world.app.test_request_context():
            allowed = state.get(f"{view.route_base}/list/").status_code == 200
        if allowed and view.add_columns:
            assert state.get(f"{view.route_base}/add").status_code in (200, 403), view


def test_a_row_is_added_and_shown(world, state):
    data = {"location": world.ids.here, "name": "Freezer 7", "unit_kind": "freezer"}
    answer = state.send("/storage-unit/add", data)
    assert answer.status_code == 303, answer.text
    page = state.get(answer.location).text
    assert "Freezer 7" in page and "Freezer (-25 to -15 °C)" in page and "Burlington Clinic" in page
    assert "None" not in page and "–" in page


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(world, state):
    before = world.count(StorageUnit)
    answer = state.send(
        "/storage-unit/add", {"location": world.ids.here, "name": "", "unit_kind": "cupboard", "brand": "Kühl & Söhne"}
    )
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text and 'id="unit_kind-error"' in answer.text
    assert "Kühl &amp; Söhne" in answer.text and "Burlington Clinic" in answer.text
    assert world.count(StorageUnit) == before


def test_a_rule_that_refuses_is_said_under_its_field(world, state):
    lot = world.make("lot")
    answer = state.send("/shipment/add", {"number": "SH-X", "location": world.ids.here, "lot": lot, "doses": "0"})
    assert answer.status_code == 422 and 'id="doses-error"' in answer.text
    assert "A shipment has at least one dose." in answer.text and 'value="SH-X"' in answer.text
    assert world.count(Shipment, number="SH-X") == 0


def test_a_number_that_is_taken_is_refused_without_sql(world, state):
    number = world.read(Shipment, world.make("shipment", world.ids.there), "number")
    lot = world.make("lot")
    answer = state.send("/shipment/add", {"number": number, "location": world.ids.here, "lot": lot, "doses": "5"})
    assert answer.status_code == 409 and "is there already" in answer.text
    assert "INSERT" not in answer.text and "sqlite" not in answer.text.lower() and "UNIQUE" not in answer.text
    assert f'value="{number}"' in answer.text


@pytest.mark.parametrize("doses", ["many", "-1", "1.5", "99999999999999999999", ""])
def test_a_number_that_is_none_is_said_at_the_field(world, state, doses):
    lot = world.make("lot")
    answer = state.send("/shipment/add", {"number": "SH-N", "location": world.ids.here, "lot": lot, "doses": doses})
    assert answer.status_code == 422 and 'id="doses-error"' in answer.text


@pytest.mark.parametrize("location", ["", "x", "0", "999999", str(2**63), "1 OR 1=1"])
def test_a_relation_that_is_not_there_is_said_at_the_field(world, state, location):
    answer = state.send("/storage-unit/add", {"location": location, "name": "Unit", "unit_kind": "freezer"})
    assert answer.status_code == 422 and 'id="location-error"' in answer.text


@pytest.mark.parametrize("user", [2**31, 2**63 - 1])
def test_an_account_whose_key_no_account_can_have_is_not_found(state, user):
    """Flask-AppBuilder's own tables have keys of 32 bits, ours of 64."""
    answer = state.send("/membership/add", {"user": user, "profile": "Auditor"})
    assert answer.status_code == 422 and 'id="user-error"' in answer.text
    body = {"user": user, "profile": "Auditor"}
    assert state.call("POST", "/api/v1/membership/", body).status_code == 422
    for path in ("/api/v1/portaluser/", "/portal-user/show/", "/portal-user/edit/"):
        assert state.call("GET", f"{path}{user}").status_code == 404, path
    assert state.call("GET", f"/membership/list/?_flt_0_user={user}").status_code == 200


def test_a_forged_relation_to_another_place_is_not_found(world, manager):
    answer = manager.send("/storage-unit/add", {"location": world.ids.there, "name": "Forged", "unit_kind": "freezer"})
    assert answer.status_code == 422 and "Not found." in answer.text and "Wilmington" not in answer.text
    assert world.count(StorageUnit, name="Forged") == 0


def test_the_place_in_force_stands_in_a_new_form(world, manager):
    page = manager.get("/storage-unit/add").text
    assert f'<option value="{world.ids.here}" selected>Burlington Clinic</option>' in page
    assert "Wilmington" not in page


def test_an_edit_stores_what_changed_and_leaves_what_was_not_on_the_page(world, manager):
    key = unit(world, brand="Acme", model="X1")
    page = manager.get(f"/storage-unit/edit/{key}").text
    answer = manager.send(f"/storage-unit/edit/{key}", {"row_version": version(page), "name": "Renamed"})
    assert answer.status_code == 303
    assert world.read(StorageUnit, key, "name", "brand", "model", "unit_kind") == (
        "Renamed",
        "Acme",
        "X1",
        "refrigerator",
    )


def test_an_emptied_input_is_stored_as_nothing(world, manager):
    key = unit(world, brand="Acme")
    page = manager.get(f"/storage-unit/edit/{key}").text
    data = {"row_version": version(page), "name": "A", "brand": "", "unit_kind": "refrigerator"}
    assert manager.send(f"/storage-unit/edit/{key}", data).status_code == 303
    assert world.read(StorageUnit, key, "brand") is None


def test_two_people_editing_do_not_overwrite_each_other(world, manager):
    key = unit(world, brand="Acme")
    page = manager.get(f"/storage-unit/edit/{key}").text
    world.change(StorageUnit, key, name="Theirs")
    answer = manager.send(f"/storage-unit/edit/{key}", {"row_version": version(page), "name": "Mine"})
    assert answer.status_code == 409 and 'value="Mine"' in answer.text and "Stored now: Theirs" in answer.text
    assert world.read(StorageUnit, key, "name") == "Theirs"
    again = manager.send(f"/storage-unit/edit/{key}", {"row_version": version(answer.text), "name": "Mine"})
    assert again.status_code == 303 and world.read(StorageUnit, key, "name") == "Mine"


def test_a_form_without_its_version_changes_nothing(world, manager):
    key = unit(world, then={"name": "Kept"})
    assert manager.send(f"/storage-unit/edit/{key}", {"name": "Lost"}).status_code == 409
    assert world.read(StorageUnit, key, "name") == "Kept"


def test_rows_of_other_places_cannot_be_opened_or_changed(world, manager):
    key = world.make("storage_unit", world.ids.there)
    for path in (f"/storage-unit/show/{key}", f"/storage-unit/edit/{key}"):
        assert manager.get(path).status_code == 404
    assert manager.send(f"/storage-unit/edit/{key}", {"name": "Mine", "row_version": "1"}).status_code == 404


def test_a_verb_that_the_table_does_not_give_is_refused(world, manager):
    key = unit(world)
    assert manager.send(f"/storage-unit/delete/{key}").status_code == 403
    assert manager.get("/location/add").status_code == 403
    assert world.browser("Healthcare Provider").get(f"/storage-unit/edit/{key}").status_code == 403
    assert world.count(StorageUnit, id=key) == 1


def test_a_screen_without_columns_for_it_has_no_such_door(world, state):
    rules = {rule.rule for rule in world.app.url_map.iter_rules()}
    assert not {"/dose/add", "/dose/edit/<pk>", "/history/add", "/stock-movement/edit/<pk>"} & rules


def test_nothing_is_removed_by_get(world, state):
    key = unit(world)
    assert state.get(f"/storage-unit/delete/{key}").status_code == 405


def test_characters_that_cannot_be_stored_are_said_at_the_field(world, manager):
    key = unit(world)
    page = manager.get(f"/storage-unit/edit/{key}").text
    answer = manager.send(f"/storage-unit/edit/{key}", {"row_version": version(page), "name": "a\x00b"})
    assert answer.status_code in (400, 422) and world.read(StorageUnit, key, "name") == "Refrigerator 1"


def test_a_phone_is_taken_however_typed_and_a_wrong_one_named(world, state):
    key = world.ids.here
    page = state.get(f"/location/edit/{key}").text
    good = state.send(f"/location/edit/{key}", {"row_version": version(page), "phone": "+1 (919) 555-0100"})
    assert good.status_code == 303 and world.read(Location, key, "phone") == "9195550100"
    assert "(919) 555-0100" in state.get(good.location).text
    page = state.get(f"/location/edit/{key}").text
    bad = state.send(f"/location/edit/{key}", {"row_version": version(page), "phone": "12345"})
    assert bad.status_code == 422 and 'id="phone-error"' in bad.text and 'value="12345"' in bad.text


def test_after_saving_only_an_address_of_this_site_is_followed(world, manager):
    key = unit(world)
    for wish, there in (("//evil.example", f"/storage-unit/show/{key}"), ("/start/", "/start/")):
        page = manager.get(f"/storage-unit/edit/{key}").text
        data = {"row_version": version(page), "name": "A", "next": wish}
        assert manager.send(f"/storage-unit/edit/{key}", data).location == there


def test_a_relation_is_found_by_a_few_letters_in_reach_only(world, state, manager):
    found = state.send("/storage-unit/look-up/location", {"q": "clinic wilm"}).json["results"]
    assert found == [{"id": world.ids.there, "text": "Wilmington Clinic"}]
    assert manager.send("/storage-unit/look-up/location", {"q": "wilm"}).json["results"] == []
    assert manager.send("/storage-unit/look-up/name", {"q": "a"}).status_code == 404
    assert manager.send("/storage-unit/look-up/created_by", {"q": "a"}).status_code == 404
    assert manager.get("/storage-unit/look-up/location?q=a").status_code == 405


def test_a_look_up_never_answers_with_more_than_twenty(world, state):
    for _ in range(25):
        world.make("lot")
    assert len(state.send("/shipment/look-up/lot", {"q": "EN"}).json["results"]) == 20
    assert state.send("/shipment/look-up/lot", {"q": "%"}).json["results"] == []


def test_without_scripts_a_button_looks_up_and_keeps_what_was_typed(world, state):
    answer = state.send("/storage-unit/add", {"name": "Typed", "_look_up": "location", "location-find": "wilm"})
    assert answer.status_code == 200 and 'value="Typed"' in answer.text
    assert "Wilmington Clinic" in answer.text and "Burlington Clinic" not in answer.text


def test_a_lot_may_not_come_twice_for_a_vaccine(world, state):
    vaccine = world.make("vaccine")
    data = {"vaccine": vaccine, "number": "AB12", "expires_on": "2030-01-31"}
    assert state.send("/lot/add", data).status_code == 303
    assert state.send("/lot/add", data).status_code == 409
    assert world.count(Lot, number="AB12") == 1


@pytest.mark.parametrize("day", ["31.01.2030", "2030-02-30", "soon", "0000-00-00", "99999-01-01"])
def test_a_date_that_is_none_is_said_at_the_field(world, state, day):
    answer = state.send("/lot/add", {"vaccine": world.make("vaccine"), "number": "D1", "expires_on": day})
    assert answer.status_code == 422 and 'id="expires_on-error"' in answer.text and day in answer.text


def test_what_others_depend_on_stays_and_what_none_needs_goes(world, state, monkeypatch):
    monkeypatch.setattr(world.app.appbuilder.sm, "has_access", lambda *_: True)
    for path in (f"/organization/delete/{world.ids.organization}", f"/location/delete/{world.ids.here}"):
        answer = state.send(path, follow_redirects=True)
        assert "Other records depend on this one" in answer.text and "sql" not in answer.text.lower()
    assert world.count(Location, id=world.ids.here) == 1
    key = unit(world)
    assert state.send(f"/storage-unit/delete/{key}").status_code == 303
    assert world.count(StorageUnit, id=key) == 0


def test_add_below_a_record_stands_for_that_record_but_never_for_a_person(world, state):
    page = state.get(f"/location/show/{world.ids.there}").text
    address = re.search(r'href="(/storage-unit/add[^"]*)"', page)[1].replace("&amp;", "&")
    assert f'<option value="{world.ids.there}" selected>' in state.get(address).text
    person = world.make("recipient")
    assert "García" not in state.get(f"/membership/add?_flt_0_recipient={person}").text


def test_what_a_rule_fills_in_may_stay_empty():
    from models.people import PortalUser
    from views.forms import record_form

    strict = record_form(PortalUser, ["email"], lambda name: "/", versioned=True)
    lenient = record_form(PortalUser, ["email"], lambda name: "/", versioned=True, optional=["email"])
    kinds = [[type(one).__name__ for one in form.email.kwargs["validators"]] for form in (strict, lenient)]
    assert "Given" in kinds[0] and "Optional" in kinds[1]
