"""Who of a file is new, changed, the same, doubled, or for a person to decide."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from app.uploads import deciding, earlier, stages
from app.uploads.checking import check
from app.uploads.deciding import decide, missing_facts
from app.uploads.matching import day_and_month_swapped, near
from app.uploads.recipients import RECIPIENTS
from models.base import db
from models.recipients import Recipient, RecipientLink
from models.uploads import UploadRow
from tests.upload_commit.kit import MANY_NAMES, entered, everybody, known, messages, outcomes, previewed
from tests.uploads_kit import person


def test_the_same_file_again_changes_nothing_and_says_so(clinic):
    people = [
        person(Last_Name=name, External_ID=name, Email="", Phone="") | {"Email": f"{name}@example.com"}
        for name in MANY_NAMES
    ]
    entered(clinic, *people)
    before = [(one.id, one.row_version) for one in everybody()]
    again = entered(clinic, *people)
    assert (again.rows_same, again.rows_new, again.rows_changed) == (len(people), 0, 0)
    assert [(one.id, one.row_version) for one in everybody()] == before
    assert db.session.scalar(select(func.count(RecipientLink.id))) == len(people)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ({"phone": "9195555555"}, {"Email": "", "External_ID": "", "Street": "1 Elm"}),
        ({"phone": None, "email": "MARIA@example.com"}, {"Phone": "", "External_ID": "", "Street": "1 Elm"}),
        ({"phone": None, "external_id": "E-1"}, {"Phone": "9190000000", "Email": ""}),
        ({"phone": None, "street": "12 oak  STREET", "zip_code": "27601-1234"}, {"External_ID": "", "Email": ""}),
    ],
)
def test_same_names_birth_date_and_one_mark_are_the_same_person(clinic, stored, typed):
    key = known(**stored)
    upload = previewed(clinic, person(First_Name="MARIA", Last_Name="López", **typed))
    assert outcomes(upload)[0] in ("same", "changed")
    assert db.session.scalars(select(UploadRow.recipient_id)).one() == key


def test_without_a_common_mark_people_of_one_name_and_birth_date_are_for_a_person_to_decide(clinic):
    known(phone="3365550000")
    upload = entered(clinic, person())
    assert outcomes(upload) == ["review"]
    assert len(everybody()) == 1
    assert db.session.scalars(select(UploadRow.recipient_id)).one() is None
    assert db.session.scalars(select(RecipientLink)).all() == []


def test_missing_facts_are_added_and_nothing_is_replaced(clinic):
    key = known(sex="M", email=None)
    upload = entered(clinic, person())
    somebody = next(one for one in everybody() if one.id == key)
    assert outcomes(upload) == ["changed"]
    assert (somebody.sex, somebody.email, somebody.city) == ("M", "maria@example.com", "Raleigh")
    assert somebody.row_version == 2
    assert db.session.scalars(select(Recipient.id)).all() == [key]


def test_an_address_is_not_mixed_with_another():
    row = {
        "street": "12 Oak",
        "street2": None,
        "city": "Raleigh",
        "state": "NC",
        "zip_code": "27601",
        "county": "37183",
    }
    empty = dict.fromkeys(
        [*row, "middle_name", "suffix", "sex", "races", "ethnicity", "phone", "email", "employer_id", "industry"]
        + ["priority_group", "language", "external_id"]
    )
    typed = dict.fromkeys(empty) | row
    assert missing_facts(empty, typed) == {name: value for name, value in row.items() if value}
    assert missing_facts(empty | {"city": "Durham"}, typed) == {}
    assert missing_facts(empty | {"city": "Raleigh"}, typed).keys() == {"street", "state", "zip_code", "county"}


ALIKE = [
    {"first_name": "Marie"},
    {"first_name": "Mara"},
    {"first_name": "Lopez", "last_name": "Maria"},
    {"birth_date": dt.date(1984, 4, 3)},
]


@pytest.mark.parametrize("facts", ALIKE)
def test_someone_who_looks_like_a_known_person_is_not_entered(clinic, facts):
    known(**facts)
    typed = person(Date_of_Birth="03/04/1984") if "birth_date" in facts else person()
    upload = entered(clinic, typed)
    assert outcomes(upload) == ["review"]
    assert len(everybody()) == 1
    assert "looks like" in messages(upload)[0]


UNLIKE = [{"first_name": "Walter"}, {"last_name": "Lopes"}, {"birth_date": dt.date(1984, 3, 26)}]


@pytest.mark.parametrize("facts", UNLIKE)
def test_someone_else_is_new(clinic, facts):
    known(**facts)
    assert outcomes(entered(clinic, person())) == ["new"]


def test_several_known_people_who_would_fit_are_a_question(clinic):
    known()
    known(email="maria@example.com")
    assert outcomes(previewed(clinic, person())) == ["review"]


def test_a_person_twice_in_the_file_is_entered_once_and_the_first_row_is_named(clinic):
    upload = entered(
        clinic, person(), person(First_Name="Ann", External_ID="E-2"), person(Phone="(919) 555 5555", Email="")
    )
    assert outcomes(upload) == ["new", "new", "doubled"]
    assert len(everybody()) == 2
    assert messages(upload) == ["The same person stands in row 2."]


def test_a_person_whom_a_file_names_without_end_is_compared_with_the_first_rows_only(clinic, monkeypatch):
    monkeypatch.setattr(deciding, "MOST_ALIKE", 3)
    monkeypatch.setattr(stages, "in_one_go", lambda kind: 4)
    read_again = []
    monkeypatch.setattr(earlier, "check", lambda rows, *more: read_again.append(len(rows)) or check(rows, *more))
    upload = entered(clinic, *[person()] * 13)
    assert outcomes(upload) == ["new"] + ["doubled"] * 12
    assert len(everybody()) == 1
    assert set(read_again) == {3}, "what was kept of earlier sets grows with the file"


def test_two_people_of_one_name_and_birth_date_in_the_file_are_a_question(clinic):
    other = person(Phone="3365550000", Email="other@example.com", External_ID="E-2", Street="1 Elm")
    upload = entered(clinic, person(), other)
    assert outcomes(upload) == ["new", "review"]
    assert "Row 2" in messages(upload)[0]


def test_twins_in_one_file_are_both_entered_and_both_known_again(clinic):
    twins = [person(), person(First_Name="Mario", External_ID="E-2")]
    assert outcomes(entered(clinic, *twins)) == ["new", "new"]
    assert outcomes(entered(clinic, *twins)) == ["same", "same"]


def test_families_may_share_an_email_address_and_a_phone(clinic):
    assert outcomes(entered(clinic, person(), person(First_Name="Walter", External_ID=""))) == ["new", "new"]


def test_deciding_and_writing_agree_on_a_file_of_every_outcome(clinic):
    known(email=None)
    known(first_name="Bella", phone="3365550000")
    people = [
        person(), person(), person(First_Name="Belle", External_ID="E-3"), person(First_Name="Zoe", External_ID="E-4"),
        person(First_Name="Bad1"),
    ]  # fmt: skip
    upload = previewed(clinic, *people)
    before = outcomes(upload)
    stages.commit(upload, clinic)
    db.session.commit()
    assert outcomes(upload) == before == ["changed", "doubled", "review", "new", "refused"]


def test_first_names_are_near_when_two_letters_differ():
    for one, other, expected in (
        ("maria", "maria", True), ("maria", "marie", True), ("maria", "mra", True), ("jon", "john", True),
        ("maria", "margarita", False), ("ann", "walter", False), ("", "ab", True), ("", "abc", False),
        ("abcdef", "defabc", False),
    ):  # fmt: skip
        assert near(one, other) is expected, (one, other)
        assert near(other, one) is expected


def test_day_and_month_change_about_only_where_that_is_another_date():
    assert day_and_month_swapped(dt.date(1984, 3, 4)) == dt.date(1984, 4, 3)
    assert day_and_month_swapped(dt.date(1984, 3, 25)) is None
    assert day_and_month_swapped(dt.date(1984, 4, 4)) is None


def test_nobody_to_match_asks_the_database_nothing(clinic):
    assert decide([], RECIPIENTS) == []
