"""What every page owes its reader: a language, one heading, labels, marked forms, local assets, nothing inline."""

import re
from pathlib import Path

import pytest
from lxml import html

from models.base import db
from tests import factories as make
from tests.signing_in import send

TEMPLATES = Path(__file__).parents[1] / "app" / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html"))
INLINE = {
    "script": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "style": re.compile(r"<style|\sstyle\s*=", re.I),
    "handler": re.compile(r"<[^>{]*\son[a-z]+\s*=", re.I),
}
STATE = (
    "/start/",
    "/shipment/list/",
    "/shipment/add",
    "/organization/list/",
    "/lot/list/?_oc_LotScreen=number&_od_LotScreen=asc",
)


def page(client, path, code=200, **form):
    answer = send(client, path, **form) if form else client.get(path)
    assert answer.status_code == code, path
    return html.fromstring(answer.get_data(as_text=True))


@pytest.fixture
def state(app, as_profile):
    """A State Administrator's browser; one shipment is on its way, of a lot, without a day."""
    with app.app_context():
        make.shipment(expected_on=None)
        db.session.commit()
    return as_profile("State Administrator")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_holds_script_or_style_inline(path):
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.S)
    found = [name for name, pattern in INLINE.items() if pattern.search(text)]
    assert not found


@pytest.mark.parametrize("path", ["/", "/login/", "/help-desk", "/provider"])
def test_a_strangers_page_is_whole(client, path):
    is_whole(page(client, path))


def test_a_signed_in_page_is_whole_and_says_state_and_place(state):
    for path in STATE:
        found = page(state, path)
        is_whole(found)
        header = found.find(".//header").text_content()
        assert "North Carolina" in header and "State Administrator" in header


def is_whole(found):
    assert found.get("lang") in ("en", "es")
    assert len(found.findall(".//h1")) == len(found.findall(".//main")) == len(found.findall(".//header")) == 1
    assert found.find(".//header").get("role") is None
    assert found.xpath("//a[@href='#main']") and found.xpath("//main[@id='main']")
    assert found.findtext(".//title").strip(" –")
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids)), sorted(ids)
    for control in found.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        is_labelled = control.xpath("ancestor::label") or found.xpath("//label[@for=$id]", id=control.get("id") or "?")
        assert is_labelled or control.get("aria-label"), html.tostring(control)


def test_every_form_that_posts_carries_its_marks_once(state):
    for path in STATE:
        forms = page(state, path).xpath("//form[@method='post']")
        assert forms
        for form in forms:
            for mark in ("csrf_token", "_place"):
                values = form.xpath(".//input[@name=$mark]/@value", mark=mark)
                assert len(values) == 1 and values[0], (path, form.get("action"), mark)


def test_every_asset_is_local_and_there(client):
    found = page(client, "/")
    for address in found.xpath("//link/@href | //script/@src | //img/@src"):
        assert address.startswith("/"), address
        with client.get(address) as answer:
            assert answer.status_code == 200, address


def test_a_list_is_a_table_that_explains_itself(state):
    found = page(state, "/shipment/list/?_oc_ShipmentScreen=number&_od_ShipmentScreen=asc")
    table = found.find(".//table")
    assert table.findtext("caption") == "Shipments"
    assert all(head.get("scope") == "col" for head in table.findall("thead/tr/th"))
    assert [head.text_content().strip() for head in table.xpath(".//th[@aria-sort='ascending']")] == ["Shipment number"]
    assert (number := table.xpath("tbody/tr/th[@scope='row']/a")[0].text_content()).startswith("SH-")
    assert "–" in [cell.text_content().strip() for cell in table.xpath("tbody/tr/td")]
    assert "None" not in table.text_content()
    assert table.xpath(".//a[contains(., 'Open')]/span[contains(., $number)]", number=number)
    assert "1 to 1 of 1" in found.text_content()


@pytest.mark.parametrize(
    ("number", "capped", "words"),
    [(0, True, "1 to 25 of 10,000+"), (25, False, "26 to 50 of 10,000"), (None, True, "The last 25 of 10,000+")],
)
def test_a_count_that_stopped_says_that_there_are_more(app, number, capped, words):
    with app.test_request_context("/"):
        lib = app.jinja_env.get_template("appbuilder/general/lib.html").module
        assert html.fromstring(lib.how_many(number, 25, 10_000, capped)).text_content().strip() == words


def test_the_pages_of_a_list_lead_to_each_other(app, state):
    with app.app_context():
        [make.organization() for _ in range(30)]
        db.session.commit()
    nav = page(state, "/organization/list/").find(".//nav[@class='c-pages']")
    assert "Organizations" in nav.get("aria-label") and nav.xpath(".//a[text()='50']")
    assert [link.text for link in nav.findall("ul[1]//a")] == ["Next", "Last"]
    (onward,) = nav.xpath(".//a[text()='Next']")
    second = page(state, onward.get("href"))
    assert [link.text for link in second.findall(".//nav[@class='c-pages']/ul[1]//a")] == ["First", "Previous"]
    assert second.find(".//p[@class='c-count']").text.startswith("26 to ")


def test_an_empty_list_says_so(as_profile):
    found = page(as_profile("Inventory Manager"), "/shipment/list/")
    assert found.xpath("//*[@class='c-empty']") and not found.findall(".//table")


def test_what_is_wrong_stands_above_the_form_and_at_its_field(state):
    found = page(state, "/shipment/add", 422, number="", doses="x" * 9)
    summary = found.xpath("//*[@data-focus][@role='alert']")[0]
    targets = [link.get("href").lstrip("#") for link in summary.findall(".//a")]
    assert "number" in targets and "doses" in targets
    for target in targets:
        control = found.get_element_by_id(target)
        assert control.get("aria-invalid") == "true"
        assert any(
            found.get_element_by_id(one).text_content().strip() for one in control.get("aria-describedby").split()
        )
    assert found.get_element_by_id("doses").get("value") == "x" * 9


def test_required_is_said_in_words_and_days_use_the_browsers_calendar(state):
    found = page(state, "/shipment/add")
    assert "(required)" in found.xpath("//label[@for='number']")[0].text_content()
    assert "(required)" not in found.xpath("//label[@for='expected_on']")[0].text_content()
    assert found.get_element_by_id("expected_on").get("type") == "date"


def test_a_form_made_elsewhere_is_kept_whole(app, client):
    from tests.signing_in import marks, sign_in

    with app.app_context():
        user = make.user("two.places")
        here = make.membership("Inventory Manager", user, location=make.location(name="Here"), is_default=True).id
        there = make.membership("Inventory Manager", user, location=make.location(name="There")).id
        db.session.commit()
    sign_in(client, "two.places")
    form = {"number": "SHP-9", **marks(client), "_place": str(there)}
    answer = client.post("/shipment/search", data=form)
    found = html.fromstring(answer.get_data(as_text=True))
    assert answer.status_code == 409 and "Nothing was saved" in found.text_content()
    kept = {one.get("name"): one.get("value") for one in found.xpath("//main//form//input")}
    assert kept["number"] == "SHP-9" and kept["_switch_to"] == str(there) and kept["_place"] == str(here)


@pytest.mark.parametrize("path", ["/nowhere", "/shipment/show/999999"])
def test_an_error_is_a_page_like_any_other(state, path):
    found = page(state, path, 404)
    is_whole(found)
    assert found.findtext(".//h1").strip() == "Page not found"
    assert found.xpath("//nav[@id='c-menu']//a")


def test_an_act_that_is_final_asks_first_and_posts(state):
    found = page(state, "/location/list/")
    dialog = found.get_element_by_id("c-confirm")
    assert dialog.get("open") is None and len(dialog.findall(".//button")) == 2
    buttons = found.xpath("//button[@data-confirm]")
    assert buttons
    for button in buttons:
        assert button.get("form") or button.xpath("ancestor::form[@method='post']")


def test_languages_are_named_in_themselves(client):
    link = page(client, "/").xpath("//a[@hreflang='es']")[0]
    assert link.text_content() == "Español" and link.get("lang") == "es"


def test_a_class_has_its_look_in_one_stylesheet_only():
    """Two sheets that each think a name is theirs spoil each other's pages. A person's page and Steps never meet."""
    folder = Path(__file__).parents[1] / "app" / "static" / "css"
    apart = {"dose.css", "steps.css"}
    homes = {}
    for sheet in folder.glob("*.css"):
        if sheet.name != "print.css":
            for name in re.findall(r"^(\.c-[a-z-]+) \{", sheet.read_text(encoding="utf-8"), re.M):
                homes.setdefault(name, set()).add(sheet.name)
    assert {name: sheets for name, sheets in homes.items() if len(sheets) > 1 and sheets != apart} == {}
