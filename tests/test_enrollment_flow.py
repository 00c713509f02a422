"""An enrollment from the invitation to a vaccinator at work, each person led by the mails; then an amendment."""

import io

from app.rules import joining
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from app.uploads.onboarding import ONBOARDING
from models.access_requests import AccessRequest
from models.agreements import SignatureRequest
from models.applications import Application, Section
from models.enrollment import Location, Organization
from models.links import Link
from models.people import Membership, PortalUser
from tests import enrollment_kit as kit
from tests.clinic import Browser
from tests.signers import SIGNING
from tests.test_enrollment import CORA, DORA, NEW, fill_in, invite, one, rows, state_staff
from tests.uploads_kit import csv_of

CLINIC, SECOND, THIRD = "Haw River Clinic", "Saxapahaw Clinic", "Swepsonville Clinic"
ADA, MONA, MOE, VIC = "ada@haw.example", "mona@haw.example", "moe@haw.example", "vic@haw.example"
CMO, CEO = "cmo@haw.example", "ceo@haw.example"


def by_mail(app, mailbox, address, words=""):
    """A browser in which the link of somebody's newest mail was opened, and the page that it leads to."""
    browser, path = Browser(app), mailbox.link(address, words)
    page = browser.send(path, path)
    assert page.code == 200, page.text
    return browser, page


def at_work(app, browser, username):
    """Signs in with the password that was chosen."""
    browser.send("/login/", "/login/", username=username, password=NEW)
    assert browser.open("/start/").code == 200
    return browser


def join(app, mailbox, purpose, email, first_name):
    """Somebody registers by the link of an invitation, and signs in."""
    browser, _page = by_mail(app, mailbox, email)
    where = f"/enroll/join/{purpose}"
    page = browser.send(where, where, first_name=first_name, last_name="Haw", password=NEW)
    assert page.code == 200 and "You are registered" in page.text, page.text
    assert browser.open(where).code == 410  # the browser does not offer it twice
    return at_work(app, browser, one(app, PortalUser, "username", email=email))


def first_sign_in(app, mailbox, email, username):
    """Somebody who was given access chooses a password by the link of the mail, once, and signs in."""
    assert f"Username:  {username}" in mailbox.newest(email, "given access")
    browser, page = by_mail(app, mailbox, email, "given access")
    path = "/sign-in/password"
    assert username in page.text and path in page.actions()
    page = browser.post(path, {**page.form(path), "password": NEW, "again": NEW})
    assert page.code == 200 and "Your password is set" in page.text, page.text
    used = mailbox.link(email, "given access")
    assert Browser(app).send(used, used).code == 410
    user = one(app, PortalUser, "id", email=email)
    (link,) = rows(app, Link, "subject", "user_id", "used_at", purpose="first_sign_in", email=email)
    assert link[:2] == (f"user:{user}", user) and link[2] is not None
    return at_work(app, browser, username)


def coordinate(app, mailbox, email, application, place, **said):
    """A coordinator follows the link and completes the Section B of a place; answers the browser and the key."""
    browser = join(app, mailbox, joining.SECTION_LINK, email, email.partition("@")[0].capitalize())
    section = one(app, Section, "id", application_id=application, name=place)
    page = fill_in(app, browser, SECTION_B, section, kit.section_b(place, **said))
    assert "Nothing is missing here." in page.text
    return browser, section


def managed_by(email, first_name):
    """The first manager of a Section B."""
    group = next(group for group in SECTION_B.groups() if group.name == "first_manager")
    return {**kit.row(group), "email": email, "first_name": first_name, "last_name": "Haw"}


def submit(browser, section, application):
    page = browser.open(f"/section-steps/{section}/")
    action = f"/application/action/submit/{application}"
    assert browser.post(action, page.form(action)).code == 200


def sign_both(app, mailbox):
    for email in (CMO, CEO):
        browser, page = by_mail(app, mailbox, email, "asked to sign")
        browser.post(f"{SIGNING}code", page.form(SIGNING))
        said = {"consent": "y", "typed_name": "First Name M Last Name", "code": mailbox.code(email)}
        page = browser.post(SIGNING, {**browser.open(SIGNING).form(SIGNING), **said})
        assert "You have signed." in page.text, page.text
        assert rows(app, SignatureRequest, "status", email=email)[-1] == ("signed",)


def bring_in(browser, name, profile, email, username):
    """The manager's file of one person, entered."""
    first, last = name.split()
    line = {
        "Location PIN or Name": CLINIC, "First Name": first, "Last Name": last, "Profile": profile, "Email": email,
        "NCID Username": username,
    }  # fmt: skip
    data = csv_of(line, headings=[column.header for column in ONBOARDING.columns])
    page = browser.post("/upload-onboarding/", {**browser.marks(), "file": (io.BytesIO(data), "team.csv")})
    assert page.code == 200 and name in page.text, page.text
    (enter,) = (action for action in page.actions() if action.endswith("/enter"))
    page = browser.post(enter, page.form(enter))
    assert "1 person was given access" in page.text, page.text


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


def test_from_the_invitation_to_a_vaccinator_at_work_and_an_amendment(app, mailbox):
    state = state_staff(app)
    invite(state)
    key = one(app, Application, "id", status="invited")
    admin = join(app, mailbox, joining.INVITATION_LINK, ADA, "Ada")
    a = one(app, Section, "id", application_id=key, kind="A")
    two = (kit.location_row("a1", CLINIC, CORA), kit.location_row("b2", SECOND, DORA))
    fill_in(app, admin, SECTION_A, a, kit.section_a(*two))
    cora, b = coordinate(app, mailbox, CORA, key, CLINIC, first_manager=managed_by(MONA, "Mona"))
    _dora, b2 = coordinate(app, mailbox, DORA, key, SECOND, first_manager=managed_by(MOE, "Moe"))
    assert mailbox.mails(ADA, "complete")
    submit(admin, a, key)
    assert standing_of(app, key) == "awaiting_signatures"
    assert "No application waits." in state.open("/review-queue/").text
    assert one(app, Application, "ready_at", id=key) is None  # nobody can review it yet
    sign_both(app, mailbox)
    assert standing_of(app, key) == "submitted"
    submitted, ready = one(app, Application, "submitted_at", "ready_at", id=key)
    assert ready > submitted

    # The reviewer asks for a change; the coordinator reads the remark where the field is, and changes it.
    page = take_next(state, key)
    action, remark = f"/review/{key}/remarks", f"remark-{b}:storage_units.a1.brand"
    assert remark in page.form(action)
    state.post(action, {**page.form(action), remark: "Which brand is it?", "do": "send"})
    assert standing_of(app, key) == "changes_requested"
    assert mailbox.mails(CORA, "needs changes") and not mailbox.mails(DORA, "needs changes")
    assert "Which brand is it?" in cora.open(f"/section-steps/{b}/storage").text
    assert "Which brand is it?" in admin.open(f"/review/{key}").text  # the applicant follows the same timeline
    said = kit.section_b(CLINIC, first_manager=managed_by(MONA, "Mona"))
    said["storage_units"][0]["brand"] = "Helmer"
    fill_in(app, cora, SECTION_B, b, said)
    submit(admin, a, key)
    assert standing_of(app, key) == "submitted"  # what changed needs no new signature
    assert one(app, Application, "ready_at", id=key) > ready  # it waits anew

    # Reviewed beside what was said before, and approved with the PIN that the clinic has.
    page = take_next(state, key)
    assert "What changed" in page.text and "Helmer" in page.text and "Nothing changed here" in page.text
    asked, done = approve(state, key, **{f"pin_{b}": "650321", f"pin_{b2}": ""})
    assert f"{CLINIC} starts to work" in asked.text and "Approved" in done.text
    organization = one(app, Application, "organization_id", id=key)
    assert one(app, Organization, "status", "is_active", id=organization) == ("approved", True)
    assert rows(app, Location, "name", "status", "provider_pin", organization_id=organization) == [
        (CLINIC, "approved", "NCA650321"), (SECOND, "approved", None),
    ]  # fmt: skip
    first = one(app, Location, "id", name=CLINIC)

    # The first manager chooses a password by the link of the mail and is at work.
    mona = first_sign_in(app, mailbox, MONA, "mona.haw")
    start = mona.open("/start/")
    assert CLINIC in start.html and "Get your location ready" in start.text and "0 of" in start.text
    assert {profile for profile, in rows(app, Membership, "profile", location_id=first)} == {
        "Vaccine Coordinator", "Healthcare Location Manager",
    }  # fmt: skip

    # The team comes in by a file, and one of it signs in and finds where to begin.
    bring_in(mona, "Vic Vaccinator", "Healthcare Provider", VIC, "vvaccinator")
    assert "1 of 4 done" in mona.open("/start/").text
    vic = first_sign_in(app, mailbox, VIC, "vvaccinator")
    assert CLINIC in vic.open("/start/").html and vic.open("/find/").code == 200
    assert vic.open("/upload-onboarding/").code == 403
    assert one(app, AccessRequest, "how", "status", email=VIC) == ("file", "let_in")

    # An amendment: a third location; the first ones keep working and nothing of them changes meanwhile.
    begin = f"/application/action/start_amendment/{key}"
    admin.post(begin, admin.marks())
    new = one(app, Application, "id", kind="amendment")
    a = one(app, Section, "id", application_id=new, kind="A")
    fill_in(app, admin, SECTION_A, a, kit.section_a(*two, kit.location_row("c3", THIRD, "thea@haw.example")))
    coordinate(app, mailbox, "thea@haw.example", new, THIRD, first_manager=managed_by("max@haw.example", "Max"))
    submit(admin, a, new)
    assert standing_of(app, new) == "submitted"
    assert mona.open("/start/").code == 200 and standing_of(app, key) == "approved"
    assert [status for _name, status in rows(app, Location, "name", "status", organization_id=organization)] == [
        "approved", "approved", "applying",
    ]  # fmt: skip
    page = take_next(state, new)
    assert "Submitted for the first time." in page.text and THIRD in page.text
    asked, _done = approve(state, new)
    assert f"{THIRD} starts to work" in asked.text and f"{CLINIC} starts to work" not in asked.text
    assert rows(app, Location, "name", "status", "provider_pin", organization_id=organization) == [
        (CLINIC, "approved", "NCA650321"), (SECOND, "approved", None), (THIRD, "approved", None),
    ]  # fmt: skip
    managers = rows(app, Membership, "user_id", profile="Healthcare Location Manager")
    assert len(managers) == 3 and len(set(managers)) == 3
