"""Pages as people of each profile see them in Spanish: no heading, label, button or menu stays in English."""

import datetime as dt
from html.parser import HTMLParser

import pytest
from flask_babel import force_locale, format_decimal, format_time, gettext

from app import access, letters
from app.formats.proof_pdf import proof_html
from app.rules.enrollment_fields import FORMS
from models.base import db
from models.people import PortalUser
from models.scope import acting
from tests import factories as make
from tests.signing_in import marks, sign_in, someone
from translations import catalogue

pytestmark = pytest.mark.shared_data

ENGLISH, SPANISH = {"Accept-Language": "en-US,en;q=0.9"}, {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
WORDED = {"h1", "h2", "h3", "h4", "th", "dt", "label", "legend", "button", "summary", "caption", "title"}
SAID_ALOUD = ("aria-label", "data-confirm", "title", "alt")
A_PERSON = "Ana García"  # as tests.factories calls people: a heading of their own page
WITHOUT_END = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Words(HTMLParser):
    """The texts of a page: all of them, those of headings, labels, buttons and the menu, and where the menu leads."""

    def __init__(self, page: str):
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts, self.labels, self.menu, self.language = set(), set(), [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if tag == "html":
            self.language = said["lang"]
        if tag == "a" and self.within("nav") and said["href"].startswith("/"):
            self.menu.append(said["href"])
        self.labels.update(said[name] for name in SAID_ALOUD if said.get(name))
        if tag not in WITHOUT_END:
            names_a_row = tag == "th" and said.get("scope") == "row"
            self.open.append(("row" if names_a_row else tag, "lang" in said and tag != "html"))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] not in (tag, "row" if tag == "th" else tag):
            pass

    def handle_data(self, data):
        text = " ".join(data.split())
        if not any(letter.isalpha() for letter in text) or self.within("script", "style", "strong"):
            return
        if any(foreign for _tag, foreign in self.open):
            return
        self.texts.add(text)
        if self.within(*WORDED) or self.within("nav"):
            self.labels.add(text)

    def within(self, *tags):
        return any(tag in tags for tag, _foreign in self.open)


@pytest.fixture(scope="module")
def translated() -> dict[str, str]:
    """English -> Spanish of every message that differs."""
    return {m.id: m.string for m in catalogue.read("es") if m.id and isinstance(m.id, str) and m.id != m.string}


@pytest.fixture(scope="module")
def same() -> set[str]:
    """What is written alike in both languages."""
    return {m.id for m in catalogue.read("es") if m.id == m.string} | {A_PERSON}


def both(client, path: str) -> tuple[Words, Words]:
    english, spanish = (client.get(path, headers=told, follow_redirects=True) for told in (ENGLISH, SPANISH))
    assert english.status_code == spanish.status_code, path
    pages = Words(english.text), Words(spanish.text)
    assert [page.language for page in pages] == ["en", "es"], path
    return pages


def left_in_english(pages: tuple[Words, Words], translated: dict[str, str], same: set[str]) -> set[str]:
    english, spanish = pages
    return ((english.labels & spanish.labels) - same) | (spanish.texts & translated.keys())


def test_the_measure_itself_finds_english():
    page = Words('<html lang="es"><h1>Record dose</h1><p>Plain</p><li lang="en">English</li><b>Lot</b></html>')
    assert page.labels == {"Record dose"} and page.texts == {"Record dose", "Plain", "Lot"}
    assert left_in_english((page, page), {"Lot": "Lote"}, set()) == {"Record dose", "Lot"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login/",
        "/enrollment",
        "/provider",
        "/recipient",
        "/organization",
        "/help-desk",
        "/nothing",
        "/verify/x",
    ],
)
def test_pages_for_everyone(client, translated, same, path):
    pages = both(client, path)
    assert pages[1].labels and left_in_english(pages, translated, same) == set()


@pytest.mark.parametrize("profile", access.profiles())
def test_the_start_and_every_page_of_the_menu(app, as_profile, translated, same, profile):
    client = as_profile(profile)
    start = both(client, "/start/")
    assert len(start[1].menu) >= 2, profile
    left = {"/start/": left_in_english(start, translated, same)}
    for path in dict.fromkeys(start[1].menu):
        left[path] = left_in_english(both(client, path), translated, same)
    assert {path: words for path, words in left.items() if words} == {}


@pytest.mark.parametrize(
    ("profile", "paths"),
    [
        ("State Administrator", ["/organization/add", "/location/add", "/vaccine/add", "/membership/add", "/lot/add"]),
        ("Healthcare Provider", ["/find/", "/walk-in/", "/recipient/list/?_flt_0_zzz=1"]),
        ("Healthcare Location Manager", ["/storage-unit/add", "/upload/", "/organization/add"]),
    ],
)
def test_forms_and_refusals(as_profile, translated, same, profile, paths):
    client = as_profile(profile)
    left = {path: left_in_english(both(client, path), translated, same) for path in paths}
    assert {path: words for path, words in left.items() if words} == {}


def test_every_step_of_both_sections(app, as_profile, translated, same):
    with app.app_context():
        place = make.location()
        with acting(make.SEED):
            keys = {one.kind: one.id for one in make.application(place).sections}
        organization = place.organization_id
        db.session.commit()
    client = as_profile("Organization Administrator", organization_id=organization)
    paths = [f"/section-steps/{keys[kind]}/{name}" for kind, form in FORMS.items() for name in ("", *_names(form))]
    left = {path: left_in_english(both(client, path), translated, same) for path in (*paths, "/enroll/")}
    assert {path: words for path, words in left.items() if words} == {}


def _names(form):
    return [step.name for step in form.steps]


def test_what_is_wrong_with_a_form_is_said_in_spanish(as_profile):
    client = as_profile("State Administrator")
    form = Words(client.get("/vaccine/add", headers=SPANISH).text)
    assert "Nombre corto" in form.labels
    answer = client.post(
        "/vaccine/add", data={**marks(client), "doses_per_vial": "x", "authorized_on": "x"}, headers=SPANISH
    )
    assert "Llene este campo." in answer.text and "No es una fecha válida." in answer.text
    assert "Revise esto otra vez" in answer.text


@pytest.mark.parametrize(
    ("asked", "language"),
    [("es-MX,es;q=0.9", "es"), ("en;q=0.4,es;q=0.8", "es"), ("fr-CA,es;q=0.3", "es"), ("fr-CA", "en"), ("", "en")],
)
def test_the_browser_is_asked_which_language(client, asked, language):
    assert Words(client.get("/", headers={"Accept-Language": asked}).text).language == language


def test_a_persons_own_language_comes_before_the_browsers_and_a_chosen_one_before_both(app, client):
    username = someone(app, "Front Desk")
    with app.app_context(), acting(make.SEED):
        db.session.execute(db.update(PortalUser).filter_by(username=username).values(language="es"))
        db.session.commit()
    sign_in(client, username)
    assert Words(client.get("/start/", headers=ENGLISH).text).language == "es"
    client.get("/lang/en")
    assert Words(client.get("/start/", headers=SPANISH).text).language == "en"


def test_numbers_and_times_are_written_as_in_the_united_states(app):
    with app.test_request_context(headers=SPANISH):
        assert format_decimal(1234.5) == "1,234.5"
        assert "p.m." in format_time(dt.datetime(2021, 3, 5, 16, 43), "short", rebase=False)


def test_the_state_is_named_as_its_readers_name_it(client):
    assert "Carolina del Norte" in Words(client.get("/", headers=SPANISH).text).texts
    assert "North Carolina" in Words(client.get("/", headers=ENGLISH).text).texts


def test_mails_name_it_so_too(app):
    with app.app_context():
        assert "Carolina del Norte" in letters.words("welcome", "es", {"place": None})[1]
        assert "North Carolina" in letters.words("welcome", "en", {"place": None})[1]


def test_the_paper_is_in_spanish(app):
    dose = {"number": "INV", "product": "Spikevax", "manufacturer": "Moderna", "lot": "A1", "given_on": "2021-03-05"}
    content = {
        "name": "Ana", "birth_date": "1984-03-25", "issued_on": "2021-03-06", "issuer": "Estado", "public_id": "X1",
        "doses": [{**dose, "clinic": "Raleigh"}],
    }  # fmt: skip
    with app.test_request_context(), force_locale("es"):
        page = proof_html(content, "https://example.org/verify/X1", "es", gettext, 10, 3)
        english = proof_html(content, "https://example.org/verify/X1", "en", lambda words: words, 10, 3)
    assert Words(page).language == "es" and "Registro de vacunación contra el COVID-19" in Words(page).labels
    shared = Words(page).texts & Words(english).texts
    assert shared == {"Ana", "Estado", "Spikevax", "Moderna", "A1", "Raleigh", "https://example.org/verify/X1"}
