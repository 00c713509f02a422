"""Enrolling on a tablet: the invitation, Section A, the coordinator's Section B, and submitting both."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.rules import joining, links
from app.rules.declared import Group, Step
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.applications import Application
from models.links import Link
from tests import enrollment_kit as kit
from tests.browser.checks import shot
from tests.browser.walks import app, button, database, fits, stands

__all__ = ["app"]

NEW = "a-password-of-their-own"
ADA, CORA = "ada@eno.example", "cora@haw.example"


def link_to(app: Any, purpose: str, email: str) -> str:
    """The address in the newest mail to somebody."""
    with database(app) as session:
        query = session.query(Link).filter_by(purpose=purpose, email=email).order_by(Link.id.desc())
        return links.address(query.first())


def invited(app: Any, page: Page) -> None:
    """State staff invite an organization."""
    page.goto("/application/add")
    for name, value in (
        ("organization_name", "Eno Valley Health"), ("administrator_first_name", "Ada"),
        ("administrator_last_name", "Eno"), ("administrator_email", ADA),
    ):  # fmt: skip
        page.locator(f"#{name}").fill(value)
    button(page, "Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def registered(app: Any, page: Page, purpose: str, email: str) -> None:
    """Somebody follows the link in the mail, registers and signs in."""
    page.goto(link_to(app, purpose, email))
    stands(page)
    button(page, "Go on").click()
    for name, value in (("first_name", "Ada"), ("last_name", "Eno"), ("password", NEW)):
        page.locator(f"#{name}").fill(value)
    stands(page)
    button(page, "Register").click()
    expect(page.get_by_text("You are registered")).to_be_visible()
    page.locator("#username").fill(email)
    page.locator("#password").fill(NEW)
    page.locator("form[name=login] [type=submit]").click()
    expect(page.locator("h1")).to_have_text("Enrollment: sections to fill in")
    stands(page)


def fill_group(page: Page, group: Group, **other: Any) -> None:
    """Answers every field of a group, in its first row where it repeats."""
    before = group.name
    if group.repeated:
        before += "." + page.locator(f'form [name="{group.name}.rows"]').first.input_value()
    for field in group.fields:
        value = other.get(field.name, kit.value_of(group, field))
        box = page.locator(f'[name="{before}.{field.name}"]:not([type=hidden])')
        if value is None:
            continue
        if field.kind in ("must_be_yes", "yes_no"):
            box.check()
        elif field.kind == "codes":
            box.first.check()
        elif field.kind == "choice":
            box.select_option(value)
        else:
            box.fill(str(value))


def fill_in(page: Page, step: Step, **other: Any) -> None:
    expect(page.locator("h1")).to_have_text(str(step.label))
    for group in step.groups:
        fill_group(page, group, **other)
    fits(page)
    button(page, "Save and go on").click()


@pytest.fixture
def english(app):
    """Labels of declared forms are read in a request's language."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def test_an_invitation_becomes_a_submitted_application(app, english, desktop, tablet, browse, signed_in):
    invited(app, signed_in(desktop, "immunization.demo"))
    registered(app, tablet, joining.INVITATION_LINK, ADA)
    button(tablet, "Fill in").click()
    stands(tablet)
    tablet.get_by_role("navigation", name="Steps").get_by_role("link", name="Organization").click()
    names = {"legal_name": "Eno Valley Health", "street": "7 Eno Street", "name": "Eno Clinic"}
    for step in SECTION_A.steps:
        fill_in(tablet, step, **names)
    fits(tablet)
    expect(tablet.get_by_text("Nothing is missing here.")).to_be_visible()

    coordinator = browse("tablet")
    registered(app, coordinator, joining.SECTION_LINK, "coordinator_email@haw.example")
    button(coordinator, "Fill in").click()
    shot(coordinator, "enrollment-overview-tablet")
    coordinator.get_by_role("navigation", name="Steps").get_by_role("link", name="Location").click()
    for step in SECTION_B.steps:
        if step.name == "storage":
            rows_by_keyboard(coordinator)
        fill_in(coordinator, step, **({"name": "Eno Clinic"} if step.name == "location" else {}))
    expect(coordinator.get_by_text("Nothing is missing here.")).to_be_visible()

    tablet.reload()
    button(tablet, "Submit").click()
    tablet.locator("#c-confirm [data-answer=yes]").click()
    expect(tablet.get_by_text("Submitted.")).to_be_visible()
    with database(app) as session:
        found = session.query(Application).filter_by(organization_name="Eno Valley Health").one()
        assert (found.status, found.round) == ("awaiting_signatures", 1)


def rows_by_keyboard(page: Page) -> None:
    """Storage units are added and taken out by keys alone, and what is typed stays."""
    stands(page)
    page.locator("section[data-rows=storage_units] [name$='.brand']").first.fill("Helmer")
    add = page.get_by_role("button", name="Add: Storage unit")
    add.focus()
    page.keyboard.press("Enter")
    rows = page.locator("section[data-rows=storage_units] > .c-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_be_focused()
    shot(page, "enrollment-storage-tablet", full_page=True)
    rows.nth(1).get_by_role("button", name="Take out").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page.locator("section[data-rows=storage_units] [name$='.brand']").first).to_have_value("Helmer")
