"""The good rows are entered once, new people are welcomed, and the others come back as a file."""

import io
import re
from concurrent.futures import ThreadPoolExecutor

from openpyxl import load_workbook

from app.rules import notices
from models.base import db
from models.notices import Notice
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import ANN, BAD_PHONE, MANAGER, act, count, reviewed, signed_in, stored, upload, words
from tests.signing_in import marks
from tests.uploads_kit import PERSON, people_xlsx, person


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


def test_an_upload_leads_to_its_rows_and_each_row_to_its_person(app, manager):
    where = reviewed(manager, PERSON, ANN)
    assert "/recipient/show/" not in manager.get(where).text, "nobody is there yet"
    act(manager, where, "enter")
    keys = {key for (key,) in stored(app, Recipient.id)}
    page = manager.get(where).text
    assert {int(key) for key in re.findall(r'href="/recipient/show/(\d+)"', page)} == keys
    (key,) = keys - {min(keys)}
    assert manager.get(f"/recipient/show/{key}").status_code == 200
    (upload_key,) = stored(app, Upload.id)[0]
    assert f'href="{where}"' in manager.get(f"/upload/show/{upload_key}").text


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
    assert "Middle Name: empty → Elena" in page and "Phone: empty → 9195555555" in page and "City:" not in page
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
    assert "The upload is cancelled. Nothing was entered." in words(act(manager, where, "cancel"))
    page = words(act(manager, where, "enter"))
    assert "cancelled before" in page and "Lopez" not in page
    assert count(app, Recipient) == 0


def test_sending_the_same_file_again_puts_the_waiting_one_aside(app, manager):
    first = reviewed(manager, PERSON)
    second = reviewed(manager, PERSON)
    assert sorted(stored(app, Upload.status)) == [("cancelled",), ("reviewed",)]
    assert "Nothing was entered" in words(act(manager, first, "enter"))
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


def corrected(manager, where, **cells):
    """The fix-file of an upload with these cells of its only row corrected, sent as it is; where its review stands."""
    answer = manager.get(f"{where}/rows-to-fix.xlsx")
    assert answer.headers["Content-Disposition"] == "attachment; filename=rows-to-fix.xlsx"
    book = load_workbook(io.BytesIO(answer.data))
    sheet = book.active
    headings = {cell.value.rstrip("*"): cell.column for cell in sheet[1]}
    assert sheet.max_row == 2
    assert "A phone number has ten digits" in sheet.cell(2, headings["What to fix"]).value
    for heading, value in cells.items():
        sheet.cell(2, headings[heading]).value = value
    out = io.BytesIO()
    book.save(out)
    return upload(manager, out.getvalue(), "rows-to-fix.xlsx").headers["Location"]


def test_the_fix_file_corrected_and_sent_again_enters_only_its_rows(app, manager):
    where = reviewed(manager, PERSON, BAD_PHONE, ANN)
    act(manager, where, "enter")
    again = corrected(manager, where, Phone="(919) 555-0199")
    assert "1 new person was entered." in words(act(manager, again, "enter"))
    phones = [phone for (phone,) in stored(app, Recipient.phone)]
    assert sorted(phones) == ["9195550101", "9195550199", "9195555555"]
    assert manager.get(f"{again}/rows-to-fix.xlsx").status_code == 404


def test_good_rows_that_are_held_and_the_corrected_fix_file_enter_everybody_once(app, manager):
    where = reviewed(manager, PERSON, BAD_PHONE, ANN)
    assert "The good rows are held." in words(act(manager, where, "hold"))
    again = corrected(manager, where, Phone="(919) 555-0199")
    assert "1 row in the file" in words(manager.get(again)) and count(app, Recipient) == 0
    assert (
        reviewed(manager, PERSON, BAD_PHONE, ANN) != where
    )  # the whole file once more puts nothing aside that is held
    assert "1 new person was entered." in words(act(manager, again, "enter"))
    listed = manager.get("/upload/")
    assert f'href="{where}"' in listed.text and words(listed).count("Held until all rows are right") == 1
    page = words(act(manager, where, "enter"))
    assert "2 new people were entered." in page and "Download the rows to fix (1)" in page
    phones = [phone for (phone,) in stored(app, Recipient.phone)]
    assert sorted(phones) == ["9195550101", "9195550199", "9195555555"]
    act(manager, where, "enter")
    assert count(app, Recipient) == 3


def test_a_workbook_is_taken_like_a_csv_file(manager):
    answer = upload(manager, people_xlsx(PERSON, ANN), "people.xlsx")
    assert "2 rows in the file" in words(manager.get(answer.headers["Location"]))
