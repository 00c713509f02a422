"""What nobody types on purpose, at every custom door: refused in words, on both databases."""

import pytest

from models.base import db
from models.stock import LONGEST_INTERVAL
from tests import factories as make
from tests.clinic import open_clinic
from tests.signing_in import marks, sign_in

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def clinic(app):
    return open_clinic(app)


@pytest.fixture(scope="module")
def people(app, clinic):
    """username -> a browser signed in, and the marks of its forms."""
    found = {}
    for username in ("nurse", "manager", "state"):
        client = sign_in(app.test_client(), username)
        found[username] = (client, marks(client))
    return found


def post(people, username, path, **form):
    client, mine = people[username]
    return client.post(path, data={**mine, **form})


@pytest.mark.parametrize("field", ["external_id", "number", "last_name"])
def test_a_search_for_a_character_that_no_database_holds_is_refused(people, field):
    post(people, "nurse", "/find/", **{field: "ab\x00c", "birth_date": "1980-05-17"})
    answer = people["nurse"][0].get("/find/found")
    assert answer.status_code == 422 and b"cannot be stored" in answer.data


@pytest.mark.parametrize(
    ("username", "path", "name"),
    [
        ("nurse", "/walk-in/employers", "q"),
        ("manager", "/membership/look-up/user", "q"),
        ("state", "/shipment/look-up/location", "q"),
    ],
)
def test_a_look_up_passes_over_such_a_character(people, username, path, name):
    answer = post(people, username, path, **{name: "a\x00b"})
    assert answer.status_code == 200 and "results" in answer.json


def test_a_look_up_without_scripts_too(people):
    sent = {"_look_up": "location", "location-find": "a\x00b"}
    assert post(people, "state", "/shipment/add", **sent).status_code == 200
    assert post(people, "state", "/upload/", **sent).status_code == 200


@pytest.mark.parametrize("name", ["2_phone", "2_last_name"])
@pytest.mark.parametrize("typed", ["a\x00b", "x" * 100_000])
def test_a_kept_search_does_not_spoil_its_list(people, name, typed):
    assert post(people, "manager", "/recipient/search", **{name: typed}).status_code == 303
    client, _marks = people["manager"]
    assert client.get("/recipient/list/").status_code == 200
    post(people, "manager", "/recipient/search", clear="1")


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "sNaN", "NaN", "Infinity", "1e400"])
@pytest.mark.parametrize("name", ["doses_per_vial", "below_age_years"])
def test_a_number_beyond_all_measure_is_refused_at_its_field(people, clinic, name, number):
    answer = post(people, "state", "/vaccine/add", **{name: number})
    assert answer.status_code == 422
    client, mine = people["state"]
    headers = {"X-CSRFToken": mine["csrf_token"], "X-Place": mine["_place"]}
    answer = client.post("/api/v1/vaccine/", json={name: number}, headers=headers)
    assert answer.status_code == 422 and name in answer.json["errors"]


def test_a_lot_beyond_all_measure_is_refused(app, people, clinic):
    with app.app_context():
        person = make.recipient()
        public_id = person.public_id
        db.session.commit()
    answer = post(people, "nurse", f"/dose/person/{public_id}/record", visit="1", lot="9" * 400)
    assert answer.status_code == 422


def test_an_interval_that_no_calendar_holds_is_refused(people, clinic):
    wanted = {"row_version": "1", "min_interval_days": "3000000"}
    answer = post(people, "state", f"/vaccine/edit/{clinic.vaccine}", **wanted)
    assert answer.status_code == 422 and b"at most 3650 days" in answer.data


def test_the_longest_interval_is_taken(app):
    with app.app_context():
        assert make.vaccine(min_interval_days=LONGEST_INTERVAL).id


def test_until_the_last_day_of_the_calendar(app, people):
    client, _marks = people["manager"]
    view = next(view for view in app.appbuilder.baseviews if type(view).__name__ == "StockMovementScreen")
    index = view._index_of("at", "until")
    assert client.get(f"/stock-movement/list/?_flt_{index}_at=9999-12-31").status_code in (200, 400)


def test_a_method_of_a_long_name_is_refused_in_words(people):
    client, _marks = people["nurse"]
    assert client.open("/find/", method="VERSION-CONTROL").status_code == 405
    assert client.open("/nowhere", method="VERSION-CONTROL").status_code == 404
