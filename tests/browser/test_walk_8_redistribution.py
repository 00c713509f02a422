"""A redistribution agreement: drafted, its places named, signed by two, approved; nothing is redistributed before."""

from playwright.sync_api import Page, expect

from app.rules import sealing
from models.agreements import RedistributionAgreement
from models.transfers import Transfer
from tests.browser.enrolling import confirm, sign
from tests.browser.walks import SECOND, app, button, choose, database, fits, stands

__all__ = ["app"]
CMO, CEO = "helena@piedmont.example", "marcus@piedmont.example"
SAID = {
    "cold_chain": "Validated boxes with conditioned panels; a data logger travels in each.",
    "cmo_name": "Helena Vance", "cmo_title": "Medical Director", "cmo_email": CMO, "cmo_license_number": "2001-00412",
    "ceo_name": "Marcus Odom", "ceo_title": "President", "ceo_email": CMO,
}  # fmt: skip


def drafted(page: Page) -> None:
    """The administrator says how vaccine is carried, and who signs: two, each at an address of their own."""
    page.goto("/redistribution-agreement/add")
    stands(page)
    for name, value in SAID.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#cmo_license_state").select_option("NC")
    button(page, "Save").click()
    expect(page.locator("#ceo_email-error")).to_contain_text("each signs from an address of their own")
    expect(page.locator("#cold_chain")).to_have_value(SAID["cold_chain"])
    page.locator("#ceo_email").fill(CEO)
    button(page, "Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def place_named(page: Page) -> None:
    """The receiving location is named by its PIN; one that is not there is refused and stays typed."""
    button(page, "Add a receiving location").click()
    page.locator("#number").fill("NCA999999")
    button(page, "Add a receiving location").click()
    expect(page.locator(".c-errors")).to_contain_text("No approved location has this number.")
    expect(page.locator("#number")).to_have_value("NCA999999")
    stands(page)
    page.locator("#number").fill("650002")
    button(page, "Add a receiving location").click()
    expect(page.get_by_text("The location is added.")).to_be_visible()
    expect(page.locator("main")).to_contain_text(SECOND)
    stands(page)


def signatures_asked(page: Page) -> None:
    """Each signer gets a link of their own."""
    button(page, "Ask for signatures").click()
    confirm(page)
    expect(page.get_by_text("each get a link of their own by mail")).to_be_visible()


def request(page: Page) -> None:
    """A manager asks to redistribute doses to the other location of the organization."""
    page.goto("/transfer/add")
    page.locator("#kind").select_option("redistribution")
    choose(page, "To (required)", SECOND[:6])
    choose(page, "Lot (required)", "8104417")
    page.locator("#doses").fill("1")
    page.locator("#reason").fill("Planned for Thursday's clinic.")
    button(page, "Save").click()


def test_nothing_is_redistributed_before_the_agreement_is_signed_and_approved(app, browse, signed_in, mailbox):
    with database(app) as session:  # what the demo agreed to before holds no more
        for known in session.query(RedistributionAgreement).filter_by(status="approved"):
            known.status = "ended"
        session.commit()
    admin, manager = signed_in(browse("tablet"), "orgadmin.demo"), signed_in(browse("tablet"), "manager.demo")
    reviewer = signed_in(browse("desktop"), "immunization.demo")
    drafted(admin)
    place_named(admin)
    signatures_asked(admin)
    phone = browse("phone")
    sign(phone, mailbox, CMO, "Helena Vance")
    request(manager)
    expect(manager.locator(".c-errors")).to_contain_text("no approved redistribution agreement for this location")
    stands(manager)
    sign(phone, mailbox, CEO, "Marcus Odom")
    for address in (CMO, CEO):
        assert mailbox.link(address, "signed")

    reviewer.goto("/redistribution-agreement/list/")
    stands(reviewer)
    reviewer.locator("tbody tr", has_text="Submitted").get_by_role("link", name="Open").click()
    expect(reviewer.locator("main")).to_contain_text("Validated boxes")
    stands(reviewer)
    button(reviewer, "Approve").click()
    confirm(reviewer)
    expect(reviewer.get_by_text("Approved. The organization may redistribute")).to_be_visible()
    assert mailbox.mails("orgadmin.demo@staff.example", "approved")

    button(manager, "Save").click()  # what was typed is still there
    expect(manager.get_by_text("Saved.")).to_be_visible()
    fits(manager)
    with database(app) as session:
        made = session.query(RedistributionAgreement).filter_by(cmo_email=CMO).one()
        assert made.status == "approved"
        moved = session.query(Transfer).order_by(Transfer.id.desc()).first()
        assert (moved.kind, moved.to_location.name) == ("redistribution", SECOND)
        assert sealing.verify_agreements()["broken"] == []
