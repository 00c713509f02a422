"""What is read of a file and under which row number, and what is refused as a whole."""

import datetime as dt
import io
import time
import zipfile

import pytest

from app.uploads import limits, reading_csv
from app.uploads.reading import FileRefused, read
from app.uploads.reasons import REASONS
from app.uploads.recipients import RECIPIENTS
from tests.uploads_kit import HEADINGS, PERSON, csv_of, people_xlsx, person, xlsx_of


def rows_of(data, name="people.csv", **more):
    return read(data, name, RECIPIENTS, **more).rows


def refusal(data, name="people.csv", **more):
    with pytest.raises(FileRefused) as refused:
        read(data, name, RECIPIENTS, **more)
    assert "%(" not in refused.value.reason
    return refused.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_usual_way_to_write_a_csv_file_gives_the_same_row(encoding, delimiter, end):
    data = csv_of(person(Last_Name="Muñoz"), delimiter=delimiter, encoding=encoding, end=end)
    (row,) = rows_of(data)
    assert row.number == 2
    assert row.typed == PERSON | {"Last Name": "Muñoz"}


def test_utf_16_of_both_byte_orders_is_read_by_its_mark():
    text = csv_of(person(Last_Name="Łódź")).decode()
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert rows_of(mark + text.encode(encoding))[0].typed["Last Name"] == "Łódź"


def test_a_sep_line_names_the_delimiter_and_counts_as_no_row():
    (row,) = rows_of(b"sep=|\r\n" + csv_of(PERSON, delimiter="|"))
    assert (row.number, row.typed) == (2, PERSON)


def test_row_numbers_are_those_the_spreadsheet_shows():
    lines = csv_of(person(Street="12 Oak Street\nApt 4"), {}, person(First_Name="Ann")) + b"\r\n,,,\r\n\r\n"
    assert [row.number for row in rows_of(lines)] == [2, 4]
    assert rows_of(lines)[0].typed["Street"] == "12 Oak Street\nApt 4"


def test_headings_are_known_without_regard_to_case_blanks_asterisk_or_order():
    headings = [f"  {name.upper()} * " for name in reversed(HEADINGS)]
    one = dict(zip(headings, (PERSON.get(name, "") for name in reversed(HEADINGS)), strict=True))
    assert rows_of(csv_of(one, headings=headings))[0].typed == PERSON


def test_spanish_headings_and_common_other_words_are_known():
    other = {"First Name": "Nombre", "Date of Birth": "DOB (MM/DD/YYYY)", "Phone": "TELEFONO", "ZIP": "Código_Postal"}
    headings = [other.get(name, name) for name in HEADINGS]
    typed = rows_of(csv_of({other.get(name, name): text for name, text in PERSON.items()}, headings=headings))[0].typed
    assert typed == PERSON


def test_blanks_and_invisible_characters_around_values_are_taken_off_and_letters_composed():
    (row,) = rows_of(csv_of(person(First_Name="\u00a0\u200b José \ufeff", Last_Name="Mun\u0303oz")))
    assert (row.typed["First Name"], row.typed["Last Name"]) == ("José", "Mu\u00f1oz")


def test_an_instruction_row_under_the_headings_is_no_person():
    told = dict.fromkeys(HEADINGS, "Required")
    assert [row.number for row in rows_of(csv_of(told, PERSON))] == [3]
    assert [row.number for row in rows_of(csv_of(person(First_Name="#", Last_Name=""), PERSON))] == [3]


def test_only_the_row_under_the_headings_can_be_an_instruction():
    assert len(rows_of(csv_of(PERSON, dict.fromkeys(HEADINGS, "Required")))) == 2


def test_the_column_what_to_fix_is_not_read_back():
    headings = ["What to fix", *HEADINGS, "Qué corregir"]
    one = PERSON | {"What to fix": "ZIP: five digits", "Qué corregir": "-"}
    assert rows_of(csv_of(one, headings=headings))[0].typed == PERSON


def test_people_whose_names_look_like_computer_words_are_people():
    for name in ("Null", "True", "Nan", "None", "O'Brien", "N/A"):
        assert rows_of(csv_of(person(Last_Name=name)))[0].typed["Last Name"] == name
        assert rows_of(people_xlsx(person(Last_Name=name)), "a.xlsx")[0].typed["Last Name"] == name


def test_a_workbook_gives_dates_and_numbers_as_the_spreadsheet_shows_them():
    def shape(book):
        sheet = book.active
        sheet["M3"].number_format = "00000"
        sheet["M4"].number_format = "00000-0000"

    rows = rows_of(
        people_xlsx(
            person(Date_of_Birth=dt.date(1984, 3, 25), ZIP=27601, Phone=9195555555, External_ID=123456789012345),
            person(Date_of_Birth=dt.datetime(1984, 3, 25), ZIP=2703, Lives_in_NC=True),
            person(ZIP=276011234, External_ID=1.5),
            change=shape,
        ),
        "people.xlsx",
    )
    first, second, third = (row.typed for row in rows)
    assert (first["Date of Birth"], first["ZIP"], first["Phone"]) == ("1984-03-25", "27601", "9195555555")
    assert first["External ID"] == "123456789012345"
    assert (second["Date of Birth"], second["ZIP"], second["Lives in NC"]) == ("1984-03-25", "02703", "TRUE")
    assert (third["ZIP"], third["External ID"]) == ("27601-1234", "1.5")


def test_a_number_keeps_no_zero_that_the_spreadsheet_does_not_show():
    assert rows_of(people_xlsx(person(ZIP=2703)), "a.xlsx")[0].typed["ZIP"] == "2703"


def test_dates_of_a_workbook_that_counts_from_1904_are_right():
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    data = people_xlsx(
        person(Date_of_Birth=dt.date(1984, 3, 25)), change=lambda book: setattr(book, "epoch", CALENDAR_MAC_1904)
    )
    assert rows_of(data, "a.xlsx")[0].typed["Date of Birth"] == "1984-03-25"


def test_the_first_visible_sheet_is_read_and_gaps_keep_their_numbers():
    def hide(book):
        book.create_sheet("Hidden notes", 0).sheet_state = "hidden"
        book["Sheet"]["A9"] = "Ann"
        book.create_sheet("Later")["A1"] = "nothing for us"

    rows = rows_of(people_xlsx(PERSON, change=hide), "a.xlsx")
    assert [(row.number, row.typed["First Name"]) for row in rows] == [(2, "Maria"), (9, "Ann")]


def test_a_formula_is_noted_and_its_text_is_not_taken_for_a_value_someone_typed():
    (row,) = rows_of(people_xlsx(person(City="=UPPER(A2)")), "a.xlsx")
    assert row.formulas == {"City"}


def bomb(total=60 * limits.MEGABYTE):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * total)
    return out.getvalue()


def with_member(name, content, replace=None):
    """A good workbook with one more member, or with `replace` in its sheet."""
    source = zipfile.ZipFile(io.BytesIO(people_xlsx(PERSON)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in source.namelist():
            data = source.read(member)
            if replace and member == replace[0]:
                data = data.replace(replace[1], replace[2])
            archive.writestr(member, data)
        if name:
            archive.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITY = b'<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet'
HEAD = ",".join(HEADINGS).encode()

REFUSED = {
    "empty": (b"", "a.csv"),
    "unknown_format": (csv_of(PERSON), "a.pdf"),
    "old_excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xlsx"),
    "false_name": (csv_of(PERSON), "a.xlsx"),
    "broken_workbook": (people_xlsx(PERSON)[:2_000], "a.xlsx"),
    "macros": (with_member("xl/vbaProject.bin", b"x"), "a.xlsx"),
    "bomb": (bomb(), "a.xlsx"),
    "nested": (with_member("xl/embeddings/more.xlsx", b"PK"), "a.xlsx"),
    "entities": (with_member("", b"", (SHEET, b"<worksheet", ENTITY)), "a.xlsx"),
    "no_sheet": (with_member("", b"", ("xl/workbook.xml", b'state="visible"', b'state="hidden"')), "a.xlsx"),
    "merged": (people_xlsx(PERSON, change=lambda book: book.active.merge_cells("A2:B2")), "a.xlsx"),
    "nul": (csv_of(person(City="Ra\0leigh")), "a.csv"),
    "undecodable": (HEAD + b"\r\n\x81\x8d\x8f", "a.csv"),
    "open_quote": (HEAD + b'\r\n"Maria,Lopez\r\nAnn,Lee\r\n', "a.csv"),
    "bad_quote": (HEAD + b'\r\n"Maria"x,Lopez\r\n', "a.csv"),
    "too_many_columns": (HEAD + b"\r\n" + b"x," * 201 + b"x\r\n", "a.csv"),
    "long_cell": (csv_of(person(Street="x" * 10_001)), "a.csv"),
    "wide_row": (csv_of(PERSON) + b"Maria,,Lopez" + b"," * (len(HEADINGS) - 2) + b"stray\r\n", "a.csv"),
    "no_header": (b"Maria,Lopez,03/25/1984\r\nAnn,Lee,01/02/1990\r\n", "a.csv"),
    "unknown_columns": (csv_of(PERSON, headings=[*HEADINGS, "Alias", "Shoe size"]), "a.csv"),
    "doubled_columns": (csv_of(PERSON, headings=[*HEADINGS, "zip*"]), "a.csv"),
    "unnamed_columns": (csv_of(person(**{"": "stray"}), headings=[*HEADINGS[:3], "", *HEADINGS[3:]]), "a.csv"),
    "missing_columns": (csv_of(PERSON, headings=[name for name in HEADINGS if name not in ("ZIP", "Race")]), "a.csv"),
    "no_rows": (csv_of(), "a.csv"),
}


def test_a_tag_that_goes_on_and_on_is_not_parsed_and_a_long_text_is():
    attributes = b" ".join(b'a%d="1"' % number for number in range(30_000))
    endless = with_member("", b"", (SHEET, b"<sheetData>", b"<sheetData " + attributes + b">"))
    assert refusal(endless, "a.xlsx").code == "too_heavy"
    assert rows_of(people_xlsx(person(Street="é" * limits.LONGEST_CELL)), "a.xlsx")


@pytest.mark.parametrize("code", REFUSED)
def test_a_file_that_cannot_be_taken_is_refused_with_its_reason(code):
    assert refusal(*REFUSED[code]).code == code


def test_every_reason_is_met_by_a_test():
    elsewhere = {"too_big", "too_many_rows", "too_heavy", "cut_off"}
    assert set(REFUSED) | elsewhere == set(REASONS)


def test_the_reason_names_what_is_concerned():
    assert "Alias, Shoe size" in refusal(*REFUSED["unknown_columns"]).reason
    assert "Race, ZIP" in refusal(*REFUSED["missing_columns"]).reason
    assert "ZIP" in refusal(*REFUSED["doubled_columns"]).reason
    assert "D" in refusal(*REFUSED["unnamed_columns"]).reason
    assert "row 2" in refusal(*REFUSED["open_quote"]).reason
    assert "A2:B2" in refusal(*REFUSED["merged"]).reason


def test_priority_group_must_be_there_while_the_plan_opens_in_phases():
    headings = [name for name in HEADINGS if name != "Priority Group"]
    assert rows_of(csv_of(PERSON, headings=headings))
    assert "Priority Group" in refusal(csv_of(PERSON, headings=headings), phased=True).reason


def test_more_rows_or_bytes_than_can_be_taken_are_refused(monkeypatch):
    assert refusal(csv_of(PERSON, PERSON), most_rows=1).code == "too_many_rows"
    assert refusal(b"x" * (limits.MOST_BYTES + 1)).code == "too_big"
    assert refusal(csv_of(PERSON) + b"\n" * limits.DEEPEST_ROW).code == "too_many_rows"


def test_rows_of_nothing_are_counted_and_headings_far_below_them_are_not_looked_for():
    with_break = person(Street="12 Oak Street\nApt 4")
    lines = csv_of(with_break, PERSON).split(b"\r\n")
    data = b"\r\n".join([b",,", lines[0], b'"",,', *(b"," * 30 for _line in range(3)), lines[1], b",", lines[2], b""])
    assert [row.number for row in rows_of(data)] == [7, 9]
    assert rows_of(data)[0].typed["Street"] == "12 Oak Street\nApt 4"
    assert refusal(b";,\n" * limits.MEGABYTE + csv_of(PERSON)).code == "no_header"


def with_strings(count):
    """A workbook with a table of that many strings, as spreadsheets keep them, beside its one row."""
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    strings = b"".join(b"<si><t>%d</t></si>" % at for at in range(count))
    space = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return with_member("xl/sharedStrings.xml", space + strings + b"</sst>", ("[Content_Types].xml", b"</Types>", part))


def test_a_table_of_strings_that_no_cell_uses_is_refused_before_it_is_parsed():
    assert rows_of(with_strings(10), "a.xlsx")
    data = with_strings(1_000_000)
    began = time.perf_counter()
    assert refusal(data, "a.xlsx").code == "too_heavy"
    assert time.perf_counter() - began < 10  # 2 s on a quiet machine; parsed, it took 40


def test_a_workbook_that_eats_the_memory_of_the_child_is_refused_and_the_console_lives():
    assert limits.CHILD_MEMORY <= 200 * limits.MEGABYTE
    wide = b"<row>" + b"".join(b'<c s="%d"/>' % (at * 7919 % 999_983) for at in range(2_000_000)) + b"</row>"
    data = with_member("", b"", (SHEET, b"<sheetData>", b"<sheetData>" + wide))
    assert refusal(data, "a.xlsx").code == "too_heavy"


def test_a_child_that_dies_or_hangs_refuses_the_file(monkeypatch):
    from app.uploads import child

    monkeypatch.setattr(child.sys, "executable", "/bin/false")
    assert refusal(people_xlsx(PERSON), "a.xlsx").code == "too_heavy"
    monkeypatch.undo()
    monkeypatch.setattr(child, "CHILD_WAIT_SECONDS", 0.0001)
    assert refusal(people_xlsx(PERSON), "a.xlsx").code == "too_heavy"


def test_a_csv_file_with_the_name_of_a_workbook_and_the_reverse_are_refused():
    assert refusal(people_xlsx(PERSON), "a.csv").code == "false_name"
    assert refusal(people_xlsx(PERSON), "a.xlsm").code == "macros"
    assert refusal(with_member("x.txt", b""), "a.zip").code == "unknown_format"


def test_an_empty_workbook_has_no_headings():
    assert refusal(xlsx_of([]), "a.xlsx").code == "no_header"


def test_the_delimiter_is_the_one_that_gives_the_most_cells():
    assert reading_csv.delimiter_of('"a,b";c;d\n')[0] == ";"
