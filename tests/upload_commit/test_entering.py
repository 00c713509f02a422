"""Preview and commit of a file: what is written, what is kept, and that both say the same."""

import datetime as dt
import threading

import pytest
from sqlalchemy import event, func, select

from app import history
from app.uploads import fix_file, kept_rows, stages
from app.uploads.reading import FileRefused, read
from app.uploads.recipients import RECIPIENTS
from models.base import RuleBroken, db
from models.history import History
from models.recipients import Recipient, RecipientLink
from models.scope import Reach, acting
from models.uploads import Upload, UploadRow
from tests import factories as make
from tests.upload_commit.kit import MANY_NAMES, entered, everybody, known, outcomes, previewed
from tests.uploads_kit import csv_of, person


def test_a_preview_enters_nobody_and_keeps_what_was_typed_and_what_is_wrong(clinic):
    upload = previewed(clinic, person(), person(First_Name="R2D2", ZIP="1"))
    assert everybody() == []
    assert (upload.status, upload.rows_new, upload.rows_refused) == ("reviewed", 1, 1)
    row = db.session.scalars(select(UploadRow).where(UploadRow.row == 3)).one()
    assert row.typed["ZIP"] == "1"
    assert [error["column"] for error in row.errors] == ["First Name", "ZIP"]


def test_commit_enters_the_good_rows_and_leaves_the_others(clinic):
    upload = entered(clinic, person(), person(First_Name="Ann", External_ID="E-2", ZIP="1"))
    (only,) = everybody()
    assert (only.full_name, only.birth_date, only.county) == ("Maria Lopez", dt.date(1984, 3, 25), "37183")
    assert (only.registration, only.registered_at, only.row_version) == ("uploaded", None, 1)
    assert len(only.public_id) == 12
    assert upload.status == "committed"
    assert upload.committed_at is not None
    assert outcomes(upload) == ["new", "refused"]
    assert db.session.scalar(select(UploadRow.recipient_id).where(UploadRow.row == 2)) == only.id


def test_the_place_sees_the_people_it_uploaded(clinic):
    entered(clinic, person())
    assert db.session.scalars(select(Recipient.last_name)).all() == ["Lopez"]
    link = db.session.scalars(select(RecipientLink)).one()
    assert (link.how, link.location_id, link.organization_id) == ("upload", clinic.location_id, None)


def test_an_employer_s_people_are_linked_to_the_organization(app):
    with app.test_request_context():
        firm = make.organization(kind="employer")
        db.session.commit()
        by = Reach("organization", profile="Organization Portal", organization_id=firm.id)
        with acting(by):
            entered(by, person())
            link = db.session.scalars(select(RecipientLink)).one()
            assert (link.organization_id, link.location_id) == (firm.id, None)


def test_the_rows_in_bulk_are_what_the_model_itself_would_write(clinic):
    entered(clinic, person(First_Name="José-Luis", Last_Name="O'Brien"))
    (stored,) = everybody()
    keys = stored.first_key, stored.last_key
    stored.check()
    assert keys == (stored.first_key, stored.last_key) == ("joseluis", "obrien")


def test_commit_looks_again_at_what_is_known_since_the_preview(clinic):
    first, second = previewed(clinic, person()), previewed(clinic, person())
    for upload in (first, second):
        stages.commit(upload, clinic)
        db.session.commit()
    assert (outcomes(first), outcomes(second)) == (["new"], ["same"])
    assert (second.rows_new, second.rows_same) == (0, 1)
    assert len(everybody()) == 1


def test_two_people_who_commit_the_same_file_at_once_enter_it_once(app, clinic):
    people = [person(Last_Name=name, Email=f"{name}@example.com", Phone="", External_ID="") for name in MANY_NAMES]
    keys = [previewed(clinic, *people).id for _ in range(4)]
    db.session.remove()
    start, failures = threading.Barrier(len(keys)), []

    def work(key):
        try:
            with app.test_request_context(), acting(clinic):
                start.wait()
                stages.commit(db.session.get_one(Upload, key), clinic)
                db.session.commit()
                db.session.remove()
        except Exception as problem:  # noqa: BLE001 - told by the main thread
            failures.append(problem)

    threads = [threading.Thread(target=work, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting(clinic):
        assert failures == []
        assert db.session.scalar(select(func.count(Recipient.id))) == len(people)
        assert sorted(upload.rows_new for upload in db.session.scalars(select(Upload))) == [0, 0, 0, len(people)]


def test_an_upload_is_entered_once_and_not_after_it_was_cancelled(clinic):
    upload = entered(clinic, person())
    with pytest.raises(RuleBroken):
        stages.commit(upload, clinic)
    with pytest.raises(RuleBroken):
        stages.cancel(upload, clinic)
    other = previewed(clinic, person(First_Name="Ann", External_ID="E-2"))
    stages.cancel(other, clinic)
    with pytest.raises(RuleBroken):
        stages.commit(other, clinic)
    assert len(everybody()) == 1


def test_the_priority_group_must_be_one_of_the_plan_while_it_opens_in_phases(clinic):
    with acting(make.SEED):
        make.priority_group(code="9", opens_on=None)
        db.session.commit()
    upload = previewed(clinic, person(), person(Priority_Group="1A"), person(Priority_Group="7"))
    summary = kept_rows.summary(upload)["errors"]
    assert [(error["row"], error["column"], error["code"]) for error in summary if error["column"]] == [
        (2, "Priority Group", "REQD"), (4, "Priority Group", "DATA"),
    ]  # fmt: skip


def test_an_employer_is_known_by_name_and_an_unknown_one_is_an_error(clinic):
    with acting(make.SEED):
        firm = make.organization(name="Acme  Mills", kind="employer")
        make.organization(name="Gone Ltd", kind="employer", is_active=False)
        make.organization(name="Twice Inc")
        make.organization(name="twice inc")
        firm.name = "Acme Mills"
        db.session.commit()
        key = firm.id
    upload = entered(
        clinic,
        person(Employer="acme mills"),
        person(First_Name="Ann", External_ID="E-2", Employer="Gone Ltd"),
        person(First_Name="Bo", External_ID="E-3", Employer="Twice Inc"),
    )
    assert everybody()[0].employer_id == key
    assert outcomes(upload) == ["new", "refused", "refused"]


def test_state_staff_upload_for_a_place_they_name(app):
    with app.test_request_context():
        place = make.location()
        db.session.commit()
        by = Reach("state", profile="State Immunization Staff")
        with acting(by):
            with pytest.raises(RuleBroken):
                stages.preview(csv_of(person()), "a.csv", by)
            upload = entered(by, person(), location_id=place.id)
            assert upload.location_id == place.id
            assert db.session.scalars(select(RecipientLink.location_id)).one() == place.id


def test_a_refused_file_leaves_no_upload(clinic):
    with pytest.raises(FileRefused):
        stages.preview(b"", "people.csv", clinic)
    assert db.session.scalars(select(Upload)).all() == []


def test_the_failed_rows_come_back_as_a_file_and_are_taken_once_mended(clinic):
    upload = entered(clinic, person(), person(First_Name="Ann", External_ID="E-2", ZIP="1"))
    data = fix_file.workbook(RECIPIENTS, kept_rows.failed_rows(upload))
    (row,) = read(data, "fix.xlsx", RECIPIENTS).rows
    assert row.typed["First Name"] == "Ann"
    assert outcomes(entered(clinic, row.typed | {"ZIP": "27601"})) == ["new"]


def test_the_summary_counts_every_row_and_names_every_error(clinic):
    upload = previewed(
        clinic, person(), person(), person(First_Name="Ann", External_ID="E-2", County="Fairfax", City="")
    )
    summary = kept_rows.summary(upload)
    assert {name: summary[name] for name in ("rows", "new", "doubled", "refused")} == {
        "rows": 3, "new": 1, "doubled": 1, "refused": 1,
    }  # fmt: skip
    assert [(error["row"], error["column"], error["code"]) for error in summary["errors"]] == [
        (3, "", "DBLD"), (4, "City", "REQD"), (4, "County", "DATA"),
    ]  # fmt: skip
    assert summary["file_error"] is None


def test_the_history_names_who_was_entered_changed_linked_and_shown(clinic):
    key = known(email=None)
    db.session.info["history"] = history.Entry(act="test")
    upload = entered(clinic, person(), person(First_Name="Ann", External_ID="E-2"))
    with acting(make.SEED):
        entries = db.session.scalars(select(History).where(History.location_id == clinic.location_id)).all()
        new = next(one.id for one in everybody() if one.first_name == "Ann")
    changes = {(one["entity"], one["act"]): one for entry in entries for one in entry.changed}
    assert changes["Recipient", "add"]["ids"] == [new]
    assert changes["Recipient", "edit"]["values"][str(key)]["email"] == [None, "maria@example.com"]
    assert sorted(changes["RecipientLink", "add"]["recipients"]) == sorted([key, new])
    assert {"entity": "Recipient", "ids": [key], "upload": upload.id} in [one for e in entries for one in e.shown]


def test_another_place_sees_neither_the_upload_nor_its_rows(clinic):
    entered(clinic, person())
    with acting(Reach("location", profile="Healthcare Location Manager", location_id=clinic.location_id + 1_000)):
        db.session.expunge_all()
        for entity in (Upload, UploadRow, Recipient, RecipientLink):
            assert db.session.scalars(select(entity)).all() == []


def test_the_number_of_queries_does_not_grow_with_the_rows(clinic):
    def statements(people):
        seen = []
        upload = previewed(clinic, *people)
        note = lambda *said: seen.append(said[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        stages.commit(upload, clinic)
        db.session.commit()
        event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    few = [person(Last_Name=name, External_ID=name) for name in MANY_NAMES[:2]]
    many = [person(First_Name=name, External_ID=name) for name in MANY_NAMES]
    assert statements(many) <= statements(few) + 1
