"""Uploading a file by command: what it answers and how it ends."""

import json

import pytest
from sqlalchemy import select

from app.commands import uploads
from models.base import db
from models.history import History
from models.notices import Notice
from models.people import Membership, PortalUser
from models.recipients import Recipient, RecipientLink
from models.scope import acting
from models.uploads import Upload, UploadRow
from tests import factories
from tests.commands.kit import PIN, count
from tests.uploads_kit import csv_of, people_xlsx, person

KEYS = {"rows", "new", "changed", "same", "review", "refused", "errors", "file_error"}


def upload(run, file, *more, by="manager", location=PIN):
    return run("upload-recipients", file, "--location", location, "--by", by, *more)


def test_the_good_rows_of_a_file_are_entered_and_the_others_named(app, run, clinic, tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(csv_of(person(), person(First_Name="Ana", Phone="12", External_ID=""), person()))
    done = upload(run, file, "--json")
    told = json.loads(done.stdout)
    assert set(told) == KEYS
    assert done.exit_code == 1
    assert {name: told[name] for name in KEYS - {"errors"}} == {
        "rows": 3, "new": 1, "changed": 0, "same": 0, "review": 0, "refused": 2, "file_error": None,
    }  # fmt: skip
    wrong, doubled = told["errors"]
    assert (wrong["row"], wrong["column"], wrong["code"]) == (3, "Phone", "DATA")
    assert "ten digits" in wrong["message"]
    assert (doubled["row"], doubled["code"]) == (4, "DBLD")
    assert count(app, Recipient) == 1
    assert count(app, RecipientLink, RecipientLink.location_id == clinic) == 1
    again = upload(run, file, by="state", location="loc-0001")
    assert "1 same" in again.stdout
    assert "Row 3, Phone:" in again.stdout
    assert count(app, Recipient) == 1


def test_a_file_without_a_fault_ends_with_0(run, clinic, tmp_path):
    file = tmp_path / "people.xlsx"
    file.write_bytes(people_xlsx(person()))
    done = upload(run, file, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["new"] == 1


def test_the_history_names_who_uploaded(app, run, clinic, tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(csv_of(person()))
    upload(run, file)
    with app.app_context(), acting(factories.SEED):
        entry = db.session.scalars(select(History).where(History.act == "flask upload-recipients")).one()
    assert (entry.username, entry.profile, entry.location_id) == ("manager", "Healthcare Location Manager", clinic)


@pytest.mark.parametrize("set_by_set_from", [1_000_000, 1], ids=["at once", "set by set"])
def test_a_preview_says_the_same_and_leaves_nothing(app, run, clinic, tmp_path, monkeypatch, set_by_set_from):
    monkeypatch.setattr(uploads, "APART_FROM", set_by_set_from)
    file = tmp_path / "people.csv"
    file.write_bytes(csv_of(person(), person(Phone="12", External_ID="E-2")))
    would = upload(run, file, "--preview", "--json")
    assert would.exit_code == 1
    for entity in (Recipient, Upload, UploadRow, Notice):
        assert count(app, entity) == 0
    assert json.loads(would.stdout) == json.loads(upload(run, file, "--json").stdout)


def test_a_file_that_cannot_be_taken_is_a_finding(app, run, clinic, tmp_path):
    file = tmp_path / "people.xlsx"
    file.write_bytes(b"\xd0\xcf\x11\xe0 something old")
    done = upload(run, file, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert set(told) == KEYS
    assert "old kind" in told["file_error"]
    assert (told["rows"], told["errors"]) == (0, [])
    assert count(app, Upload) == 0
    assert "old kind" in upload(run, file).stdout


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"by": "nurse"}, "may not upload"),
        ({"by": "elsewhere"}, "may not upload"),
        ({"by": "nobody"}, "no active person"),
        ({"by": "system"}, "no active person"),
        ({"location": "NCA999999"}, "no location"),
    ],
)
def test_who_may_not_upload_there_is_told_so_and_nothing_is_written(app, run, clinic, tmp_path, wrong, words):
    file = tmp_path / "people.csv"
    file.write_bytes(csv_of(person()))
    done = upload(run, file, "--json", **wrong)
    assert done.exit_code == 2
    assert words in done.stderr
    assert done.stdout == ""
    assert count(app, Recipient) == 0


def test_an_ended_membership_uploads_nothing(app, run, clinic, tmp_path):
    import datetime as dt

    with app.app_context(), acting(factories.SEED):
        member = db.session.scalars(select(Membership).join(PortalUser).where(PortalUser.username == "manager")).one()
        member.ends_on = dt.date(2021, 1, 1)
        db.session.commit()
    file = tmp_path / "people.csv"
    file.write_bytes(csv_of(person()))
    assert upload(run, file).exit_code == 2


def test_a_long_file_is_entered_set_by_set_and_split_by_location(app, run, clinic, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "APART_FROM", 1)
    file = tmp_path / "people.csv"
    people = [person(Last_Name=f"Lopez{letter * 3}", External_ID=letter, Location_PIN=PIN) for letter in "abcdef"]
    file.write_bytes(csv_of(*people, person(ZIP="1", Location_PIN=PIN)))
    refused = run("upload-recipients", file, "--by", "manager")
    assert refused.exit_code == 2 and "may not upload" in refused.output
    done = run("upload-recipients", file, "--by", "state", "--json")
    told = json.loads(done.stdout)
    assert (told["new"], told["refused"], done.exit_code) == (6, 1, 1)
    assert count(app, RecipientLink, RecipientLink.location_id == clinic) == 6
    file.write_bytes(csv_of(*people) + b'"never closed')
    bad = run("upload-recipients", file, "--by", "state", "--json")
    assert "never closed" in json.loads(bad.stdout)["file_error"]
    with app.app_context(), acting(factories.SEED):
        assert list(db.session.scalars(select(Upload.status))) == ["committed"]
