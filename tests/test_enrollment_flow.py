"""An enrollment from the invitation to the first manager at work, with changes asked on the way; then an amendment."""

from app.rules import joining
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.applications import Application, Section
from models.base import db
from models.enrollment import Location, Organization
from models.people import Membership, PortalUser
from models.scope import acting
from tests import enrollment_kit as kit
from tests import factories as make
from tests.clinic import Browser
from tests.signers import Signer, request_of
from tests.test_enrollment import CORA, DORA, NEW, ada, fill_in, invite, join, one, rows, state_staff

CLINIC, SECOND = "Haw River Clinic", "Saxapahaw Clinic"
MONA = "mona@haw.example"


def coordinate(app, email, application, place, **said):
    """A coordinator follows the link and completes the Section B of a place; answers the browser and the key."""
    browser = join(app, joining.SECTION_LINK, email, first_name="Co", last_name="Ordinator", password=NEW)
    section = one(app, Section, "id", application_id=application, name=place)
    page = fill_in(app, browser, SECTION_B, section, kit.section_b(place, **said))
    assert "Nothing is missing here." in page.text
    return browser, section


def submit(browser, section, application):
    page = browser.open(f"/section-steps/{section}/")
    action = f"/application/action/submit/{application}"
    assert browser.post(action, page.form(action)).code == 200


def sign_both(app):
    for email in ("cmo@haw.example", "ceo@haw.example"):
        signer = Signer(app, email)
        assert signer.follow_link().code == 200
        signer.sign("First Name M Last Name", signer.have_code())
        assert request_of(app, email).status == "signed"


def standing_of(app, key):
    return one(app, Application, "status", id=key)


def take_next(state, key):
    page = state.post("/review-queue/next", state.marks())
    assert page.code == 200 and f"/review/{key}/remarks" in page.actions(), page.text
    return page


def approve(state, key, **pins):
    path = f"/review/{key}/approve"
    page = state.open(path)
    done = state.post(path, {**page.form(path), **pins})
    assert done.code == 200, done.text
    return page, done


def test_from_the_invitation_to_the_first_manager_at_work_and_an_amendment(app):
    state = state_staff(app)
    invite(state)
    key = one(app, Application, "id", status="invited")
    admin = ada(app)
    a = one(app, Section, "id", application_id=key, kind="A")
    fill_in(app, admin, SECTION_A, a, kit.section_a(kit.location_row("a1", CLINIC, CORA)))
    cora, b = coordinate(app, CORA, key, CLINIC)
    submit(admin, a, key)
    assert standing_of(app, key) == "awaiting_signatures"
    assert "No application waits." in state.open("/review-queue/").text
    sign_both(app)
    assert standing_of(app, key) == "submitted"

    # The reviewer asks for a change; the coordinator reads the remark where the field is, and changes it.
    page = take_next(state, key)
    action, remark = f"/review/{key}/remarks", f"remark-{b}:storage_units.a1.brand"
    assert remark in page.form(action)
    state.post(action, {**page.form(action), remark: "Which brand is it?", "do": "send"})
    assert standing_of(app, key) == "changes_requested"
    assert "Which brand is it?" in cora.open(f"/section-steps/{b}/storage").text
    assert "Which brand is it?" in admin.open(f"/review/{key}").text  # the applicant follows the same timeline
    said = kit.section_b(CLINIC)
    said["storage_units"][0]["brand"] = "Helmer"
    fill_in(app, cora, SECTION_B, b, said)
    submit(admin, a, key)
    assert standing_of(app, key) == "submitted"  # what changed needs no new signature

    # Reviewed beside what was said before, and approved with the PIN that the clinic has.
    page = take_next(state, key)
    assert "What changed" in page.text and "Helmer" in page.text and "Nothing changed here" in page.text
    asked, done = approve(state, key, **{f"pin_{b}": "650321"})
    assert f"{CLINIC} starts to work" in asked.text and "Approved" in done.text
    organization = one(app, Application, "organization_id", id=key)
    assert one(app, Organization, "status", "is_active", id=organization) == ("approved", True)
    assert rows(app, Location, "name", "status", "provider_pin", organization_id=organization) == [
        (CLINIC, "approved", "NCA650321")
    ]
    first = one(app, Location, "id", organization_id=organization)

    # The first manager chooses a password and is at work.
    mona = manager_at_work(app, MONA)
    start = mona.open("/start/")
    assert CLINIC in start.html and "Get your location ready" in start.text and "0 of" in start.text
    assert {profile for profile, in rows(app, Membership, "profile", location_id=first)} == {
        "Vaccine Coordinator", "Healthcare Location Manager",
    }  # fmt: skip

    # An amendment: a second location; the first one keeps working and nothing of it changes meanwhile.
    begin = f"/application/action/start_amendment/{key}"
    admin.post(begin, admin.marks())
    new = one(app, Application, "id", kind="amendment")
    a = one(app, Section, "id", application_id=new, kind="A")
    two = (kit.location_row("a1", CLINIC, CORA), kit.location_row("b2", SECOND, DORA))
    fill_in(app, admin, SECTION_A, a, kit.section_a(*two))
    manager = kit.row(next(group for group in SECTION_B.groups() if group.name == "first_manager"))
    coordinate(app, DORA, new, SECOND, first_manager={**manager, "email": "moe@haw.example"})
    submit(admin, a, new)
    assert standing_of(app, new) == "submitted"
    assert mona.open("/start/").code == 200 and standing_of(app, key) == "approved"
    assert rows(app, Location, "status", organization_id=organization) == [("approved",), ("applying",)]
    page = take_next(state, new)
    assert "Submitted for the first time." in page.text and SECOND in page.text
    asked, _done = approve(state, new)
    assert f"{SECOND} starts to work" in asked.text and f"{CLINIC} starts to work" not in asked.text
    assert rows(app, Location, "name", "status", "provider_pin", organization_id=organization) == [
        (CLINIC, "approved", "NCA650321"), (SECOND, "approved", None),
    ]  # fmt: skip
    managers = rows(app, Membership, "user_id", profile="Healthcare Location Manager")
    assert len(managers) == 2 and len(set(managers)) == 2


def manager_at_work(app, email):
    """The person of this address with a password of their own, signed in."""
    with app.app_context(), acting(make.SEED):
        user = db.session.query(PortalUser).filter_by(email=email).one()
        assert user.password is None
        user.password, username = make.hashed(), user.username
        db.session.commit()
    return Browser(app, username)
