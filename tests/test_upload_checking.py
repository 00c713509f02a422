"""Every wrong cell is named by row and column, all at once; what people write in their own way is understood."""

import datetime as dt

import pytest

from app.uploads.cells import Known
from app.uploads.checking import FAMILIES, check
from app.uploads.reading import Row
from app.uploads.recipients import RECIPIENTS
from models.recipients import Recipient
from tests.uploads_kit import PERSON, person

EMPLOYERS = {"acme mills": 7, "twice": None}
GROUPS = {"1a": "Health workers", "2": "People 65 and older"}


def checked(typed, phased=False, number=2, formulas=()):
    known = Known(groups=GROUPS, phased=phased, employers=EMPLOYERS)
    row = Row(number, {name: text for name, text in typed.items() if text}, frozenset(formulas))
    return check([row], RECIPIENTS, known, Recipient.__table__)[0]


def errors(typed, **more):
    return [(error.column, error.code) for error in checked(typed, **more).errors]


def value(header, text):
    """What a cell becomes; the row must be good."""
    row = checked(PERSON | {header: text})
    assert row.errors == []
    return row.values[next(column.field for column in RECIPIENTS.columns if column.header == header)]


def test_a_good_row_becomes_values():
    row = checked(PERSON)
    assert row.errors == []
    assert row.values == {
        "first_name": "Maria", "middle_name": None, "last_name": "Lopez", "suffix": None,
        "birth_date": dt.date(1984, 3, 25), "sex": "F", "races": "2106-3", "ethnicity": "2135-2",
        "street": "12 Oak Street", "street2": None, "city": "Raleigh", "state": "NC", "zip_code": "27601",
        "county": "37183", "phone": "9195555555", "email": "maria@example.com", "employer_id": None,
        "industry": "health_care", "lives_in_nc": True, "works_in_nc": True, "priority_group": None,
        "language": "es", "external_id": "E-1", "location_id": None,
    }  # fmt: skip


UNDERSTOOD = [
    ("Date of Birth", "3/5/1984", dt.date(1984, 3, 5)),
    ("Date of Birth", "1984-03-05", dt.date(1984, 3, 5)),
    ("Gender", "f", "F"),
    ("Gender", "Masculino", "M"),
    ("Gender", "Unknown/undifferentiated", "U"),
    ("Race", "Asian; White;asian", "2028-9;2106-3"),
    ("Race", "Prefer not to say", "UNK"),
    ("Race", "Blanca", "2106-3"),
    ("Ethnicity", "not hispanic or latino", "2186-5"),
    ("State", "north carolina", "NC"),
    ("State", "nc", "NC"),
    ("County", "wake county", "37183"),
    ("County", "NEW HANOVER", "37129"),
    ("ZIP", "27601-1234", "27601-1234"),
    ("ZIP", "276011234", "27601-1234"),
    ("Phone", "(919) 555-5555", "9195555555"),
    ("Phone", "+1 919.555.5555", "9195555555"),
    ("Phone", "1-919-555-5555", "9195555555"),
    ("Employer", "ACME   Mills", 7),
    ("Industry", "Retired", "other"),
    ("Lives in NC", "yes", True),
    ("Works in NC", "No", False),
    ("Works in NC", "Sí", True),
    ("Priority Group", "Group 1A", "1a"),
    ("Priority Group", "2: People 65 and older", "2"),
    ("Preferred Language", "Español", "es"),
    ("Suffix", "jr.", "Jr"),
    ("First Name", "Nguyễn", "Nguyễn"),
    ("Last Name", "O'Brien-Smith", "O'Brien-Smith"),
    ("Last Name", "李", "李"),
    ("Last Name", "Null", "Null"),
]


@pytest.mark.parametrize(("header", "text", "expected"), UNDERSTOOD)
def test_a_value_is_understood_however_people_write_it(header, text, expected):
    assert value(header, text) == expected


TOMORROW_YEAR = dt.date.today().year + 1
NOT_UNDERSTOOD = [
    ("First Name", "Mar1a"),
    ("First Name", "Ma\u200bria"),
    ("First Name", "Ma\u202eria"),
    ("First Name", "Ma\u0007ria"),
    ("First Name", "Maria\nElena"),
    ("Middle Name", "3rd"),
    ("Last Name", "-"),
    ("Last Name", "x" * 81),
    ("Suffix", "PhD"),
    ("Date of Birth", "25/03/1984"),
    ("Date of Birth", "03/25/84"),
    ("Date of Birth", "March 25, 1984"),
    ("Date of Birth", "02/30/1984"),
    ("Date of Birth", f"01/01/{TOMORROW_YEAR}"),
    ("Date of Birth", "01/01/1850"),
    ("Date of Birth", "30766"),
    ("Gender", "Robot"),
    ("Race", "Martian"),
    ("Race", "White; Martian"),
    ("Race", ";"),
    ("Ethnicity", "Yes"),
    ("Street", "x" * 121),
    ("Street", "12 Oak\u200b Street"),
    ("State", "ZZ"),
    ("ZIP", "2703"),
    ("ZIP", "2760A"),
    ("ZIP", "27601-12"),
    ("County", "Fairfax"),
    ("Phone", "555-5555"),
    ("Phone", "919-555-5555 ext 4"),
    ("Phone", "\u0669\u0661\u0669\u0665\u0665\u0665\u0665\u0665\u0665\u0665"),
    ("Email", "maria at example.com"),
    ("Email", "maria@example"),
    ("Employer", "Nobody knows Ltd"),
    ("Employer", "Twice"),
    ("Industry", "Wizardry"),
    ("Lives in NC", "perhaps"),
    ("Priority Group", "9z"),
    ("Preferred Language", "Klingon"),
    ("External ID", "x" * 41),
]


@pytest.mark.parametrize(("header", "text"), NOT_UNDERSTOOD)
def test_a_wrong_cell_is_named_alone(header, text):
    assert errors(PERSON | {header: text}) == [(header, "DATA")]


REQUIRED = [column.header for column in RECIPIENTS.columns if column.required is True]


@pytest.mark.parametrize("header", REQUIRED)
def test_a_required_cell_that_is_empty_is_named(header):
    assert errors(PERSON | {header: ""}) == [(header, "REQD")]


def test_the_required_columns_are_those_of_the_template():
    assert REQUIRED == [
        "First Name", "Last Name", "Date of Birth", "Gender", "Race", "Ethnicity", "Street", "City", "State", "ZIP",
        "County", "Industry", "Lives in NC", "Works in NC",
    ]  # fmt: skip


def test_the_priority_group_is_required_only_while_the_plan_opens_in_phases():
    assert errors(PERSON) == []
    assert errors(PERSON, phased=True) == [("Priority Group", "REQD")]
    assert errors(person(Priority_Group="1a"), phased=True) == []


def test_a_phone_number_or_an_email_address_is_enough_but_one_is_needed():
    assert errors(person(Phone="")) == []
    assert errors(person(Email="")) == []
    assert errors(person(Phone="", Email="")) == [("Phone", "REQD")]
    assert errors(person(Phone="12", Email="")) == [("Phone", "DATA")]


def test_a_person_who_neither_lives_nor_works_in_the_state_is_refused():
    assert errors(person(Lives_in_NC="N")) == []
    assert errors(person(Lives_in_NC="N", Works_in_NC="N")) == [("Lives in NC", "BUSR")]


def test_zip_and_county_must_fit_the_state():
    assert errors(person(ZIP="10001")) == [("ZIP", "BUSR")]
    assert errors(person(County="Out of state")) == [("County", "BUSR")]
    assert errors(person(State="VA", ZIP="22030")) == [("County", "BUSR")]
    assert errors(person(State="VA", ZIP="22030", County="Out of state")) == []


def test_all_errors_of_a_row_come_at_once_in_the_order_of_the_columns():
    wrong = person(First_Name="R2D2", Date_of_Birth="", ZIP="1", Phone="", Email="", Works_in_NC="N", Lives_in_NC="N")
    assert errors(wrong) == [
        ("First Name", "DATA"), ("Date of Birth", "REQD"), ("ZIP", "DATA"), ("Phone", "REQD"), ("Lives in NC", "BUSR"),
    ]  # fmt: skip


def test_a_cell_with_a_formula_is_an_error_and_is_named_once():
    assert errors(PERSON, formulas=["City"]) == [("City", "DATA")]
    assert errors(person(ZIP="=A1"), formulas=["ZIP"]) == [("ZIP", "DATA")]


def test_each_message_names_the_row_and_says_what_to_do():
    (error,) = checked(person(County="Fairfax"), number=17).errors
    assert (error.row, error.column) == (17, "County")
    assert "Fairfax" in error.message
    assert error.stored() == {"column": "County", "code": "DATA", "message": error.message}


def test_a_hostile_percent_sign_in_a_cell_is_shown_as_it_is():
    (error,) = checked(person(Gender="%(secret)s %d")).errors
    assert "%(secret)s %d" in error.message


def test_the_same_text_is_judged_alike_in_every_row():
    rows = [Row(number, person(ZIP="2703")) for number in (2, 3, 4)]
    found = check(rows, RECIPIENTS, Known(), Recipient.__table__)
    assert [[(error.row, error.column) for error in one.errors] for one in found] == [[(n, "ZIP")] for n in (2, 3, 4)]


def test_every_code_has_words():
    assert {"REQD", "DATA", "BUSR", "DBLD", "LIKE"} == set(FAMILIES)
