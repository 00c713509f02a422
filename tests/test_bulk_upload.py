"""The page for bulk uploads: from the template and the file to the review, the good rows entered, and the fix-file."""

import datetime as dt
import html
import io
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.rules import notices
from models.base import db
from models.history import History
from models.notices import Notice
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import Upload, UploadRow
from tests import factories as make
from tests.signing_in import marks, sign_in
from tests.uploads_kit import HEADINGS, PERSON, csv_of, people_xlsx, person

MANAGER = "Healthcare Location Manager"
ANN = person(First_Name="Ann", Last_Name="Lee", Email="ann@example.com", Phone="9195550101", External_ID="E-2")
BORN = dt.date(1984, 3, 25)
BAD_PHONE = person(First_Name="Tom", Last_Name="Hill", Phone="12", Email="", External_ID="")


@pytest.fixture
def clinic(app):
    """The key of a clinic."""
    with app.app_context():
        key = make.location(name="Clinic of the test").id
        db.session.commit()
    return key


@pytest.fixture
def manager(app, client, clinic):
    """A browser of the clinic's manager."""
    return signed_in(app, client, MANAGER, location_id=clinic)


def signed_in(app, client, profile, **place):
    with app.app_context():
        username = make.membership(profile, **place).user.username
        db.session.commit()
    return sign_in(client, username)


def upload(browser, data, name="people.csv", **more):
    """Sends a file as the form does."""
    return browser.post("/upload/", data={**marks(browser), "file": (io.BytesIO(data), name), **more})


def reviewed(browser, *people, **more):
    """Sends a file of these people; answers where its review stands."""
    answer = upload(browser, csv_of(*people), **more)
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def act(browser, where, what, **form):
    return browser.post(f"{where}/{what}", data={**marks(browser), **form}, follow_redirects=True)


def words(answer):
    """What a page reads, without tags."""
    text = re.sub(r"<(script|style).*?</\1>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def stored(app, *query):
    """Rows of the database, seen by the system."""
    with app.app_context(), acting(make.SEED):
        return db.session.execute(select(*query)).all()


def count(app, entity):
    return stored(app, func.count(entity.id))[0][0]


# -- the start page ----------------------------------------------------------------------------------


def test_the_start_page_says_what_the_file_must_look_like(app, manager):
    with app.app_context():
        make.priority_group(code="9x", name="Lighthouse keepers", opens_on=None)
        db.session.commit()
    page = words(manager.get("/upload/"))
    assert "actual first and last names, no alias" in page
    assert all(heading in page for heading in HEADINGS)
    assert "First Name*" in page and "Middle Name*" not in page
    assert "Priority Group* Required" in page
    assert "9x: Lighthouse keepers (not open yet)" in page
    assert "Durham" in page and "Hispanic or Latino" in page
    assert "No file was sent yet." in page


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_blank_template_can_be_filled_in_and_sent(manager, ending):
    answer = manager.get(f"/upload/template.{ending}")
    assert answer.status_code == 200
    assert f"template.{ending}" in answer.headers["Content-Disposition"]
    if ending == "csv":
        data = answer.data + csv_of(PERSON).split(b"\r\n", 1)[1]
    else:
        book = load_workbook(io.BytesIO(answer.data))
        book.active.append([PERSON.get(name) for name in HEADINGS])
        out = io.BytesIO()
        book.save(out)
        data = out.getvalue()
    sent = upload(manager, data, f"filled.{ending}")
    assert "1 row in the file" in words(manager.get(sent.headers["Location"]))


def test_the_template_speaks_the_language_of_the_page(manager):
    manager.get("/lang/en")
    assert b"Required" in manager.get("/upload/template.csv").data


# -- files that are refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "people.csv", "The file is empty."),
        (b"%PDF-1.7", "people.pdf", "Please send an Excel workbook"),
        (b"PK\x03\x04 no zip", "people.xlsx", "This workbook is damaged"),
        (b"\xd0\xcf\x11\xe0", "people.xls", "Excel file of the old kind"),
        (csv_of(PERSON, headings=[*HEADINGS, "Nickname"]), "people.csv", "not in the template: Nickname"),
        (csv_of(), "people.csv", "no rows under them"),
    ],
)
def test_a_refused_file_is_refused_at_the_field_with_its_reason(app, manager, data, name, reason):
    answer = upload(manager, data, name)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert reason in words(answer)
    assert re.search(r'<input[^>]*name="file"[^>]*aria-describedby="file-help file-error"', page) or re.search(
        r'<input[^>]*aria-describedby="file-help file-error"[^>]*name="file"', page
    )
    assert count(app, Upload) == 0


def test_sending_no_file_is_said_at_the_field(manager):
    answer = manager.post("/upload/", data=marks(manager))
    assert answer.status_code == 422
    assert "Please choose a file." in words(answer)


def test_more_rows_than_are_taken_at_once_are_counted_and_refused(app, manager):
    people = [person(External_ID=f"E-{n}", First_Name=f"Maria{'x' * n}") for n in range(101)]
    answer = upload(manager, csv_of(*people))
    assert answer.status_code == 422
    assert "The file has 101 rows. At most 100 rows can be sent at once" in words(answer)
    assert count(app, Upload) == 0
    assert upload(manager, csv_of(*people[:100])).status_code == 303


# -- the review --------------------------------------------------------------------------------------


def test_every_wrong_cell_is_named_as_the_spreadsheet_shows_it_all_at_once(app, manager):
    wrong = person(First_Name="T0m", Date_of_Birth="25/03/1984", County="Wakee", ZIP="", Phone="12", Email="")
    where = reviewed(manager, PERSON, wrong)
    page = words(manager.get(where))
    assert "Something required is missing. 1 cell" in page
    assert "3 ZIP empty ZIP is required." in page
    assert "4 cells" in page
    assert "3 First Name T0m A name has no digits or invisible characters." in page
    assert "3 Date of Birth 25/03/1984 There is no such day. The month comes first: MM/DD/YYYY." in page
    assert "MM/DD/YYYY. Month/day/year with four digits for the year" in page
    assert "For example: 27601" in page
    assert "3 Race" not in page
    assert "3 County Wakee “Wakee” is not a county of North Carolina." in page
    assert "3 Phone 12 A phone number has ten digits" in page
    assert "Enter the good rows (1)" in page and "Download the rows to fix (1)" in page
    assert count(app, Recipient) == 0


def test_the_review_tells_each_outcome_apart(app, manager, clinic):
    with app.app_context():
        here = make.location()
        make.recipient(at=here, first_name="Ann", last_name="Lee", birth_date=BORN, email="ann@example.com")
        make.recipient(at=here, first_name="Mario", last_name="Rossi", birth_date=BORN, street="Secret Lane 1")
        db.session.commit()
    alike = person(First_Name="Maryo", Last_Name="Rossi", Email="other@example.com", Phone="", External_ID="")
    where = reviewed(manager, PERSON, ANN, alike, PERSON, BAD_PHONE)
    page = words(manager.get(where))
    assert [
        figure(page, name) for name in ("New", "Changed", "Looks like someone known", "Doubled in the file", "Refused")
    ] == [1] * 5
    assert "Phone: 9195550101" in page and "Email: ann@example.com" not in page
    assert "The same person stands in row 2." in page
    assert "Maryo Rossi" in page
    assert "Mario" not in page and "Secret Lane" not in page


def figure(page, label):
    """The count under a label among the figures on top of the page."""
    figures = page[
        page.index("in the file") : page.index("What should happen?") if "What shall happen?" in page else None
    ]
    return int(re.search(rf"\b{label} (\d+)", figures).group(1))


def test_what_was_typed_is_shown_harmless(manager):
    where = reviewed(manager, person(First_Name="<script>alert(1)</script>"))
    page = manager.get(where).get_data(as_text=True)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_no_name_stands_in_an_address(manager):
    answer = upload(manager, csv_of(PERSON, BAD_PHONE), "Maria Lopez.csv")
    where = answer.headers["Location"]
    assert re.fullmatch(r"/upload/\d+", where)
    assert "Maria" not in manager.get(f"{where}/rows-to-fix.xlsx").headers["Content-Disposition"]


def test_without_a_good_row_there_is_no_button_and_the_page_says_why(app, manager):
    where = reviewed(manager, BAD_PHONE)
    page = words(manager.get(where))
    assert "Enter the good rows" not in page
    assert "No row of this file can be entered as it is." in page
    assert act(manager, where, "enter").status_code == 422
    assert stored(app, Upload.status) == [("reviewed",)]


def test_a_file_that_is_mostly_refused_asks_whether_it_is_the_right_one(app, manager):
    where = reviewed(manager, PERSON, BAD_PHONE, {**BAD_PHONE, "First Name": "Tim"})
    assert "Is it the right file?" in words(manager.get(where))
    answer = act(manager, where, "enter")
    assert answer.status_code == 422 and "Please tick this box" in words(answer)
    assert count(app, Recipient) == 0
    assert "1 new person was entered." in words(act(manager, where, "enter", sure="y"))
    assert count(app, Recipient) == 1


def test_a_file_that_is_mostly_good_asks_nothing(manager):
    assert "Is it the right file?" not in words(manager.get(reviewed(manager, PERSON, BAD_PHONE)))


# -- entering ----------------------------------------------------------------------------------------


def test_the_good_rows_are_entered_once_however_often_the_button_is_sent(app, manager, clinic):
    where = reviewed(manager, PERSON, ANN, BAD_PHONE)
    form = marks(manager)
    pages = [manager.post(f"{where}/enter", data=form, follow_redirects=True) for _twice in range(2)]
    for page in map(words, pages):
        assert "2 new people were entered." in page and "See who has registered" in page
        assert "Download the rows to fix (1)" in page and "What should happen?" not in page
    assert count(app, Recipient) == 2
    assert stored(app, RecipientLink.location_id, RecipientLink.how) == [(clinic, "upload")] * 2
    people = words(manager.get("/recipient/list/"))
    assert "Lopez" in people and "Invited, not yet registered" in people


def test_two_taps_at_the_same_moment_enter_once(app, manager):
    where, form = reviewed(manager, PERSON, ANN), marks(manager)
    other = app.test_client()
    other.set_cookie("console", manager.get_cookie("console").value)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda browser: browser.post(f"{where}/enter", data=form), (manager, other)))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (count(app, Recipient), count(app, Notice)) == (2, 2)
    assert stored(app, Upload.status, Upload.rows_new) == [("committed", 2)]


def test_two_colleagues_entering_the_same_people_at_the_same_moment_enter_them_once(app, manager, clinic):
    colleague = signed_in(app, app.test_client(), MANAGER, location_id=clinic)
    ways = [(browser, f"{reviewed(browser, PERSON, ANN)}/enter", marks(browser)) for browser in (manager, colleague)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda way: way[0].post(way[1], data=way[2]), ways))
    assert (count(app, Recipient), count(app, Notice)) == (2, 2)
    assert sorted(stored(app, Upload.status, Upload.rows_new, Upload.rows_same)) == [
        ("committed", 0, 2),
        ("committed", 2, 0),
    ]


def test_many_notices_are_queued_once_for_each_and_in_a_language_there_is_a_text_for(app):
    with app.app_context(), acting(make.SEED):
        keys = [make.recipient(first_name=name).id for name in ("Ann", "Bo", "Cy")]
        people = list(zip(keys, ("ann@example.com", " ", "cy@example.com"), ("other", "en", "es"), strict=True))
        for _twice in range(2):
            notices.queue_many("welcome", people, None, place="Here")
        db.session.commit()
    found = stored(app, Notice.recipient_id, Notice.language, Notice.once)
    assert sorted(found) == [(keys[0], "en", f"welcome-{keys[0]}"), (keys[2], "es", f"welcome-{keys[2]}")]


def test_new_people_with_an_address_are_welcomed_once_and_by_the_name_of_the_place(app, manager, clinic):
    no_address = person(First_Name="Bob", Email="", External_ID="")
    where = reviewed(manager, PERSON, no_address)
    assert count(app, Notice) == 0
    act(manager, where, "enter")
    act(manager, where, "enter")
    facts = (Notice.kind, Notice.to_address, Notice.language, Notice.status, Notice.location_id, Notice.context)
    said = {"place": "Clinic of the test"}
    assert stored(app, *facts) == [("welcome", "maria@example.com", "es", "queued", clinic, said)]
    ((invited,),) = stored(app, Notice.recipient_id)
    assert (invited,) in stored(app, Recipient.id)
    assert "Maria" not in stored(app, Notice.once)[0][0]


def test_the_same_file_again_changes_nothing_and_says_so(app, manager):
    act(manager, reviewed(manager, PERSON), "enter")
    page = words(manager.get(reviewed(manager, PERSON)))
    assert "This very file was entered before" in page
    assert "Everyone in this file is known here already" in page
    assert "Enter the good rows" not in page
    assert (count(app, Recipient), count(app, Notice)) == (1, 1)


def test_somebody_known_elsewhere_joins_the_list_of_this_place(app, manager, clinic):
    with app.app_context():
        other = make.location().id
        db.session.commit()
    elsewhere = signed_in(app, app.test_client(), MANAGER, location_id=other)
    act(elsewhere, reviewed(elsewhere, PERSON), "enter")
    assert "Lopez" not in words(manager.get("/recipient/list/"))
    where = reviewed(manager, PERSON)
    assert "1 person known already will be added to your list." in words(manager.get(where))
    act(manager, where, "enter")
    assert "Lopez" in words(manager.get("/recipient/list/"))
    assert count(app, Recipient) == 1


def test_missing_facts_are_filled_in_and_none_is_replaced(app, manager):
    act(manager, reviewed(manager, {**PERSON, "Phone": ""}), "enter")
    where = reviewed(manager, {**PERSON, "City": "Cary", "Middle Name": "Elena"})
    page = words(manager.get(where))
    assert "Middle Name: Elena" in page and "Phone: 9195555555" in page and "City: Cary" not in page
    assert "Missing facts of 1 person known already were filled in." in words(act(manager, where, "enter"))
    assert stored(app, Recipient.middle_name, Recipient.phone, Recipient.city) == [("Elena", "9195555555", "Raleigh")]


def test_rows_that_turned_out_otherwise_meanwhile_are_counted_as_they_were_entered(app, manager):
    first, second = reviewed(manager, PERSON), reviewed(manager, PERSON, ANN)
    act(manager, first, "enter")
    page = words(act(manager, second, "enter"))
    assert "1 new person was entered." in page
    assert count(app, Recipient) == 2


def test_cancelling_enters_nobody_for_good(app, manager):
    where = reviewed(manager, PERSON)
    assert "The upload is cancelled. Nobody was entered." in words(act(manager, where, "cancel"))
    page = words(act(manager, where, "enter"))
    assert "cancelled before" in page and "Lopez" not in page
    assert count(app, Recipient) == 0


def test_sending_the_same_file_again_puts_the_waiting_one_aside(app, manager):
    first = reviewed(manager, PERSON)
    second = reviewed(manager, PERSON)
    assert sorted(stored(app, Upload.status)) == [("cancelled",), ("reviewed",)]
    assert "Nobody was entered" in words(act(manager, first, "enter"))
    assert "1 new person was entered." in words(act(manager, second, "enter"))


def test_a_colleague_who_sent_the_same_file_enters_nobody_twice(app, manager, clinic):
    colleague = signed_in(app, app.test_client(), MANAGER, location_id=clinic)
    first, second = reviewed(manager, PERSON), reviewed(colleague, PERSON)
    act(manager, first, "enter")
    answer = act(colleague, second, "enter")
    assert "1 new person" not in words(answer)
    assert (count(app, Recipient), count(app, Notice)) == (1, 1)


def test_what_was_entered_cannot_be_cancelled(app, manager):
    where = reviewed(manager, PERSON)
    act(manager, where, "enter")
    act(manager, where, "cancel")
    assert stored(app, Upload.status) == [("committed",)]


def test_an_entered_upload_stands_among_those_sent_lately(manager):
    act(manager, reviewed(manager, PERSON, BAD_PHONE), "enter")
    page = words(manager.get("/upload/"))
    assert re.search(r"people\.csv .* Robin Tester Entered 1 1", page)


# -- the fix-file ------------------------------------------------------------------------------------


def test_the_fix_file_corrected_and_sent_again_enters_only_its_rows(app, manager):
    where = reviewed(manager, PERSON, BAD_PHONE, ANN)
    act(manager, where, "enter")
    answer = manager.get(f"{where}/rows-to-fix.xlsx")
    assert answer.headers["Content-Disposition"] == "attachment; filename=rows-to-fix.xlsx"
    book = load_workbook(io.BytesIO(answer.data))
    sheet = book.active
    headings = {cell.value.rstrip("*"): cell.column for cell in sheet[1]}
    assert sheet.max_row == 2
    assert "A phone number has ten digits" in sheet.cell(2, headings["What to fix"]).value
    sheet.cell(2, headings["Phone"]).value = "(919) 555-0199"
    out = io.BytesIO()
    book.save(out)
    again = upload(manager, out.getvalue(), "rows-to-fix.xlsx").headers["Location"]
    assert "1 new person was entered." in words(act(manager, again, "enter"))
    phones = [phone for (phone,) in stored(app, Recipient.phone)]
    assert sorted(phones) == ["9195550101", "9195550199", "9195555555"]
    assert manager.get(f"{again}/rows-to-fix.xlsx").status_code == 404


def test_a_workbook_is_taken_like_a_csv_file(manager):
    answer = upload(manager, people_xlsx(PERSON, ANN), "people.xlsx")
    assert "2 rows in the file" in words(manager.get(answer.headers["Location"]))


# -- who may, and where ------------------------------------------------------------------------------

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
    assert "Location (required)" in words(browser.get("/upload/"))
    answer = upload(browser, csv_of(PERSON))
    assert answer.status_code == 422 and "Location: Please fill this in." in words(answer)
    where = reviewed(browser, PERSON, location=str(clinic))
    assert "Clinic of the test" in words(browser.get(where))
    act(browser, where, "enter")
    assert stored(app, RecipientLink.location_id) == [(clinic,)]
    assert stored(app, Notice.location_id) == [(clinic,)]


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
