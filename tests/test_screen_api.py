"""The API of each screen: same columns, rules, access and reach, by cookie or by token."""

import json

import pytest

from app.uploads.columns import heading_key
from app.uploads.recipients import RECIPIENTS
from models.enrollment import Location, Organization, StorageUnit
from models.recipients import Recipient
from models.shipments import Shipment
from tests import factories as make
from tests.screen_world import Queries, open_world


@pytest.fixture(scope="module")
def world():
    with open_world() as world:
        world.make("recipient", world.ids.here, first_name="Annette", last_name="Müller")
        world.make("shipment", world.ids.here)
        world.make("shipment", world.ids.there)
        yield world


@pytest.fixture(scope="module")
def state(world):
    return world.browser("State Administrator")


@pytest.fixture(scope="module")
def manager(world):
    return world.browser("Healthcare Location Manager")


def unit(world, place=None, **then):
    return world.make("storage_unit", place or world.ids.here, then=then)


def test_every_screen_has_its_twin(world, state):
    paths = {rule.rule for rule in world.app.url_map.iter_rules()}
    for view in world.app.appbuilder.baseviews:
        if hasattr(view, "add_form") and hasattr(view, "entity"):
            assert f"/api/v1/{view.entity.__name__.lower()}/" in paths


def test_lists_and_records_hold_keys_of_relations_and_nothing_of_what_they_point_at(world, state):
    rows = state.get("/api/v1/storageunit/").json
    key = unit(world)
    row = state.get(f"/api/v1/storageunit/{key}").json["result"]
    assert row["location"] == world.ids.here and row["name"] == "Refrigerator 1" and row["row_version"] == 1
    assert set(row) == {"id", "name", "unit_kind", "brand", "model", "is_in_use", "location", "row_version"}
    assert rows["count"] == len(rows["result"]) and rows["count_is_capped"] is False
    assert "password" not in state.get("/api/v1/membership/").text


def test_what_is_out_of_reach_is_not_there(world, manager):
    theirs = unit(world, world.ids.there)
    for method, path in (("GET", theirs), ("PUT", theirs)):
        assert (
            manager.call(method, f"/api/v1/storageunit/{path}", {"name": "x"} if method == "PUT" else None).status_code
            == 404
        )
    mine = {row["location"] for row in manager.get("/api/v1/storageunit/").json["result"]}
    assert mine <= {world.ids.here}
    assert manager.get("/api/v1/shipment/").json["count"] == 1


def test_a_row_is_added_by_the_rules_of_the_form(world, state):
    answer = state.call(
        "POST", "/api/v1/storageunit/", {"location": world.ids.here, "name": "By API", "unit_kind": "freezer"}
    )
    assert answer.status_code == 201 and answer.json["result"]["location"] == world.ids.here
    assert world.read(StorageUnit, answer.json["id"], "name") == "By API"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("location", {"id": 777, "name": "made up"}),
        ("location", {"name": "made up"}),
        ("location", 777777),
        ("location", "x"),
        ("location", True),
        ("location", 1.5),
        ("location", [1]),
        ("location", None),
        ("name", ""),
        ("name", ["a"]),
        ("name", True),
        ("name", "x" * 81),
        ("unit_kind", "cupboard"),
        ("created_at", "2020-01-01"),
        ("id", 5),
        ("row_version", {"a": 1}),
    ],
)
def test_what_is_wrong_is_named_at_its_field_and_nothing_is_written(world, state, field, value):
    before = world.count(StorageUnit), world.count(Location), world.count(Organization)
    good = {"location": world.ids.here, "name": "Wrong", "unit_kind": "freezer"}
    answer = state.call("POST", "/api/v1/storageunit/", {**good, field: value})
    assert answer.status_code == 422 and answer.json["message"]
    assert answer.json["errors"][field] and all(isinstance(one, str) for one in answer.json["errors"][field])
    assert before == (world.count(StorageUnit), world.count(Location), world.count(Organization))


def test_a_forged_relation_to_another_place_is_not_found(world, manager):
    sent = {"location": world.ids.there, "name": "Forged", "unit_kind": "freezer"}
    answer = manager.call("POST", "/api/v1/storageunit/", sent)
    assert answer.status_code == 422 and answer.json["errors"] == {"location": ["Not found."]}
    assert world.count(StorageUnit, name="Forged") == 0


def test_no_account_is_made_through_a_relation(world, state):
    sent = {"user": {"username": "intruder", "password": "chosen"}, "profile": "State Administrator"}
    assert state.call("POST", "/api/v1/membership/", sent).status_code == 422
    with world.app.app_context():
        from models.base import db

        assert (
            db.session.connection().exec_driver_sql("SELECT count(*) FROM ab_user WHERE username='intruder'").scalar()
            == 0
        )


def test_a_change_leaves_what_was_not_sent(world, manager):
    key = unit(world, brand="Acme", model="X1")
    version = world.read(StorageUnit, key, "row_version")
    answer = manager.call("PUT", f"/api/v1/storageunit/{key}", {"model": "X2", "row_version": version})
    assert answer.status_code == 200, answer.text
    assert world.read(StorageUnit, key, "name", "brand", "model") == ("Refrigerator 1", "Acme", "X2")


def test_a_change_says_which_version_it_was_made_from(world, manager):
    key = unit(world)
    blind = manager.call("PUT", f"/api/v1/storageunit/{key}", {"brand": "Mine"})
    assert blind.status_code == 422 and "row_version" in blind.json["errors"]
    world.change(StorageUnit, key, brand="Theirs")
    answer = manager.call("PUT", f"/api/v1/storageunit/{key}", {"brand": "Mine", "row_version": 1})
    assert answer.status_code == 409 and world.read(StorageUnit, key, "brand") == "Theirs"


def test_a_rule_that_refuses_names_its_field(world, state):
    sent = {"number": "API-0", "location": world.ids.here, "lot": world.make("lot"), "doses": 0}
    answer = state.call("POST", "/api/v1/shipment/", sent)
    assert answer.status_code == 422 and answer.json["errors"] == {"doses": ["A shipment has at least one dose."]}


def test_a_number_that_is_taken_reveals_nothing(world, state):
    number = world.read(Shipment, world.make("shipment", world.ids.there), "number")
    sent = {"number": number, "location": world.ids.here, "lot": world.make("lot"), "doses": 5}
    answer = state.call("POST", "/api/v1/shipment/", sent)
    assert answer.status_code == 409 and number not in answer.text and "sql" not in answer.text.lower()


def test_verbs_are_those_of_the_table(world, manager, state):
    key = unit(world)
    assert manager.call("DELETE", f"/api/v1/storageunit/{key}").status_code == 403
    assert manager.call("POST", "/api/v1/location/", {}).status_code == 403
    assert state.get("/api/v1/recipient/").status_code == 403
    assert state.call("POST", "/api/v1/dose/", {}).status_code == 405
    assert world.app.test_client().get("/api/v1/location/").status_code == 401


def q(**asked):
    import prison

    return {"q": prison.dumps(asked)}


def test_only_declared_columns_are_searched_and_ordered(world, manager):
    for column in ("street", "created_at", "organization.name", "nonsense"):
        filters = [{"col": column, "opr": "eq", "value": "x"}]
        assert manager.get("/api/v1/location/", query_string=q(filters=filters)).status_code == 400
        asked = q(order_column=column, order_direction="asc")
        assert manager.get("/api/v1/location/", query_string=asked).status_code == 400
    found = manager.get("/api/v1/location/", query_string=q(filters=[{"col": "name", "opr": "ct", "value": "burl"}]))
    assert [row["name"] for row in found.json["result"]] == ["Burlington Clinic"]
    foreign = q(filters=[{"col": "location", "opr": "rel_o_m", "value": world.ids.there}])
    assert manager.get("/api/v1/shipment/", query_string=foreign).json["count"] == 0


def test_no_name_is_searched_by_address(manager):
    filters = [{"col": "last_name", "opr": "ct", "value": "M"}]
    assert manager.get("/api/v1/recipient/", query_string=q(filters=filters)).status_code == 400


@pytest.mark.parametrize(
    "asked", [{"page": -1}, {"page_size": -1}, {"page": 10**9}, {"page": 2**70}, {"page_size": 0.5}, {"page": "x"}]
)
def test_an_impossible_page_is_refused(manager, asked):
    assert manager.get("/api/v1/shipment/", query_string=q(**asked)).status_code == 400


def test_a_page_is_capped(world, state):
    for _ in range(110):
        world.make("storage_unit", world.ids.here)
    answer = state.get("/api/v1/storageunit/", query_string=q(page_size=100000))
    assert len(answer.json["result"]) == 100 and answer.json["count"] > 100


def test_chosen_columns_are_taken_from_those_shown(manager):
    answer = manager.get("/api/v1/shipment/", query_string=q(columns=["number", "key", "location"]))
    assert set(answer.json["result"][0]) == {"number", "location"}


def test_info_lists_no_rows_of_anything(world, manager):
    answer = manager.get("/api/v1/storageunit/_info")
    assert answer.status_code == 200 and "Clinic" not in answer.text
    assert {field["name"] for field in answer.json["add_columns"]} == {
        "location",
        "name",
        "unit_kind",
        "brand",
        "model",
    }
    assert answer.json["add_columns"][1]["label"] == "Name" and answer.json["add_title"] == "Add: Storage unit"
    assert (
        set(answer.json["permissions"]) >= {"can_see", "can_add", "can_edit"}
        and "can_remove" not in answer.json["permissions"]
    )


def test_a_list_over_the_api_is_few_queries(world, manager):
    with Queries(world) as seen:
        manager.get("/api/v1/recipient/")
    reads = [one for one in seen if "sign_in_session" not in one and "INTO history" not in one]
    assert len(reads) <= 8, reads


def test_what_the_api_shows_of_people_is_in_the_history(world, manager):
    key = manager.get("/api/v1/recipient/").json["ids"][0]
    manager.get(f"/api/v1/recipient/{key}")
    with world.app.app_context():
        from models.base import db
        from models.history import History
        from models.scope import acting
        from tests.screen_world import SYSTEM

        with acting(SYSTEM):
            shown = [one for row in db.session.query(History).all() for one in row.shown]
    assert shown.count({"entity": "Recipient", "ids": [key]}) >= 2
    assert world.read(Recipient, key, "id") == key


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"', "{", '{"name": "a\\u0000"}', '{"name": "\\ud800"}'])
def test_a_body_that_is_none_is_refused(world, manager, body):
    for method, path in (("POST", "/api/v1/storageunit/"), ("PUT", f"/api/v1/storageunit/{unit(world)}")):
        answer = manager.open(
            path, method=method, data=body, content_type="application/json", headers={"X-Place": manager.place}
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("key", [2**63, 10**30, 0])
def test_an_impossible_key_is_not_found(manager, key):
    assert manager.get(f"/api/v1/shipment/{key}").status_code == 404
    assert manager.call("PUT", f"/api/v1/shipment/{key}", {}).status_code in (403, 404)


def test_a_token_works_without_cookie_and_csrf_and_a_cookie_does_not():
    with open_world(WTF_CSRF_ENABLED=True) as world:
        world.app.config["WTF_CSRF_ENABLED"] = False
        browser = world.browser("State Administrator")
        signing_in = {"username": world.people["State Administrator"], "password": make.PASSWORD, "provider": "db"}
        token = world.app.test_client().post("/api/v1/security/login", json=signing_in).json["access_token"]
        world.app.config["WTF_CSRF_ENABLED"] = True
        sent = {"location": world.ids.here, "name": "Token", "unit_kind": "freezer"}
        assert browser.call("POST", "/api/v1/storageunit/", sent).status_code == 400
        headers = {"Authorization": f"Bearer {token}"}
        answer = world.app.test_client().post("/api/v1/storageunit/", json=sent, headers=headers)
        assert answer.status_code == 201, answer.text
        assert world.count(StorageUnit, name="Token") == 1


def test_the_openapi_document_describes_it(state):
    document = state.get("/api/v1/_openapi").json or json.loads(state.get("/api/v1/_openapi").text)
    assert {"get", "post"} <= set(document["paths"]["/api/v1/storageunit/"])
    schema = document["components"]["schemas"]["StorageUnitApi.post"]
    assert schema["properties"]["location"]["type"] == "integer" and "location" in schema["required"]


def test_the_document_explains_the_columns_of_a_file_in_the_readers_language(state):
    def columns(language):
        answer = state.get("/api/v1/_openapi", headers={"Accept-Language": language})
        return json.loads(answer.text)["components"]["schemas"]["UploadRow.recipients"]

    english, spanish = columns("en"), columns("es")
    assert set(english["properties"]) == {column.header for column in RECIPIENTS.columns}
    assert {"First Name", "Date of Birth", "ZIP"} <= set(english["required"])
    assert "Employer" not in english["required"]
    assert "NC" in english["properties"]["State"]["enum"]
    for header in ("Date of Birth", "Gender"):
        assert english["properties"][header]["description"] == str(RECIPIENTS.by_heading()[heading_key(header)].help)
        assert spanish["properties"][header]["description"] != english["properties"][header]["description"]
