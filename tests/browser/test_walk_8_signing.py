"""An agreement is signed: on a phone by one, with the keyboard alone by the other."""

from playwright.sync_api import Page, expect

from app.rules import sealing
from tests.browser.walks import Trail, app, button, database, stands
from tests.signers import CEO, CMO, asked, request_of, status_of, token

__all__ = ["app"]


def open_link(app, page: Page, email: str) -> None:
    page.goto(f"/link/{token(app, email)}")
    stands(page)
    button(page, "Go on").click()
    page.wait_for_url("**/agreement-signing/")
    expect(page.locator("main")).to_contain_text(email)


def test_one_signs_on_a_phone_and_the_other_with_the_keyboard(app, browse):
    found = asked(app)
    phone = browse("phone")
    trail = Trail(phone)
    open_link(app, phone, CMO)
    expect(phone.locator(".c-paper img").first).to_be_visible()
    wide = phone.locator(".c-paper img").first.evaluate("one => one.naturalWidth")
    assert wide > 900, "the stored page itself is shown"
    stands(phone)
    phone.get_by_text("I agree to sign electronically").tap()
    phone.locator("#typed_name").fill("Rosa Diaz")
    button(phone, "Send the code").tap()
    expect(phone.locator("main")).to_contain_text("on its way")
    expect(phone.locator("#typed_name")).to_have_value("Rosa Diaz")
    expect(phone.locator("#consent")).to_be_checked()
    code = request_of(app, CMO).code
    phone.locator("#code").fill("000000" if code != "000000" else "111111")
    phone.locator("form.c-form button.c-button-large").tap()
    expect(phone.locator(".c-errors")).to_contain_text("not the code")
    stands(phone)
    phone.locator("#code").fill(code)
    phone.locator("form.c-form button.c-button-large").tap()
    expect(phone.locator("main")).to_contain_text("You have signed.")
    stands(phone)

    desktop = browse("desktop")
    open_link(app, desktop, CEO)
    keys = desktop.keyboard
    desktop.locator("#consent").focus()
    keys.press("Space")
    keys.press("Tab")
    keys.type("Paul Lee")
    keys.press("Tab")
    keys.press("Enter")
    expect(desktop.locator("main")).to_contain_text("on its way")
    desktop.locator("#code").focus()
    keys.type(request_of(app, CEO).code)
    keys.press("Enter")
    expect(desktop.locator("main")).to_contain_text("You have signed.")
    assert status_of(app, found.draft) == "submitted"
    with database(app):
        assert sealing.verify_agreements()["broken"] == []
    trail.names_nobody("Rosa", "rosa@example.org", code)
