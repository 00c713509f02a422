"""Enrolling an organization, from the invitation to what was submitted, through the pages as people use them."""

import contextlib
import io

from pypdf import PdfReader

from app import throttle
from app.rules import joining
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import db
from models.enrollment import Location, Organization
from models.notices import Notice
from models.people import Membership
from models.scope import acting
from tests import enrollment_kit as kit
from tests import factories as make
from tests.clinic import Browser

NEW = "a-password-of-their-own"
CORA, DORA = "cora@haw.example", "dora@haw.example"


def rows(app, entity, *columns, **where):
    """Values of stored rows, as the system sees them."""
    with app.app_context(), acting(make.SEED):
        found = db.session.query(entity).filter_by(**where).order_by(entity.id).all()
        return [tuple(getattr(row, name) for name in columns) for row in found]


def one(app, entity, *columns, **where):
    found = rows(app, entity, *columns, **where)
    assert len(found) == 1, found
    return found[0][0] if len(columns) == 1 else found[0]


def state_staff(app):
    with app.app_context():
        make.membership("State Immunization Staff", make.user("state"))
        db.session.commit()
    return Browser(app, "state")


def invite(browser, **more):
    typed = {
        "organization_name": "Haw River Health", "administrator_first_name": "Ada",
        "administrator_last_name": "Haw", "administrator_email": "ada@haw.example",
    }  # fmt: skip
    return browser.send("/application/add", "/application/add", **{**typed, **more})


def follow(app, purpose, email):
    """A browser that has followed the newest link to an address."""
    address, browser = kit.token_of(app, purpose, email), Browser(app)
    page = browser.send(address, address)
    return browser, page


def join(app, purpose, email, **said):
    """Follows the link, registers, and signs in."""
    browser, page = follow(app, purpose, email)
    assert page.code == 200, page.text
    where = f"/enroll/join/{purpose}"
    page = browser.send(where, where, **said)
    assert page.code == 200 and "You are registered" in page.text, page.text
    user = one(app, make.PortalUser, "username", email=email)
    browser.send("/login/", "/login/", username=user, password=NEW)
    return browser


def ada(app):
    return join(app, joining.INVITATION_LINK, "ada@haw.example", first_name="Ada", last_name="Haw", password=NEW)


def fill_in(app, browser, form, key, said):
    for step in form.steps:
        path = f"/section-steps/{key}/{step.name}"
        page = browser.open(path)
        page = browser.post(path, {**page.form(path), **kit.inputs(step, said), "next": "1"})
        assert page.code == 200, (step.name, page.text)
    return page


def listed(page, group):
    """The keys of the rows on a page, the pattern of new ones left out."""
    keys = [node.get("value") for node in page.tree.iter() if node.get("name") == f"{group}.rows"]
    return [key for key in keys if key != "__key__"]


def test_from_the_invitation_to_the_submission(app):
    state = state_staff(app)
    assert invite(state).code == 200
    key, organization = one(app, Application, "id", "organization_id", status="invited")
    assert one(app, Organization, "status", "is_active", id=organization) == ("applying", False)

    # The administrator follows the link, registers without an NCID, and fills in Section A.
    admin = ada(app)
    assert follow(app, joining.INVITATION_LINK, "ada@haw.example")[1].code == 410
    assert one(app, Membership, "organization_id", profile="Organization Administrator") == organization
    assert one(app, Application, "status", id=key) == "draft"
    page = admin.open("/my-enrollment/")
    assert "Section A: organization" in page.text and "Not started" in page.text
    section_a = one(app, Section, "id", application_id=key, kind="A")
    two = (kit.location_row("a1", "Haw River Clinic", CORA), kit.location_row("b2", "Saxapahaw Clinic", DORA))
    said = kit.section_a(*two)
    page = fill_in(app, admin, SECTION_A, section_a, said)
    assert "Nothing is missing here." in page.text
    assert one(app, Application, "status", id=key) == "awaiting_sections"
    places = rows(app, Location, "name", "status", organization_id=organization)
    assert places == [("Haw River Clinic", "applying"), ("Saxapahaw Clinic", "applying")]
    assert rows(app, Notice, "to_address", kind="section_invited") == [(CORA,), (DORA,)]

    # Each coordinator sees the one section, and completes it.
    for email, place in ((CORA, "Haw River Clinic"), (DORA, "Saxapahaw Clinic")):
        browser = join(app, joining.SECTION_LINK, email, first_name="Co", last_name="Ordinator", password=NEW)
        page = browser.open("/my-enrollment/")
        assert place in page.text and "Section A" not in page.text
        section = one(app, Section, "id", application_id=key, name=place)
        assert browser.open(f"/section-steps/{section_a}/").code == 404
        page = fill_in(app, browser, SECTION_B, section, kit.section_b(place))
        assert "Nothing is missing here." in page.text
    assert one(app, Notice, "to_address", kind="sections_complete") == "ada@haw.example"

    # All are submitted together; from then on nobody changes them.
    page = admin.open(f"/section-steps/{section_a}/")
    submit = f"/application/action/submit/{key}"
    assert submit in page.actions()
    page = admin.post(submit, page.form(submit))
    assert page.code == 200
    status, round_ = one(app, Application, "status", "round", id=key)
    assert (status, round_) == ("awaiting_signatures", 1)
    content = one(app, SubmittedVersion, "content", application_id=key)
    assert [(part["kind"], part["name"]) for part in content["sections"]] == [
        ("A", "Haw River Health"), ("B", "Haw River Clinic"), ("B", "Saxapahaw Clinic"),
    ]  # fmt: skip
    assert content["sections"][0]["content"]["cmo"]["license_number"] == said["cmo"]["license_number"]
    paper = admin.client.get(f"/section-paper/{section_a}")
    assert paper.data.startswith(b"%PDF-") and "no-store" in paper.headers["Cache-Control"]
    version = one(app, SubmittedVersion, "id", application_id=key)
    pages = PdfReader(io.BytesIO(admin.client.get(f"/submitted-paper/{version}").data)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "Saxapahaw Clinic" in text and said["cmo"]["license_number"] in text
    path = f"/section-steps/{section_a}/cmo"
    marks = admin.marks()
    assert admin.post(path, {**marks, **kit.inputs(SECTION_A.steps[1], said), "cmo.title": "Other"}).code == 422
    kinds = [kind for (kind,) in rows(app, ApplicationEvent, "kind", application_id=key)]
    assert kinds == [
        "invited", "started", "section_complete", "coordinator_invited", "coordinator_invited", "coordinator_joined",
        "section_complete", "coordinator_joined", "section_complete", "submitted", "signatures_asked",
    ]  # fmt: skip


def test_a_draft_is_saved_at_any_moment_and_tells_what_is_missing(app):
    invite(state_staff(app))
    admin = ada(app)
    key = one(app, Section, "id", kind="A")
    path = f"/section-steps/{key}/organization"

    page = admin.send(path, path, **{"organization.street": "12 Mill Street", "organization.phone": "12"})
    assert page.code == 422 and "ten digits" in page.text
    assert page.form(path)["organization.street"] == "12 Mill Street"
    page = admin.send(path, path, **{"organization.street": "12 Mill Street"})
    assert page.code == 200 and "answers are missing on this page" in page.text
    assert one(app, Section, "status", id=key) == "in_progress"
    assert "Number of affiliated vaccination locations" in admin.open(f"/section-steps/{key}/").text

    # Rows come and go by buttons that post, and what is typed stays.
    path = f"/section-steps/{key}/locations"
    page = admin.open(path)
    typed = page.form(path)
    (first,) = listed(page, "locations")
    typed |= {"locations.rows": [first], f"locations.{first}.name": "Mill Clinic", "_add": "locations"}
    page = admin.post(path, typed)
    rows_now = listed(page, "locations")
    assert len(rows_now) == 2 and page.form(path)[f"locations.{first}.name"] == "Mill Clinic"
    typed = {**page.form(path), "locations.rows": rows_now, "_remove": f"locations.{rows_now[1]}"}
    page = admin.post(path, typed)
    assert page.form(path)[f"locations.{first}.name"] == "Mill Clinic"
    assert rows(app, Location, "id") == []  # nothing is stored before it is saved
    admin.post(path, {**page.form(path), "locations.rows": listed(page, "locations")})
    assert rows(app, Location, "name", "status") == [("Mill Clinic", "applying")]
    page = admin.open(path)
    gone = {**page.form(path), "locations.rows": listed(page, "locations"), f"locations.{first}.name": ""}
    assert admin.post(path, gone).code == 200
    assert rows(app, Location, "name", "status") == [("Mill Clinic", "withdrawn")]


def test_two_people_on_one_step_are_told_and_on_two_steps_do_not_meet(app):
    invite(state_staff(app))
    admin = ada(app)
    key = one(app, Section, "id", kind="A")
    cmo, ceo = (f"/section-steps/{key}/{name}" for name in ("cmo", "ceo"))
    mine, other = admin.open(cmo).form(cmo), admin.open(ceo).form(ceo)
    assert admin.post(cmo, {**mine, "cmo.last_name": "First"}).code == 200
    assert admin.post(ceo, {**other, "ceo.last_name": "Chief"}).code == 200
    page = admin.post(cmo, {**mine, "cmo.last_name": "Second"})
    assert page.code == 409 and "Stored now: First" in page.text
    assert page.form(cmo)["cmo.last_name"] == "Second"
    assert admin.post(cmo, page.form(cmo)).code == 200
    content = one(app, Section, "content", id=key)
    assert content["cmo"]["last_name"] == "Second" and content["ceo"]["last_name"] == "Chief"


def test_each_signer_has_an_address_and_an_organization_is_not_made_twice(app):
    state = state_staff(app)
    with app.app_context():
        make.organization(name="HAW River Health, Inc.", street="12 Mill St.", zip_code="27215", city="Haw River")
        db.session.commit()
    page = invite(state)
    assert page.code == 422 and "HAW River Health, Inc., Haw River" in page.text
    assert 'value="ada@haw.example"' in page.html
    assert invite(state, organization_name="Quite Another").code == 200
    admin = ada(app)
    key = one(app, Section, "id", kind="A")
    path = f"/section-steps/{key}/organization"
    named = {"organization.legal_name": "The Haw River Health", "organization.street": "12 mill street",
             "organization.zip_code": "27215"}  # fmt: skip
    page = admin.send(path, path, **named)
    assert page.code == 422 and "seems to be here already" in page.text
    assert admin.send(path, path, **named, **{"organization.is_another": "y"}).code == 200
    for step, code in (("cmo", 200), ("ceo", 422)):
        path = f"/section-steps/{key}/{step}"
        assert admin.send(path, path, **{f"{step}.email": "Both@haw.example"}).code == code


def test_an_invitation_is_sent_again_and_taken_back(app):
    state = state_staff(app)
    invite(state)
    key = one(app, Application, "id")
    lost = kit.token_of(app, joining.INVITATION_LINK, "ada@haw.example")
    for act, status in (("invite_again", "invited"), ("revoke_invitation", "withdrawn")):
        assert state.post(f"/application/action/{act}/{key}", state.marks()).code == 200
        assert one(app, Application, "status", id=key) == status
        browser = Browser(app)
        assert browser.send(lost, lost).code == 410
        lost = kit.token_of(app, joining.INVITATION_LINK, "ada@haw.example")
    assert Browser(app).send(lost, lost).code == 410
    assert one(app, Organization, "status") == "withdrawn"


def test_whoever_registers_alone_learns_nothing_of_others(app):
    with app.app_context():
        make.user("known", email="known@haw.example")
        db.session.commit()
    browser = Browser(app)
    answers = {email: browser.send("/enroll/", "/enroll/", email=email).text for email in ("known@haw.example", CORA)}
    assert len(set(answers.values())) == 1
    for _ in range(5):
        browser.send("/enroll/", "/enroll/", email=CORA)
    assert len(rows(app, Notice, "id", to_address=CORA)) == joining.MOST_AN_HOUR
    assert "not an e-mail address" in browser.send("/enroll/", "/enroll/", email="nobody").text

    with app.app_context(), contextlib.suppress(throttle.TooMany):
        for _ in range(throttle.ADDRESS.free + 1):
            throttle.spend("mails from enrollment", "127.0.0.1", throttle.ADDRESS)
    assert browser.send("/enroll/", "/enroll/", email="late@haw.example").text == answers[CORA]
    assert rows(app, Notice, "id", to_address="late@haw.example") == []

    # Somebody who has an account already gives only the name of the organization; nobody is signed in by the link.
    browser, page = follow(app, joining.SELF_LINK, "known@haw.example")
    where = f"/enroll/join/{joining.SELF_LINK}"
    assert "password" not in page.form(where)
    assert "You are registered" in browser.send(where, where, organization="Saxapahaw Health").text
    assert browser.client.get("/my-enrollment/").status_code == 302
    assert one(app, Application, "origin", "status") == ("self", "draft")
    browser.send("/login/", "/login/", username="known", password=make.PASSWORD)
    assert "Section A" in browser.open("/my-enrollment/").text
    page = join(app, joining.SELF_LINK, CORA, first_name="C", last_name="O", password=NEW, organization="Other")
    assert one(app, Membership, "profile", user_id=one(app, make.PortalUser, "id", email=CORA))


def test_what_an_account_cannot_have_is_said_and_what_was_typed_is_kept(app):
    invite(state_staff(app))
    browser, _page = follow(app, joining.INVITATION_LINK, "ada@haw.example")
    where = f"/enroll/join/{joining.INVITATION_LINK}"
    said = {"first_name": "Ada", "last_name": "Haw", "password": NEW}
    for wrong in ({"password": ""}, {"password": "short"}, {"last_name": "x" * 65}, {"last_name": "a\x00b"}):
        page = browser.send(where, where, **{**said, **wrong})
        assert page.code == 422 and page.form(where)["first_name"] == "Ada", wrong
    assert one(app, Application, "status") == "invited"
