"""What was approved is changed while it keeps working: freezer and contact by review, a chief by signatures."""

from playwright.sync_api import Page, expect

from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.applications import Application
from models.enrollment import Location, StorageUnit
from tests.browser.enrolling import add_row, confirm, fill_group, open_step, sign, submit
from tests.browser.walks import FIRST, app, button, database, fits, stands

__all__ = ["app"]
ORGANIZATION, CMO, CEO = "Piedmont Family Health", "nora@piedmont.example", "piedmont.ceo@providers.example"


def begin(page: Page) -> None:
    """The administrator begins to change what was approved."""
    page.goto("/my-applications/")
    stands(page)
    button(page, "Change what was approved").click()
    confirm(page)
    expect(page.get_by_text("The amendment is begun.")).to_be_visible()


def open_section(page: Page, kind: str) -> None:
    """Opens a section of the amendment out of one's own."""
    page.goto("/my-enrollment/")
    page.locator("tbody tr", has_text=kind).get_by_role("link", name="Fill in").first.click()
    expect(page.get_by_text("Nothing is missing here.")).to_be_visible()


def save(page: Page, then: str) -> None:
    button(page, "Save and go on").click()
    expect(page.locator("h1")).to_have_text(then)


def freezer_and_contact(page: Page) -> None:
    """The coordinator lists a second unit and names another back-up."""
    open_section(page, "Section B")
    storage = open_step(page, SECTION_B, "storage")
    units = next(group for group in storage.groups if group.name == "storage_units")
    add_row(page, units, 1)
    fill_group(page, units, 1, brand="Arctic Air", unit_kind="freezer")
    stands(page)
    save(page, "Licensed providers")
    open_step(page, SECTION_B, "location")
    page.locator('[name="backup.last_name"]').fill("Whitaker")
    save(page, "Addresses")


def another_chief(page: Page) -> None:
    """The administrator names another Chief Medical Officer."""
    open_section(page, "Section A")
    open_step(page, SECTION_A, "cmo")
    for name, value in (("last_name", "Okonjo"), ("first_name", "Nora"), ("email", CMO)):
        page.locator(f'[name="cmo.{name}"]').fill(value)
    save(page, "Chief Executive Officer")


def send_in(page: Page) -> None:
    open_section(page, "Section A")
    submit(page)


def approve(page: Page, *changed: str) -> None:
    """The reviewer sees what changed, and nothing else, and approves it."""
    page.goto("/review-queue/")
    page.locator("tbody tr", has_text=ORGANIZATION).get_by_role("button", name="Take").click()
    expect(page.locator("h1")).to_contain_text(ORGANIZATION)
    lines = page.locator("tr.c-changed")
    for words in changed:
        expect(lines.filter(has_text=words).first).to_be_visible()
    stands(page)
    page.get_by_role("link", name="Approve").click()
    expect(page.locator("h1")).to_have_text("Approve")
    expect(page.locator("main")).not_to_contain_text("starts to work")  # they work all the while
    button(page, "Approve").click()
    expect(page.locator(".c-stages")).to_contain_text("Approved")
    fits(page)


def units_at_first(app) -> list[tuple[str, str]]:
    with database(app) as session:
        place = session.query(Location).filter_by(name=FIRST).one()
        assert place.status == "approved"
        rows = session.query(StorageUnit).filter_by(location_id=place.id).order_by(StorageUnit.id)
        return [(one.brand, one.unit_kind) for one in rows]


def standing(app) -> list[str]:
    with database(app) as session:
        rows = session.query(Application).filter_by(organization_name=ORGANIZATION).order_by(Application.id)
        return [one.status for one in rows]


def test_an_approved_enrollment_is_changed_while_it_keeps_working(app, browse, signed_in, mailbox):
    admin, coordinator = signed_in(browse("tablet"), "orgadmin.demo"), signed_in(browse("desktop"), "coordinator.demo")
    reviewer = signed_in(browse("desktop"), "immunization.demo")
    before = units_at_first(app)
    begin(admin)
    freezer_and_contact(coordinator)
    send_in(admin)
    assert standing(app) == ["approved", "submitted"]  # nothing of it signs
    assert not mailbox.mails(CEO, "asked to sign")
    manager = signed_in(browse("tablet"), "manager.demo")
    manager.goto("/storage-unit/list/")
    expect(manager.locator("tbody")).not_to_contain_text("Arctic Air")
    assert units_at_first(app) == before
    approve(reviewer, "Arctic Air", "Whitaker")
    assert units_at_first(app) == [*before, ("Arctic Air", "freezer")]
    manager.reload()
    expect(manager.locator("tbody")).to_contain_text("Arctic Air")
    assert mailbox.mails("orgadmin.demo@staff.example", "in force from now on")

    begin(admin)
    another_chief(admin)
    send_in(admin)
    assert standing(app) == ["approved", "approved", "awaiting_signatures"]
    phone = browse("phone")
    sign(phone, mailbox, CMO, "Nora Okonjo")
    sign(phone, mailbox, CEO, "Everett Poole")
    assert standing(app)[-1] == "submitted"
    approve(reviewer, "Okonjo", CMO)
    assert standing(app) == ["approved"] * 3
