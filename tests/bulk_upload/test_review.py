"""The review names every wrong cell and tells each outcome apart; it shows nobody else's data."""

import datetime as dt
import re

from models.base import db
from models.recipients import Recipient
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import ANN, BAD_PHONE, act, count, reviewed, stored, upload, words
from tests.uploads_kit import PERSON, csv_of, person

BORN = dt.date(1984, 3, 25)


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
    assert "Phone: empty → 9195550101" in page and "Email: empty → ann" not in page
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
