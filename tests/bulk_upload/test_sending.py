"""The start page says what a file must look like, and refuses a file with its reason."""

import datetime as dt
import io
import re

import pytest
from openpyxl import load_workbook

from app.uploads import kind, limits, reading
from app.uploads.kinds import kinds
from models.base import db
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import count, upload, words
from tests.signing_in import marks
from tests.uploads_kit import HEADINGS, PERSON, csv_of


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


def test_the_page_shows_the_dated_priority_groups_beside_their_column(app, manager):
    with app.app_context():
        make.priority_group(code="9y", name="Ferry crews", opens_on=dt.date(2020, 12, 14))
        make.priority_group(code="9z", name="Bell ringers", opens_on=dt.date(2099, 1, 5))
        db.session.commit()
    rows = re.findall(r"<tr.*?</tr>", manager.get("/upload/").text, flags=re.DOTALL)
    (beside,) = (row for row in rows if "Priority Group" in row)
    beside = " ".join(re.sub(r"<[^>]+>", " ", beside).split())
    assert "9y: Ferry crews (open since Dec 14, 2020)" in beside
    assert "9z: Bell ringers (opens on Jan 5, 2099)" in beside


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


def test_a_file_above_the_limit_is_refused_in_plain_words(app, manager, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_LONG_FILE", 20_000)
    answer = upload(manager, csv_of(PERSON) + b" " * 20_000)
    assert answer.status_code == 413
    assert "This is too large." in words(answer)
    assert count(app, Upload) == 0


def test_a_long_file_of_people_is_taken_from_whoever_is_signed_in(app, manager, monkeypatch):
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 20_000)
    monkeypatch.setattr(reading, "MOST_BYTES", 20_000)
    data = csv_of(PERSON) + b" " * 20_000
    assert upload(manager, data).status_code == 303
    assert upload(app.test_client(), data).status_code == 413
    monkeypatch.setattr(kind, "MOST_BYTES", 1_000)
    book = upload(manager, b"PK\x03\x04" + b"x" * 1_000, "people.xlsx")
    assert (book.status_code, "The file is too large" in words(book)) == (422, True)


def test_the_form_of_every_kind_of_any_size_has_room_for_its_files(app):
    taking = {one.endpoint for one in kinds().values() if one.takes_any_size}
    assert taking == {"BulkUpload", "RedcapUpload"}
    assert {f"{endpoint}.check" for endpoint in taking} <= app.view_functions.keys()
    assert app.config["MAX_LONG_FILE"] > limits.MOST_BYTES_OF_TEXT
