"""Files of more than a hundred rows: the worker checks, enters and takes them back, and is taken up again."""

import codecs
import datetime as dt
import io
import re
from functools import partial

import pytest
from sqlalchemy import func, select

from app import worker
from app.jobs import others, uploads
from app.rules import clock
from app.secret_keys import key_for
from app.uploads import limits, reading, sealed, stages
from app.uploads.recipients import RECIPIENTS
from app.uploads.refused import FileRefused
from models.base import db
from models.notices import Notice
from models.people import Membership
from models.recipients import Recipient
from models.scope import acting
from models.uploads import Upload, UploadRow, upload_piece
from tests import factories as make
from tests.bulk_upload.sending import MANAGER, act, count, signed_in, stored, upload, words
from tests.signing_in import sign_in
from tests.uploads_kit import csv_of, person

ROWS = 120
AT_ONCE = 50


def named(number):
    letters = "".join(chr(97 + int(digit)) * 2 for digit in f"{number:03d}")
    return person(
        First_Name="Ida", Last_Name=f"X{letters}x", Email=f"p{number}@example.com", Phone="", External_ID=f"E-{number}"
    )


def people():
    """So many that sets are needed: a double of another set, a wrong row, and the rest new."""
    rows = [named(number) for number in range(ROWS - 2)]
    return [*rows, rows[3], named(999) | {"ZIP": "1"}]


@pytest.fixture(autouse=True)
def small_sets(monkeypatch):
    from app.uploads import kind

    monkeypatch.setattr(kind.Kind, "at_once", AT_ONCE)
    monkeypatch.setattr(others, "ALONE", 1)
    object.__setattr__(stages.kind_of("recipients"), "at_once", AT_ONCE)
    yield
    object.__setattr__(stages.kind_of("recipients"), "at_once", limits.PEOPLE_AT_ONCE)


@pytest.fixture
def manager(app, client):
    with app.app_context():
        place = make.location(name="Clinic of the test", county="37183")
        db.session.commit()
        key = place.id
    return signed_in(app, client, MANAGER, location_id=key)


def work(app, sets=None):
    """The worker, until all is done or so many sets are."""
    left = [None if sets is None else sets + 1]

    def enough():
        if left[0] is None:
            return False
        left[0] -= 1
        return left[0] < 0

    worker.step(app, "uploads", lambda: uploads.work_off(enough))


def sent(browser, *rows):
    answer = upload(browser, csv_of(*rows))
    assert answer.status_code == 303, words(answer)
    return answer.headers["Location"]


def test_a_long_file_goes_through_the_worker_to_its_end_and_back(app, manager):
    where = sent(manager, *people())
    page = words(manager.get(where))
    assert "The file is being checked" in page and "You can close this page" in page
    assert count(app, UploadRow) == 0
    for _ in range(4):  # a worker told to stop after each set loses nothing
        work(app, sets=1)
    work(app)
    assert stored(app, Upload.status, Upload.rows_new, Upload.rows_doubled, Upload.rows_refused) == [
        ("reviewed", ROWS - 2, 1, 1)
    ]
    page = words(manager.get(where))
    assert "The same person stands in row 5." in page and f"{ROWS} rows in the file" in page
    assert "The good rows are being entered" in words(act(manager, where, "enter"))
    work(app, sets=2)
    done = manager.get(f"{where}/progress").json
    assert (done["status"], done["done"], done["expected"]) == ("entering", 2 * AT_ONCE, ROWS - 1)
    assert "of about" in done["words"]
    work(app)
    assert stored(app, Upload.status, Upload.rows_new, Upload.rows_review) == [("committed", ROWS - 2, 0)]
    assert count(app, Recipient) == ROWS - 2
    kinds = sorted(kind for (kind,) in stored(app, Notice.kind) if kind != "welcome")
    assert kinds == ["upload_checked", "upload_entered"]

    act(manager, where, "undo")
    work(app)
    assert stored(app, Upload.status, Upload.rows_kept) == [("undone", 0)]
    assert count(app, Recipient) == 0
    assert "was taken back on" in words(manager.get(where))


@pytest.mark.parametrize("loses", ["the membership", "the account"])
def test_a_sender_who_may_no_more_enters_nobody_by_the_worker(app, manager, loses):
    """While it is checked it is put aside; while it is entered it is taken back."""

    def lose():
        with app.app_context(), acting(make.SEED):
            held = db.session.scalars(select(Membership).where(Membership.profile == MANAGER)).one()
            if loses == "the account":
                held.user.active = not held.user.active
            else:
                held.ends_on = None if held.ends_on else clock.today() - dt.timedelta(days=1)
            db.session.commit()

    where = sent(manager, *people())
    work(app)
    act(manager, where, "enter")
    work(app, sets=1)
    lose()
    work(app)
    assert stored(app, Upload.status, Upload.rows_kept) == [("undone", 0)] and count(app, Recipient) == 0
    lose()
    again = signed_in_again(app, manager)
    where = sent(again, *people())
    lose()
    work(app)
    assert sorted(stored(app, Upload.status)) == [("cancelled",), ("undone",)] and count(app, UploadRow) == ROWS


def signed_in_again(app, browser):
    """The same manager, whose sessions ended with the right."""
    with app.app_context(), acting(make.SEED):
        username = db.session.scalars(select(Membership).where(Membership.profile == MANAGER)).one().user.username
    return sign_in(app.test_client(), username)


def test_whoever_finds_no_sign_of_life_goes_on_behind_the_cursor(app, manager, monkeypatch):
    where = sent(manager, *people())
    work(app)
    act(manager, where, "enter")
    calls = []
    enter = stages.enter_some

    def dies(upload, *how):
        calls.append(upload.cursor)
        more = enter(upload, *how)
        if len(calls) == 2:
            raise MemoryError  # after the work, before the commit
        return more

    monkeypatch.setattr(stages, "enter_some", dies)
    work(app)
    assert count(app, Recipient) == AT_ONCE
    work(app)
    assert count(app, Recipient) == AT_ONCE, "somebody else may still be at work"
    monkeypatch.setitem(app.config, "UPLOAD_LEASE_SECONDS", -1)
    work(app)
    assert stored(app, Upload.status) == [("committed",)]
    assert count(app, Recipient) == ROWS - 2
    assert calls[1] == calls[2]


def test_what_is_cancelled_while_the_worker_is_at_it_stops_and_is_taken_back(app, manager):
    where = sent(manager, *people())
    work(app, sets=1)
    act(manager, where, "cancel")
    work(app)
    assert stored(app, Upload.status) == [("cancelled",)]
    where = sent(manager, *people())
    work(app)
    act(manager, where, "enter")
    work(app, sets=1)
    assert count(app, Recipient) == AT_ONCE
    act(manager, where, "cancel")
    work(app)
    assert sorted(status for (status,) in stored(app, Upload.status)) == ["cancelled", "undone"]
    assert count(app, Recipient) == 0


def test_a_file_that_turns_out_bad_behind_its_beginning_is_refused_with_the_reason(app, manager):
    data = csv_of(*people()) + b'"never closed, and so on'
    answer = upload(manager, data)
    work(app)
    assert stored(app, Upload.status, Upload.rows_new) == [("refused", 0)]
    assert count(app, UploadRow) == 0
    page = words(manager.get(answer.headers["Location"]))
    assert "is never closed" in page and "Nothing of this file was entered." in page


def test_the_file_is_kept_unreadable_and_purged_by_night(app, manager, monkeypatch):
    sent(manager, person())
    with app.app_context():
        (content,) = db.session.scalars(select(upload_piece.c.content)).all()
    assert b"Lopez" not in content and len(content) > 100
    worker.step(app, "purge", worker.housekeeping.purge_upload_files)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(upload_piece)) == 1
    monkeypatch.setitem(app.config, "UPLOAD_FILES_KEPT_DAYS", -1)
    worker.step(app, "purge", worker.housekeeping.purge_upload_files)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(upload_piece)) == 0
    assert stored(app, Upload.file_purged_at)[0][0] is not None


def test_two_workers_never_take_the_same_upload(app, manager):
    sent(manager, *people())
    with app.app_context(), acting(uploads.ACCOUNT):
        first, second = uploads.claim(), uploads.claim()
    assert (first is not None, second) == (True, None)


def test_a_long_workbook_is_read_like_a_long_csv_file(app, manager):
    from tests.uploads_kit import people_xlsx

    answer = upload(manager, people_xlsx(*people()), "people.xlsx")
    work(app)
    page = words(manager.get(answer.headers["Location"]))
    assert re.search(rf"{ROWS} rows in the file", page)
    fix = manager.get(f"{answer.headers['Location']}/rows-to-fix.xlsx")
    assert fix.status_code == 200 and io.BytesIO(fix.data).read(2) == b"PK"


@pytest.fixture
def many_pieces(monkeypatch):
    """A file of 120 rows is a long one of many pieces."""
    monkeypatch.setattr(sealed, "PIECE", 1_000)
    monkeypatch.setattr(uploads, "PIECES_AT_ONCE", 3)
    monkeypatch.setattr(reading, "MOST_BYTES", 2_500)


def test_a_file_of_any_length_is_sealed_some_pieces_at_a_time(app, manager, many_pieces):
    rows = people()
    where = sent(manager, *rows)
    key = stored(app, Upload.id)[0][0]
    with app.app_context(), acting(make.SEED):
        assert b"".join(sealed.opener(key, key_for(uploads.SEAL))()) == csv_of(*rows)
        assert db.session.scalar(select(func.count()).select_from(upload_piece)) > 3 * uploads.PIECES_AT_ONCE
    work(app)
    assert stored(app, Upload.status, Upload.rows_new) == [("reviewed", ROWS - 2)]
    assert f"{ROWS} rows in the file" in words(manager.get(where))


def test_a_file_that_was_not_sealed_as_a_whole_enters_nobody(app, manager, many_pieces, monkeypatch):
    def dies(*_more):
        raise MemoryError

    monkeypatch.setattr(uploads, "_sign", dies)  # with the first pieces after the beginning
    with pytest.raises(MemoryError):
        upload(manager, csv_of(*people()))
    monkeypatch.undo()
    with app.app_context(), acting(uploads.ACCOUNT):
        assert uploads.claim() is None, "whoever receives the file is still at it"
    monkeypatch.setitem(app.config, "UPLOAD_LEASE_SECONDS", -1)
    work(app)
    assert stored(app, Upload.status, Upload.rows_new) == [("refused", 0)]
    ((key,),) = stored(app, Upload.id)
    assert "The file did not arrive as a whole. Please send it again." in words(manager.get(f"/upload/{key}"))


def looked_at(data):
    """What is read at once of a file that is sent."""
    return reading.read_some(partial(sealed.in_pieces, io.BytesIO(data)), len(data), "a.csv", RECIPIENTS, False, 100)


def test_of_a_long_file_the_beginning_is_looked_at_up_to_the_end_of_a_line(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1_000)
    data = csv_of(*[person(Last_Name="Ñandú")] * 400)
    monkeypatch.setattr(sealed, "PIECE", 1_001)
    table, is_whole = looked_at(data)
    assert not is_whole and 0 < len(table.rows) < 100
    assert {row.typed["Last Name"] for row in table.rows} == {"Ñandú"}
    for start in (codecs.BOM_UTF16_LE + data.decode().encode("utf-16-le"), b"sep=,\r\n" + data):
        assert not looked_at(start)[1]
    headings, rows = data.split(b"\r\n", 1)
    assert not looked_at(headings + b"\r\n" + rows.replace(b",", b',"'))[1], (
        "what is wrong with its rows is found by the worker"
    )
    with pytest.raises(FileRefused, match="not in the template: Nickname"):
        looked_at(data.replace(b"First Name", b"Nickname", 1))
