"""A form made at a place that is no longer in force: refused plainly, kept, and sent after switching back."""

import io
import re

import pytest

from models.base import db
from tests import factories as make
from tests.signing_in import sign_in


@pytest.fixture
def two_places(app):
    """Someone signed in at the second of two places, and the keys of both memberships."""
    with app.app_context():
        user = make.user("both")
        first = make.membership("Healthcare Location Manager", user, location=make.location(name="First clinic"))
        second = make.membership("Healthcare Location Manager", user, location=make.location(name="Second clinic"))
        keys = (first.id, second.id)
        db.session.commit()
    client = sign_in(app.test_client(), "both")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/start/").text).group(1)
    client.post("/place/switch", data={"membership_id": keys[1], "csrf_token": token})
    return client, token, keys


def test_what_was_typed_is_kept_and_sent_after_switching_back(two_places):
    client, token, (first, _second) = two_places
    form = {"name": "Freezer <7>", "unit_kind": "freezer", "csrf_token": token, "_place": first}
    refused = client.post("/storage-unit/add", data=form)
    assert refused.status_code == 409 and "First clinic" in refused.text and "Second clinic" in refused.text
    assert 'value="Freezer &lt;7&gt;"' in refused.text
    sent = client.post("/storage-unit/add", data={**form, "_switch_to": first})
    assert sent.status_code in (302, 303, 422)
    rows = client.get("/location/list/").text.split("<main")[1]
    assert "First clinic" in rows and "Second clinic" not in rows


def test_a_password_is_not_handed_back(two_places):
    client, token, (first, _second) = two_places
    answer = client.post("/storage-unit/add", data={"password": "not to be seen", "csrf_token": token, "_place": first})
    assert answer.status_code == 409 and "not to be seen" not in answer.text


def test_a_chosen_file_has_to_be_chosen_again_and_the_page_says_so(two_places):
    client, token, (first, _second) = two_places
    form = {"file": (io.BytesIO(b"x"), "people.csv"), "csrf_token": token, "_place": first}
    answer = client.post("/upload/", data=form, content_type="multipart/form-data")
    assert answer.status_code == 409 and "choose it again" in answer.text
    assert f'name="membership_id" value="{first}"' in answer.text


def test_a_call_without_its_place_is_refused(two_places):
    client, token, _keys = two_places
    answer = client.post("/api/v1/storageunit/", json={"name": "x"}, headers={"X-CSRFToken": token})
    assert answer.status_code == 409
