"""The pages that everybody meets stand on every device: legible, local, without errors."""

import pytest
from playwright.sync_api import Page, expect

from app.demo.users import SIGN_INS
from tests.browser.checks import axe, big_targets, no_sideways_scroll, shot

PORTALS = ("/enrollment", "/provider", "/recipient", "/organization", "/help-desk")


@pytest.mark.parametrize("device", ["tablet", "desktop", "phone"])
def test_the_front_page_leads_to_five_portals(browse, device):
    page = browse(device)
    page.goto("/")
    for portal in PORTALS:
        expect(page.locator(f"a[href$='{portal}']").first).to_be_visible()
    axe(page)
    no_sideways_scroll(page)
    if device == "desktop":
        shot(page, "front-desktop")


@pytest.mark.parametrize("portal", PORTALS)
def test_each_portal_says_what_it_is_for(desktop, portal):
    answer = desktop.goto(portal)
    assert answer.status == 200
    expect(desktop.locator("h1")).to_have_count(1)
    axe(desktop)


@pytest.mark.parametrize(("profile", "username"), SIGN_INS)
def test_every_profile_lands_on_its_start_page(tablet: Page, signed_in, profile, username):
    signed_in(tablet, username)
    expect(tablet.locator("h1")).to_have_count(1)
    axe(tablet)
    no_sideways_scroll(tablet)
    big_targets(tablet)


def test_a_wrong_password_is_said_plainly(tablet):
    tablet.goto("/login/")
    tablet.locator("#username").fill("vaccinator.demo")
    tablet.locator("#password").fill("not it")
    tablet.locator("form[name=login] [type=submit]").click()
    expect(tablet.get_by_text("The username or the password is not right.")).to_be_visible()
    axe(tablet)
    no_sideways_scroll(tablet)
    big_targets(tablet)
