"""Whatever the bytes, a file gives rows or one plain reason; whatever people type comes through unharmed."""

import io
import random
import zipfile
from types import SimpleNamespace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.uploads import fix_file, reading_xlsx, tidy
from app.uploads.cells import Known
from app.uploads.checking import check
from app.uploads.dressing import _NOT_XML
from app.uploads.reading import FileRefused, Row, read
from app.uploads.reasons import reason_for
from app.uploads.recipients import RECIPIENTS
from models.recipients import Recipient
from tests.uploads_kit import HEADINGS, PERSON, csv_of, people_xlsx

CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
WILD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
KEPT = WILD.map(tidy.trim).filter(bool)  # what is left once blanks around it are gone
LINES = csv_of(PERSON, PERSON)


def rows_or_reason(data, name="people.csv"):
    try:
        return read(data, name, RECIPIENTS).rows
    except FileRefused as refused:
        assert refused.reason
        return None


@CALM
@given(st.binary(max_size=400))
@example(b"\xff\xfe\x00")
@example(b"sep=")
@example(b'"')
def test_any_bytes_give_rows_or_a_reason(data):
    rows_or_reason(data)


@CALM
@given(st.binary(max_size=200), st.integers(0, len(LINES)), st.integers(0, 60))
def test_a_damaged_csv_file_gives_rows_or_a_reason(noise, at, cut):
    for row in rows_or_reason(LINES[:at] + noise + LINES[at + cut :]) or ():
        assert row.number >= 2
        assert set(row.typed) <= set(HEADINGS)


@CALM
@given(st.lists(st.dictionaries(st.sampled_from(HEADINGS), WILD, min_size=1), min_size=1, max_size=5))
def test_what_is_typed_comes_through_a_csv_file_and_is_checked_without_an_exception(people):
    rows = rows_or_reason(csv_of(PERSON, *people))
    assert rows is not None
    wanted = [{name: tidy.cell_text(text) for name, text in one.items() if tidy.cell_text(text)} for one in people]
    assert [row.typed for row in rows[1:]] == [one for one in wanted if one]
    for one in check(rows, RECIPIENTS, Known(), Recipient.__table__):
        assert all(error.column in HEADINGS and error.message for error in one.errors)


@CALM
@given(KEPT)
@example("'=1")
@example("''")
@example("＝1")
def test_what_is_made_harmless_comes_back_as_it_was(text):
    assert tidy.as_typed(tidy.harmless(text)) == text
    assert not tidy.harmless(text).startswith(("=", "+", "-", "@"))


@settings(CALM, max_examples=6)
@given(st.lists(st.dictionaries(st.sampled_from(HEADINGS), KEPT, min_size=1), min_size=20, max_size=40))
def test_a_fix_file_gives_back_what_was_typed(people):
    rows = [SimpleNamespace(row=number, typed=typed, errors=[]) for number, typed in enumerate([PERSON, *people], 2)]
    found = read(fix_file.workbook(RECIPIENTS, rows), "fix.xlsx", RECIPIENTS).rows
    for typed, row in zip(people, found[1:], strict=True):
        assert row.typed == {name: tidy.trim(_NOT_XML.sub("\ufffd", text)) for name, text in typed.items()}


def test_a_damaged_workbook_gives_rows_or_a_reason():
    """In this process, many at a time; the child catches whatever else the library may raise."""
    good = people_xlsx(PERSON)
    dice = random.Random(7)
    outcomes = set()
    for _ in range(150):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            outcomes.add(len(list(reading_xlsx.raw_rows(bytes(data)))) == 2)
        except FileRefused as refused:
            outcomes.add(reason_for(refused.code, refused.facts))
        except Exception as problem:  # noqa: BLE001 - inside the library; answered by the child as "damaged"
            outcomes.add(type(problem))
    assert True in outcomes
    assert len(outcomes) > 2


def test_workbooks_that_break_the_library_are_answered_as_damaged():
    for sheet in (b"<worksheet><sheetData><row r='x'/></sheetData></worksheet>", b"<worksheet", b"", b"\xff"):
        assert _refusal(_with_sheet(sheet)).code in ("broken_workbook", "no_header")


def _with_sheet(sheet):
    source = zipfile.ZipFile(io.BytesIO(people_xlsx(PERSON)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in source.namelist():
            archive.writestr(member, sheet if member.endswith("sheet1.xml") else source.read(member))
    return out.getvalue()


def _refusal(data):
    try:
        read(data, "a.xlsx", RECIPIENTS)
    except FileRefused as refused:
        return refused
    raise AssertionError("this workbook was taken")


@CALM
@given(st.dictionaries(st.sampled_from(HEADINGS), WILD))
def test_a_row_without_errors_can_be_stored(typed):
    typed = PERSON | {name: tidy.trim(text) for name, text in typed.items()}
    one = check(
        [Row(2, {name: text for name, text in typed.items() if text})], RECIPIENTS, Known(), Recipient.__table__
    )[0]
    if not one.errors:
        Recipient(**{name: value for name, value in one.values.items() if name != "location_id"}).check()
