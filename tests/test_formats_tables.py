"""Exports to spreadsheets: read back with the readers people use, and watched while they stream."""

import csv
import datetime as dt
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import defusedxml.ElementTree as xml
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats import xlsx
from app.formats.tables import csv_stream, xlsx_stream

HEADERS = ["Last name", "Date of birth", "Given at", "Doses", "Volume", "Lives in NC", "Note"]
ROW = [
    "Nguyễn, Thị",
    dt.date(1980, 3, 4),
    dt.datetime(2021, 3, 4, 17, 5, 9),
    7,
    Decimal("0.3"),
    True,
    'say "hi"\nthere',
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", '=HYPERLINK("http://x")']

Stream = Callable[..., Iterator[bytes]]


def csv_rows(headers: list[str], rows: Any) -> list[list[str]]:
    text = b"".join(csv_stream(headers, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def sheets(headers: list[str], rows: Any, **asked: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(b"".join(xlsx_stream(headers, rows, **asked))))


def test_csv_is_utf8_with_a_mark_and_reads_back() -> None:
    assert b"".join(csv_stream(HEADERS, [])).startswith(b"\xef\xbb\xbfLast name,")
    expected = ["Nguyễn, Thị", "1980-03-04", "2021-03-04 17:05:09", "7", "0.3", "Yes", 'say "hi"\nthere']
    assert csv_rows(HEADERS, [ROW, [None] * 7]) == [HEADERS, expected, [""] * 7]


def test_xlsx_reads_back_with_dates_as_dates_and_numbers_as_numbers() -> None:
    page = sheets(HEADERS, [ROW, [None] * 7, ["Li", None, None, -2, 1.5, False, ""]], title="Doses").active
    assert page.title == "Doses" and page.freeze_panes == "A2" and page["A1"].font.bold
    assert [cell.value for cell in page[1]] == HEADERS
    made = [cell.value for cell in page[2]]
    assert made[:2] == ["Nguyễn, Thị", dt.datetime(1980, 3, 4)] and page["B2"].is_date
    assert made[2] == dt.datetime(2021, 3, 4, 17, 5, 9)
    assert made[3:] == [7, 0.3, "Yes", 'say "hi"\nthere']
    assert [cell.value for cell in page[3]] == [None] * 7
    assert [cell.value for cell in page[4]] == ["Li", None, None, -2, 1.5, "No", None]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_like_a_formula_is_harmless(text: str) -> None:
    [headers, row] = csv_rows([text], [[text]])
    assert headers == row == ["'" + text]
    page = sheets([text], [[text]]).active
    for cell in (page["A1"], page["A2"]):
        assert cell.data_type == "s" and cell.value.strip("\r\n") == text.strip("\r\n")
    assert page["A2"].quotePrefix


def test_numbers_below_zero_are_no_formulas() -> None:
    assert csv_rows(["n"], [[-5]])[1] == ["-5"]
    assert sheets(["n"], [[-5]]).active["A2"].value == -5


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), 10**400, 12345678901234567890])
def test_a_number_excel_cannot_hold_becomes_text(value: Any) -> None:
    assert sheets(["n"], [[value]]).active["A2"].value == str(value)[: xlsx.LONGEST]


def test_a_day_before_excels_calendar_becomes_text() -> None:
    assert sheets(["born"], [[dt.date(1899, 5, 6)]]).active["A2"].value == "1899-05-06"


def test_text_excel_cannot_hold_is_cut_and_cleaned() -> None:
    page = sheets(["t"], [["a\x00b\x0bc\ud800d"], ["x" * 40_000]]).active
    assert page["A2"].value == "abcd"
    assert len(page["A3"].value) == 32_767 and page["A3"].value.endswith("…")
    assert csv_rows(["t"], [["a\x00b\ud800"]])[1] == ["ab?"]


def test_a_long_table_goes_on_in_the_next_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "LAST_ROW", 4)
    for rows, expected in ((0, [0]), (3, [3]), (4, [3, 1]), (8, [3, 3, 2])):
        book = sheets(["n"], ([n] for n in range(rows)), title="Doses")
        assert [page.max_row - 1 for page in book] == expected
        assert [page["A1"].value for page in book] == ["n"] * len(expected)
        numbers = [cell.value for page in book for (cell,) in page.iter_rows(min_row=2)]
        assert numbers == list(range(rows))
    assert book.sheetnames == ["Doses", "Doses 2", "Doses 3"]


def test_a_sheet_ends_before_its_package_would_need_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "BIGGEST", 1000)
    book = sheets(["n"], ([n] for n in range(200)))
    assert len(book.sheetnames) > 1
    assert sum(page.max_row - 1 for page in book) == 200


def test_each_part_of_the_package_is_sound_xml_and_declared() -> None:
    package = zipfile.ZipFile(io.BytesIO(b"".join(xlsx_stream(["<&>"], [["<&>\"'"]], title="A/B [x]<&>"))))
    assert package.testzip() is None
    for name in package.namelist():
        xml.fromstring(package.read(name))
    declared = package.read("[Content_Types].xml").decode()
    for name in package.namelist():
        assert name.endswith((".rels", "[Content_Types].xml")) or f'"/{name}"' in declared
    assert "A B  x" in package.read("xl/workbook.xml").decode()


def test_a_row_of_the_wrong_length_is_refused_and_not_shifted() -> None:
    with pytest.raises(ValueError):
        list(xlsx_stream(["a", "b"], [["only one"]]))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6))
def test_any_text_survives_both(texts: list[str]) -> None:
    row = csv_rows([str(n) for n in range(len(texts))], [texts])[1:]
    kept = [text.replace("\0", "").encode("utf-8", "replace").decode() for text in texts]
    if any(kept):
        assert [cell.removeprefix("'") for cell in row[0]] == [text.removeprefix("'") for text in kept]
    sheets([str(n) for n in range(len(texts))], [texts])


@pytest.mark.parametrize("stream", [csv_stream, xlsx_stream])
def test_the_first_bytes_leave_before_the_last_row_is_read(stream: Stream) -> None:
    read = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal read
        while read < 100_000:
            read += 1
            yield ROW

    sent = [len(part) for part in until(stream(HEADERS, rows()), 2_000)]
    assert sum(sent) >= 2_000 and read < 20_000
    assert all(sent), "an empty part would end a chunked answer"


def until(parts: Iterator[bytes], size: int) -> Iterator[bytes]:
    for part in parts:
        yield part
        size -= len(part)
        if size <= 0:
            return


@pytest.mark.parametrize("stream", [csv_stream, xlsx_stream])
def test_memory_does_not_grow_with_the_rows(stream: Stream) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        for _ in stream(HEADERS, (ROW for _ in range(rows))):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    small, large = peak(2_000), peak(20_000)
    assert large < small * 1.5 + 100_000


@pytest.mark.parametrize(("stream", "least"), [(csv_stream, 5_000), (xlsx_stream, 3_000)])
def test_a_stream_is_fast_even_on_a_slow_machine(stream: Stream, least: int) -> None:
    start = time.process_time()
    for _ in stream(HEADERS, (ROW for _ in range(5_000))):
        pass
    assert 5_000 / (time.process_time() - start) > least
