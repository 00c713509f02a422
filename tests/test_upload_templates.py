"""The blank template and the fix-file: made from the declared columns, and read back by the same parser."""

import csv
import io
from types import SimpleNamespace

import pytest
from flask_babel import force_locale

from app.uploads import blank, fix_file
from app.uploads.cells import Known
from app.uploads.checking import check
from app.uploads.columns import WHAT_TO_FIX
from app.uploads.explaining import explain
from app.uploads.reading import FileRefused, Row, read
from app.uploads.recipients import RECIPIENTS
from models.recipients import Recipient
from tests.uploads_kit import HEADINGS, PERSON, person

THE_TEMPLATE = [
    "First Name*", "Middle Name", "Last Name*", "Suffix", "Date of Birth*", "Gender*", "Race*", "Ethnicity*",
    "Street*", "Street 2", "City*", "State*", "ZIP*", "County*", "Phone", "Email", "Employer", "Industry*",
    "Lives in NC*", "Works in NC*", "Priority Group", "Preferred Language", "External ID", "Location PIN",
]  # fmt: skip
GROUPS = {"1a": "Health workers", "2": "People 65 and older"}


def opened(data):
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(data))


def filled_in(data, typed, row=3):
    """The workbook as someone gives it back who wrote a person into it."""
    book = opened(data)
    for place, name in enumerate(HEADINGS, start=1):
        if typed.get(name):
            book.worksheets[0].cell(row, place, typed[name])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_headings_are_exactly_those_agreed_in_their_order():
    assert [column.heading() for column in RECIPIENTS.columns] == THE_TEMPLATE
    assert RECIPIENTS.column("priority_group").heading(phased=True) == "Priority Group*"


def test_every_column_goes_to_a_column_of_the_recipient_table():
    fields = {column.field for column in RECIPIENTS.columns} - {"location_id"}  # of the link, not of the person
    assert fields <= set(Recipient.__table__.c.keys())


def test_the_workbook_has_the_headings_and_no_row_that_would_be_read():
    data = blank.workbook(RECIPIENTS)
    sheet = opened(data).worksheets[0]
    assert [cell.value for cell in sheet[1]] == THE_TEMPLATE
    with pytest.raises(FileRefused) as refused:
        read(data, "blank.xlsx", RECIPIENTS)
    assert refused.value.code == "no_rows"


def test_the_csv_template_has_the_same_headings_and_no_row_either():
    data = blank.csv_file(RECIPIENTS)
    assert next(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == THE_TEMPLATE
    with pytest.raises(FileRefused) as refused:
        read(data, "blank.csv", RECIPIENTS)
    assert refused.value.code == "no_rows"


@pytest.mark.parametrize("locale", ["en", "es"])
def test_a_person_written_into_the_template_is_read_back_in_either_language(app, locale):
    with app.test_request_context(), force_locale(locale):
        data = blank.workbook(RECIPIENTS, groups=GROUPS)
        (row,) = read(filled_in(data, PERSON), "a.xlsx", RECIPIENTS).rows
        assert (row.number, row.typed) == (3, PERSON)
        text = blank.csv_file(RECIPIENTS) + ",".join(PERSON.get(name, "") for name in HEADINGS).encode()
        assert read(text, "a.csv", RECIPIENTS).rows[0].typed == PERSON


def test_each_closed_list_has_a_drop_down_and_each_of_its_words_is_accepted():
    book = opened(blank.workbook(RECIPIENTS, groups=GROUPS))
    sheet, lists = book.worksheets[0], book["Lists"]
    assert lists.sheet_state == "hidden"
    columns = {column.header: column for column in RECIPIENTS.columns}
    found = set()
    for rule in sheet.data_validations.dataValidation:
        letter = str(rule.sqref).split(":")[0].rstrip("0123456789")
        header = sheet[f"{letter}1"].value.rstrip("*")
        found.add(header)
        for (cell,) in lists[rule.formula1.removeprefix("Lists!").replace("$", "")]:
            row = Row(2, PERSON | {header: cell.value})
            wrong = check([row], RECIPIENTS, Known(groups=GROUPS), Recipient.__table__)[0].errors
            assert not [error for error in wrong if error.column == header and error.code != "BUSR"], cell.value
    closed = {name for name, column in columns.items() if column.table or column.kind in ("yes_no", "group")}
    assert found == closed


def test_every_example_of_the_template_is_a_good_value():
    row = Row(2, {column.header: column.example for column in RECIPIENTS.columns if column.example})
    assert check([row], RECIPIENTS, Known(groups=GROUPS, phased=True), Recipient.__table__)[0].errors == []


def test_the_explanation_names_every_column_with_its_allowed_values():
    lines = explain(RECIPIENTS, phased=True, groups=GROUPS)
    assert [line.heading.rstrip("*") for line in lines] == HEADINGS
    county = lines[HEADINGS.index("County")]
    assert len(county.allowed) == 101
    assert "1a: Health workers" in lines[HEADINGS.index("Priority Group")].allowed
    text = [cell.value for row in opened(blank.workbook(RECIPIENTS)).worksheets[1] for cell in row]
    assert {line.heading for line in explain(RECIPIENTS)} <= set(text)


def failed(row=2, errors=(), **changes):
    return SimpleNamespace(row=row, typed=person(**changes), errors=list(errors))


def error(column, message="It is wrong."):
    return {"column": column, "code": "DATA", "message": message}


def test_the_fix_file_colours_the_wrong_cells_and_says_why_in_two_places():
    rows = [failed(errors=[error("ZIP", "Five digits."), error("City", "Missing.")], ZIP="1", City=""), failed(row=9)]
    sheet = opened(fix_file.workbook(RECIPIENTS, rows)).worksheets[0]
    zip_code, city, fine = (sheet.cell(2, HEADINGS.index(name) + 1) for name in ("ZIP", "City", "County"))
    assert zip_code.comment.text == "Five digits."
    assert city.comment.text == "Missing."
    assert fine.comment is None
    assert zip_code.fill.start_color.rgb == city.fill.start_color.rgb != fine.fill.start_color.rgb
    last = len(HEADINGS) + 1
    assert sheet.cell(1, last).value == str(WHAT_TO_FIX)
    assert sheet.cell(2, last).value == "ZIP: Five digits. City: Missing."


def test_the_fix_file_can_be_uploaded_as_it_is_and_holds_only_the_failed_rows():
    rows = [failed(errors=[error("ZIP")], ZIP="1"), failed(errors=[error("")], First_Name="Ann")]
    table = read(fix_file.workbook(RECIPIENTS, rows), "fix.xlsx", RECIPIENTS)
    assert [row.typed for row in table.rows] == [row.typed for row in rows]


@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_fix_file_of_either_language_is_read_back(app, locale):
    with app.test_request_context(), force_locale(locale):
        data = fix_file.workbook(RECIPIENTS, [failed(errors=[error("ZIP")])])
        assert read(data, "fix.xlsx", RECIPIENTS).rows[0].typed == PERSON


HARMFUL = ["=1+1", "+1 919 555 5555", "-5", "@SUM(A1)", "'=1", "''=1", "'quoted'", "#N/A", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", HARMFUL)
def test_no_cell_of_the_fix_file_is_a_formula_and_each_comes_back_as_typed(text):
    data = fix_file.workbook(RECIPIENTS, [failed(Street=text)])
    cell = opened(data).worksheets[0].cell(2, HEADINGS.index("Street") + 1)
    assert cell.data_type == "s"
    assert not cell.value.startswith(("=", "+", "-", "@"))
    (row,) = read(data, "fix.xlsx", RECIPIENTS).rows
    assert (row.typed["Street"], row.formulas) == (text, frozenset())


def test_characters_that_a_workbook_cannot_hold_do_not_break_the_fix_file():
    data = fix_file.workbook(RECIPIENTS, [failed(Street="12\x0bOak\ufffe")])
    assert read(data, "fix.xlsx", RECIPIENTS).rows[0].typed["Street"] == "12\ufffdOak\ufffd"
