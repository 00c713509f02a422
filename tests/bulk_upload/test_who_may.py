"""Who may send files, and for which place; what is done stands in the history."""

import pytest

from models.base import db
from models.enrollment import Location
from models.history import History
from models.notices import Notice
from models.recipients import RecipientLink
from models.scope import acting
from models.uploads import Upload, UploadRow
from tests import factories as make
from tests.bulk_upload.sending import ANN, BAD_PHONE, act, reviewed, signed_in, stored, upload, words
from tests.signing_in import marks
from tests.uploads_kit import PERSON, csv_of

PATHS = (("GET", ""), ("GET", "/rows-to-fix.xlsx"), ("POST", "/enter"), ("POST", "/cancel"))


def test_the_upload_of_another_place_is_not_there(app, manager):
    with app.app_context():
        foreign = make.upload(rows_new=1)
        make.upload_row(foreign, typed=PERSON, outcome="refused")
        where = f"/upload/{foreign.id}"
        db.session.commit()
    form = marks(manager)
    for method, path in PATHS:
        answer = manager.open(where + path, method=method, data=form if method == "POST" else None)
        assert answer.status_code == 404, path
        assert "Lopez" not in words(answer) and "people.csv" not in words(answer)
    assert stored(app, Upload.status) == [("reviewed",)]
    assert manager.get("/upload/99999999999999999999").status_code == 404


@pytest.mark.parametrize(
    "profile", ["Healthcare Provider", "Front Desk", "Auditor", "State Administrator", "Recipient"]
)
def test_a_profile_that_may_not_send_files_is_refused(app, as_profile, profile):
    browser = as_profile(profile)
    form = marks(browser)
    for method, path in (
        ("GET", "/upload/"),
        ("POST", "/upload/"),
        ("GET", "/upload/template.csv"),
        ("GET", "/upload/1"),
    ):
        assert browser.open(path, method=method, data=form if method == "POST" else None).status_code == 403, path
    assert "Bulk upload" not in words(browser.get("/start/"))


def test_a_stranger_is_led_to_sign_in(client):
    assert client.get("/upload/").status_code == 302
    assert client.post("/upload/", data=marks(client, "/login/")).status_code == 403


def test_a_form_without_its_token_or_of_another_place_is_refused(app, manager):
    form = marks(manager)
    where = reviewed(manager, PERSON)
    assert manager.post(f"{where}/enter", data={"_place": form["_place"]}).status_code == 400
    assert manager.post(f"{where}/enter", data={**form, "_place": "999999"}).status_code == 409
    assert stored(app, Upload.status) == [("reviewed",)]


def test_an_employer_uploads_its_own_people(app, client):
    with app.app_context():
        employer = make.organization(kind="employer", name="Carolina Poultry").id
        db.session.commit()
    browser = signed_in(app, client, "Organization Portal", organization_id=employer)
    act(browser, reviewed(browser, PERSON), "enter")
    assert stored(app, RecipientLink.organization_id, RecipientLink.location_id) == [(employer, None)]
    assert stored(app, Notice.context) == [({"place": "Carolina Poultry"},)]
    assert "Lopez" in words(browser.get("/recipient/list/"))


def test_state_staff_choose_the_location_first(app, client, clinic):
    browser = signed_in(app, client, "State Immunization Staff")
    assert "where each row of the file names its location" in words(browser.get("/upload/"))
    answer = upload(browser, csv_of(PERSON))
    assert answer.status_code == 422 and "Location: Please choose the location" in words(answer)
    where = reviewed(browser, PERSON, location=str(clinic))
    assert "Clinic of the test" in words(browser.get(where))
    act(browser, where, "enter")
    assert stored(app, RecipientLink.location_id) == [(clinic,)]
    assert stored(app, Notice.location_id) == [(clinic,)]


def test_a_file_that_names_locations_is_split_by_them_as_far_as_the_sender_may(app, client, clinic, manager):
    with app.app_context(), acting(make.SEED):
        here, there = db.session.get(Location, clinic), make.location(name="Second clinic", provider_pin="NCA650999")
        pin = here.provider_pin = "NCA650998"
        db.session.commit()
        other = there.id
    rows = [{**PERSON, "Location PIN": pin}, {**ANN, "Location PIN": "nca650999"}, {**BAD_PHONE, "Location PIN": ""}]
    where = reviewed(manager, *rows[:2])
    assert "a location that you may send people for" in words(manager.get(where))
    state = signed_in(app, app.test_client(), "State Immunization Staff")
    where = reviewed(state, *rows)
    page = words(state.get(where))
    assert "Clinic of the test 1 Second clinic 1" in page and "Please give the Provider PIN" in page
    act(state, where, "enter", sure="y")
    mails = {("maria@example.com", clinic), ("ann@example.com", other)}
    assert set(stored(app, Notice.to_address, Notice.location_id)) == mails
    assert sorted(stored(app, RecipientLink.location_id)) == sorted([(clinic,), (other,)])
    act(state, where, "undo")
    assert stored(app, RecipientLink.id) == []


def test_state_staff_find_the_location_by_name_without_scripts(app, client, clinic):
    browser = signed_in(app, client, "State Immunization Staff")
    form = {**marks(browser), "_look_up": "location", "location-find": "of the test"}
    answer = browser.post("/upload/", data=form)
    assert answer.status_code == 200
    assert f'<option value="{clinic}">' in answer.get_data(as_text=True)


def test_reviewing_entering_and_downloading_are_in_the_history(app, manager):
    where = reviewed(manager, PERSON, BAD_PHONE)
    manager.get(where)
    act(manager, where, "enter")
    manager.get(f"{where}/rows-to-fix.xlsx")
    entries = {
        act: (shown, changed) for act, shown, changed in stored(app, History.act, History.shown, History.changed)
    }
    rows = [key for (key,) in stored(app, UploadRow.id)]
    (one,) = (one for one in entries["BulkUpload.review"][0] if one["entity"] == "UploadRow")
    assert sorted(one["ids"]) == sorted(rows)
    assert {one["entity"] for one in entries["BulkUpload.enter"][1]} >= {
        "Recipient",
        "RecipientLink",
        "Notice",
        "Upload",
    }
    (fixed,) = entries["BulkUpload.rows_to_fix"][0]
    assert fixed["rows"] == [3]
