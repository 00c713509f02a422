"""An enrollment, whole: invited, filled in by three, signed by two, sent back, signed again, approved, and at work."""

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from app.rules import sealing
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.applications import Application
from models.enrollment import Location
from tests.browser.checks import shot
from tests.browser.enrolling import (
    add_row,
    confirm,
    fill_group,
    fill_in,
    first_sign_in,
    open_step,
    register,
    rows_by_keyboard,
    sign,
    signed_by_keyboard,
    signed_on_a_phone,
    submit,
)
from tests.browser.walks import app, button, database, fits, stands

__all__ = ["app"]

ADA, CORA, DORA = "ada@eno.example", "cora@eno.example", "dora@eno.example"
CMO, CEO, MONA, VIC = "rosa@eno.example", "paul@eno.example", "mona@eno.example", "vic@eno.example"
NAME, BETTER = "Eno Valley Health", "Eno Valley Health, Inc."
CLINIC, MOBILE = "Eno Clinic", "Eno Mobile Unit"
CHIEF = {"first_name": "Rosa", "last_name": "Díaz", "middle_initial": None, "email": CMO, "title": "Medical Director"}
HEAD = {"first_name": "Paul", "last_name": "Lee", "middle_initial": None, "email": CEO, "title": "President"}


def invite(page: Page) -> None:
    """State staff invite an organization; one that is known already is shown first."""
    page.goto("/application/add")
    said = {
        "organization_name": "Piedmont Family Health", "administrator_first_name": "Ada",
        "administrator_last_name": "Eno", "administrator_email": ADA,
    }  # fmt: skip
    for name, value in said.items():
        page.locator(f"#{name}").fill(value)
    button(page, "Send the invitation").click()
    expect(page.locator(".c-errors")).to_contain_text("Piedmont Family Health")
    expect(page.locator("#administrator_email")).to_have_value(ADA)
    stands(page)
    page.locator("#organization_name").fill(NAME)
    button(page, "Send the invitation").click()
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()


def section_a(page: Page) -> None:
    """The administrator's section, with two signers and two locations."""
    button(page, "Fill in").click()
    stands(page)
    open_step(page, SECTION_A, "organization")
    fill_in(page, SECTION_A.steps[0], legal_name=NAME, street="7 Eno Street", **{"administrator.email": ADA})
    fill_in(page, SECTION_A.steps[1], **CHIEF)
    fill_in(page, SECTION_A.steps[2], **HEAD | {"email": CMO})  # the other signer's address
    expect(page.locator(".c-errors")).to_contain_text("each signs from an address of their own")
    expect(page.locator('[name="ceo.last_name"]')).to_have_value("Lee")
    stands(page)
    page.locator('[name="ceo.email"]').fill(CEO)
    button(page, "Save and go on").click()
    expect(page.locator("h1")).to_have_text("Locations")
    (listed,) = SECTION_A.steps[3].groups
    fill_group(page, listed, name=CLINIC, coordinator_email=CORA)
    add_row(page, listed, 1)
    fill_group(page, listed, 1, name=MOBILE, coordinator_email=DORA)
    stands(page)
    shot(page, "enrollment-locations-tablet")
    button(page, "Save and go on").click()
    expect(page.get_by_text("Nothing is missing here.")).to_be_visible()


def section_b(page: Page, place: str, manager: str, email: str) -> None:
    """A coordinator's section; what the answers to it are comes from the declared fields."""
    expect(page.locator("main")).not_to_contain_text("Section A")
    button(page, "Fill in").click()
    open_step(page, SECTION_B, "location")
    for step in SECTION_B.steps:
        said = {"location": {"location.name": place}, "manager": {"first_name": manager, "last_name": "Eno"}}
        if step.name == "storage":
            expect(page.locator("h1")).to_have_text(str(step.label))
            rows_by_keyboard(page)
        fill_in(page, step, **said.get(step.name, {}), **({"email": email} if step.name == "manager" else {}))
    expect(page.get_by_text("Nothing is missing here.")).to_be_visible()


def remark_on(page: Page, part: str, field: str, words: str) -> None:
    """Opens the remark of a field and types into it."""
    row = page.locator(f"section:has(h2:text-is('{part}')) tr", has=page.locator("th", has_text=field)).first
    row.locator("summary").click()
    row.locator("textarea").fill(words)


def take(page: Page) -> None:
    """A reviewer takes this application out of the queue."""
    page.goto("/review-queue/")
    page.locator("tbody tr", has_text=NAME).get_by_role("button", name="Take").click()
    expect(page.locator("h1")).to_contain_text(NAME)


def sent_back(page: Page) -> None:
    """The reviewer takes the oldest and this one, remarks on two fields of two sections and sends them."""
    page.goto("/review-queue/")
    button(page, "Take the next").click()
    expect(page.locator("h1")).to_contain_text("Catawba Valley Pediatrics")
    take(page)
    remark_on(page, "Section A: organization", "Legal name", "Please give the name as registered.")
    stands(page)
    button(page, "Keep remarks").click()
    expect(page.get_by_text("nobody was told yet")).to_be_visible()
    expect(page.locator("textarea").first).to_have_value("Please give the name as registered.")
    remark_on(page, f"Section B: location, {CLINIC}", "Storage unit 1: Brand", "Which brand is it?")
    button(page, "Ask for changes").click()
    confirm(page)
    expect(page.get_by_text("The applicant was asked for changes.")).to_be_visible()


def mended(admin: Page, coordinator: Page) -> None:
    """Both find the remark where the field is, and answer it; then all is sent in again."""
    coordinator.goto("/my-enrollment/")
    button(coordinator, "Fill in").click()
    coordinator.get_by_role("link", name="Brand").click()
    expect(coordinator.locator(".c-remarked")).to_contain_text("Which brand is it?")
    stands(coordinator)
    coordinator.locator("[name$='.brand']").first.fill("Thermo")
    button(coordinator, "Save and go on").click()
    expect(coordinator.locator("h1")).to_have_text("Licensed providers")
    admin.goto("/my-enrollment/")
    button(admin, "Fill in").click()
    expect(admin.locator("main")).to_contain_text("Remarks of the review")
    stands(admin)
    admin.get_by_role("link", name="Legal name").click()
    admin.locator('[name="organization.legal_name"]').fill(BETTER)
    button(admin, "Save and go on").click()
    expect(admin.locator("h1")).to_have_text("Chief Medical Officer")
    admin.get_by_role("navigation", name="Steps").get_by_role("link", name="Overview").click()
    submit(admin)


def approved(page: Page) -> None:
    """Beside what was said before; a PIN that cannot be is refused and kept; then it is approved."""
    page.goto("/review-queue/")
    expect(page.locator("tbody")).to_contain_text("Marcus Tillery")
    stands(page)
    button(page, "Give back for another").tap()  # whoever oversees may, of a reviewer who is away
    confirm(page)
    expect(page.locator("tbody")).not_to_contain_text("Marcus Tillery")
    take(page)
    expect(page.locator("tr.c-changed")).to_have_count(2)
    expect(page.locator("tr.c-changed").first).to_contain_text(BETTER)
    stands(page)
    shot(page, "review-tablet")
    page.get_by_role("link", name="Approve").tap()
    expect(page.locator("h1")).to_have_text("Approve")
    expect(page.locator("main")).to_contain_text(f"{CLINIC} starts to work")
    pins = page.locator("form input[type=text]")
    pins.nth(0).fill("12345")
    button(page, "Approve").tap()
    expect(page.locator(".c-errors")).to_be_focused()
    expect(page.locator(".c-errors a")).to_contain_text(f"Provider PIN of {CLINIC}")
    expect(page.locator("form input[type=text]").nth(0)).to_have_value("12345")
    stands(page)
    page.locator("form input[type=text]").nth(0).fill("650778")
    button(page, "Approve").tap()
    expect(page.locator(".c-stages")).to_contain_text("Approved")


def team(page: Page, tmp_path) -> None:
    """The first manager finds what is to do, and brings in a vaccinator by the file."""
    expect(page.locator(".c-todo-done")).to_have_count(0)
    stands(page)
    page.locator(".c-todo").get_by_role("link", name="Bring in the team").click()
    expect(page.locator("h1")).to_have_text("HCP user onboarding by file")
    stands(page)
    with page.expect_download() as started:
        button(page, "Download template (Excel)").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    book = load_workbook(path)
    row = ("NCA650778", "Vic", "Vaccinator", VIC, "vvaccinator", "Healthcare Provider")
    columns = {str(cell.value).rstrip("* "): cell.column for cell in book.active[1]}
    headings = ("Location PIN or Name", "First Name", "Last Name", "Email", "NCID Username", "Profile")
    for heading, value in zip(headings, row, strict=True):
        book.active.cell(3, columns[heading], value)
    book.save(path)
    page.locator("#file").set_input_files(path)
    button(page, "Check the file").click()
    expect(page.locator("h1")).to_have_text("Review before entering")
    expect(page.locator("main")).to_contain_text("Vic Vaccinator")
    stands(page)
    button(page, "Enter the good rows (1)").click()
    expect(page.get_by_text("1 person was given access")).to_be_visible()
    page.goto("/start/")
    expect(page.locator(".c-todo-done")).to_have_count(1)


def test_from_an_invitation_to_a_vaccinator_who_signs_in(app, browse, signed_in, mailbox, tmp_path):
    state, admin, cora, dora = browse("desktop"), browse("tablet"), browse("tablet"), browse("desktop")
    phone, desk = browse("phone"), browse("desktop")
    invite(signed_in(state, "immunization.demo"))
    admin.goto(mailbox.link(ADA))
    stands(admin)
    register(admin, mailbox, ADA, "Ada", "Eno")
    stands(admin)
    section_a(admin)
    register(cora, mailbox, CORA, "Cora", "Eno")
    section_b(cora, CLINIC, "Mona", MONA)
    register(dora, mailbox, DORA, "Dora", "Eno")
    section_b(dora, MOBILE, "Moe", "moe@eno.example")
    assert mailbox.mails(ADA, "complete")
    admin.reload()
    submit(admin)
    signed_on_a_phone(phone, mailbox, CMO)
    signed_by_keyboard(desk, mailbox, CEO)

    sent_back(state)
    mended(admin, cora)
    sign(desk, mailbox, CEO, "Paul Lee")  # the organization's name changed: both sign again
    sign(phone, mailbox, CMO, "Rosa Díaz")
    approver = signed_in(browse("tablet"), "state.demo")
    approved(approver)
    with database(app) as session:
        found = session.query(Application).filter_by(organization_name=BETTER).one()
        places = session.query(Location).filter_by(organization_id=found.organization_id).order_by(Location.id)
        assert (found.status, found.round) == ("approved", 2)
        assert [(one.status, one.provider_pin) for one in places] == [("approved", "NCA650778"), ("approved", None)]
        assert sealing.verify_agreements()["broken"] == []

    manager, vaccinator = browse("tablet"), browse("tablet")
    first_sign_in(manager, mailbox, MONA, "mona.eno")
    team(manager, tmp_path)
    first_sign_in(vaccinator, mailbox, VIC, "vvaccinator")
    expect(vaccinator.locator("header")).to_contain_text(CLINIC)
    expect(vaccinator.get_by_role("link", name="Find a person").first).to_be_visible()
    fits(vaccinator)
