"""The proof of vaccination: read back as a reader and a phone camera would."""

import io
import logging
import time
import unicodedata
from typing import Any

import pypdf
import pypdfium2
import pytest
import zxingcpp

from app.formats import lettering, proof_pdf
from app.formats.proof_pdf import ProofFailed

URL = "https://vaccines.example.gov/verify/7KQ2MXPRT4HB"
CANARY = "Zanzibarina Quuxington"
NAMES = [
    "Zoë Ångström",
    "Nguyễn Thị Hồng",
    "Ελένη Παπαδοπούλου",
    "Екатерина Ждáнова",
    "王小明",
    "田中 さくら",
    "김민준",
    "สมชาย ใจดี",
    "ኃይለ ሥላሴ",
    "Անահիտ გიორგი",
    "Seán O'Brien",
    "<b>Bobby</b> & Tables",
    "Anna-Maria " + "Konstantinopolitanskaya " * 3 + "Li",
]


def content(name: str = "Ada Lovelace", doses: int = 2, **changes: Any) -> dict[str, Any]:
    given = [
        {
            "number": str(n),
            "product": "Pfizer-BioNTech COVID-19 Vaccine",
            "manufacturer": "Pfizer, Inc.",
            "lot": f"EN62{n:02}",
            "given_on": f"2021-03-{n:02}",
            "clinic": "Wake County Human Services Public Health Center",
        }
        for n in range(1, doses + 1)
    ]
    facts = {"name": name, "birth_date": "1980-03-04", "issued_on": "2021-05-06", "issuer": "State of North Carolina"}
    return {**facts, "public_id": "7KQ2MXPRT4HB", "doses": given, **changes}


def paper(language: str = "en", words: Any = None, **facts: Any) -> bytes:
    return proof_pdf.proof_pdf(content(**facts), URL, language, words)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def flat(text: str) -> str:
    """Without blanks and line ends: where a line is broken is not what we ask."""
    return "".join(unicodedata.normalize("NFC", text).split())


def seen(pdf: bytes, dots: int = 150) -> Any:
    return pypdfium2.PdfDocument(pdf)[0].render(scale=dots / 72).to_pil()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_reads_back_as_it_was_given(name: str) -> None:
    [text] = pages(paper(name=name))
    assert flat(name) in flat(text)
    assert lettering.LOST not in text


@pytest.mark.parametrize("name", ["محمد علي", "שרה כהן"])
def test_a_name_written_right_to_left_keeps_its_letters(name: str) -> None:
    [text] = pages(paper(name=name))
    lines = [flat(unicodedata.normalize("NFKC", line)) for line in text.splitlines()]
    assert flat(name) in lines or flat(name)[::-1] in lines


def test_arabic_letters_are_joined() -> None:
    [text] = pages(paper(name="محمد"))
    assert any("\ufe70" <= letter <= "\ufeff" for letter in text)


def test_a_vowel_drawn_before_its_consonant_is_put_before_it() -> None:
    drawn = {
        text: "".join(run for run, _ in lettering.runs(text))
        for text in ("\u0930\u093f", "\u1019\u1031", "\u0995\u09cb")
    }
    assert list(drawn.values()) == ["\u093f\u0930", "\u1031\u1019", "\u09c7\u0995\u09be"]


def test_each_script_has_its_font_and_every_font_is_embedded() -> None:
    page = pypdf.PdfReader(io.BytesIO(paper(name="Ελένη 王小明 สมชาย"))).pages[0]
    made = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    used = {str(font["/BaseFont"]).rpartition("+")[2] for font in made if "/FontDescriptor" in font}
    assert {"DejaVuSans", "DejaVuSans-Bold", "DroidSansFallback", "NotoSansThai-Regular"} <= used
    assert all("/FontFile2" in font["/FontDescriptor"] for font in made if "/FontDescriptor" in font)


def test_a_letter_no_font_draws_prints_as_a_mark_and_fails_nothing() -> None:
    [text] = pages(paper(name="Ada \U00012000\u200bLovelace\x00"))
    assert "Ada" in text and "Lovelace" in text
    assert "".join(run for run, _ in lettering.runs("A\U00012000\u200b\x00")) == "A" + lettering.LOST


def test_the_paper_shows_every_fact_and_no_dash_for_a_known_one() -> None:
    [text] = pages(paper())
    whole = flat(text)
    for fact in ("03/04/1980", "March 4, 1980", "State of North Carolina", "7KQ2MXPRT4HB", "05/06/2021", URL):
        assert flat(fact) in whole
    for dose in content()["doses"]:
        for key in ("product", "manufacturer", "lot", "clinic"):
            assert flat(dose[key]) in whole
    assert "03/01/2021" in text and "Mar 1, 2021" in text
    assert "—" not in text


def test_spanish_puts_the_day_first() -> None:
    [text] = pages(paper(language="es", words=lambda message: {"Name": "Nombre"}.get(message, message)))
    assert "04/03/1980" in text and "4 de marzo de 1980" in text and "Nombre" in text
    assert "02/03/2021" in text


def test_what_is_unknown_is_a_dash_and_codes_are_words() -> None:
    doses = content(doses=2)["doses"]
    doses[0] |= {"number": "INV", "lot": None, "clinic": ""}
    doses[1] |= {"number": "UNK", "given_on": None}
    [text] = pages(proof_pdf.proof_pdf(content() | {"doses": doses}, URL, "en"))
    assert flat("Not valid") in flat(text) and "INV" not in text and "UNK" not in text
    assert text.count("—") == 5  # lot, clinic, number, and the day in digits and in letters


def test_a_person_without_doses_is_told_so() -> None:
    [text] = pages(paper(doses=0))
    assert "No doses are recorded." in text


@pytest.mark.parametrize(
    "facts",
    [
        {"doses": 12},
        {"doses": 12, "name": "W" * 80},
        {"doses": 12, "name": " ".join(["Wolfeschlegelsteinhausenbergerdorff"] * 7)},
    ],
)
def test_twelve_doses_and_the_longest_names_fit_one_page_inside_its_margins(facts: dict[str, Any]) -> None:
    facts = content(**facts)
    for dose in facts["doses"]:
        dose |= {"clinic": "Cumberland County " * 5 + "X" * 40, "lot": "L" * 20}
    pdf = proof_pdf.proof_pdf(facts, URL, "en")
    assert len(pages(pdf)) == 1
    image = seen(pdf, 72).convert("L")
    width, height = image.size
    for edge in (
        (0, 0, width, 40),
        (0, height - 36, width, height),
        (0, 0, 45, height),
        (width - 45, 0, width, height),
    ):
        assert image.crop(edge).getextrema()[0] > 250, f"something is printed at {edge}"
    assert flat(facts["name"]) in flat(pages(pdf)[0])


def test_the_code_is_read_from_the_page_at_the_resolution_of_a_fax() -> None:
    for pdf in (paper(), paper(doses=12)):
        found = zxingcpp.read_barcodes(seen(pdf, 100))
        assert [code.text for code in found] == [URL]


def test_it_is_letter_paper_titled_without_the_person_and_marked_with_its_language() -> None:
    reader = pypdf.PdfReader(io.BytesIO(paper(name=CANARY, language="es")))
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [612, 792]
    assert reader.metadata is not None and CANARY not in str(reader.metadata)
    assert reader.trailer["/Root"]["/Lang"] == "es"


@pytest.fixture
def no_font_for_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library warns of a letter it cannot draw, and quotes the element around it."""
    html = proof_pdf.proof_html
    monkeypatch.setattr(proof_pdf, "proof_html", lambda *facts: html(*facts).replace("dejavu", "helvetica"))


@pytest.mark.usefixtures("no_font_for_the_name")
def test_a_warning_of_the_library_fails_and_nothing_of_the_person_is_said_or_logged(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("xhtml2pdf", "reportlab"):
        caplog.set_level(logging.DEBUG, logger=name)
    with pytest.raises(ProofFailed, match="warnings") as failed:
        paper(name=CANARY + " Ứ")
    out = capsys.readouterr()
    for said in (caplog.text, out.out, out.err, repr(failed.value)):
        assert "Zanzibarina" not in said and "1980" not in said


def test_a_missing_fact_fails_without_the_cause_that_could_quote_the_person() -> None:
    facts = content(name=CANARY)
    del facts["doses"][0]["lot"]
    with pytest.raises(ProofFailed) as failed:
        proof_pdf.proof_pdf(facts, URL, "en")
    assert failed.value.__cause__ is None and failed.value.__context__ is None
    assert "Zanzibarina" not in str(failed.value)


def test_the_page_reads_no_file_but_its_fonts() -> None:
    with pytest.raises(ProofFailed):
        proof_pdf.printed('<img src="/etc/hostname">')
    with pytest.raises(ProofFailed):
        proof_pdf.printed('<img src="http://127.0.0.1:9/x.png">')


def test_fonts_are_read_once_a_process_and_each_has_its_licence() -> None:
    paper(name="王小明")
    before = lettering.letters_of("cjk")
    paper(name="王小明")
    assert lettering.letters_of("cjk") is before
    named = {file for files in lettering.FILES.values() for file in files}
    assert named == {path.name for path in lettering.FONTS.glob("*.ttf")}
    kinds = {path.name.removeprefix("LICENSE-").removesuffix(".txt") for path in lettering.FONTS.glob("LICENSE-*.txt")}
    assert {name for name in named if not name.startswith(tuple(kinds))} == set()


def test_threads_make_their_own_papers() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda name: paper(name=name), NAMES))
    assert all(flat(name) in flat(pages(pdf)[0]) for name, pdf in zip(NAMES, made, strict=True))


def test_a_paper_takes_less_than_a_third_of_a_second_of_processor_time() -> None:
    paper()
    start = time.process_time()
    for _ in range(5):
        paper()
    assert (time.process_time() - start) / 5 < 0.33
