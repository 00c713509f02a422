"""Steps of an enrollment that several walks take: links in mails, registering, declared forms, signatures."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from app.rules.declared import Field, Form, Group, Step
from tests import enrollment_kit as kit
from tests.browser.walks import Trail, button, fits, stands
from tests.mailbox import Mailbox

NEW = "a-password-of-their-own"


def follow(page: Page, path: str) -> None:
    """Opens the link of a mail and presses its button."""
    page.goto(path)
    fits(page)
    button(page, "Go on").click()


def sign_in(page: Page, username: str) -> None:
    """Signs in with the password that was chosen."""
    page.locator("#username").fill(username)
    page.locator("#password").fill(NEW)
    page.locator("form[name=login] [type=submit]").click()


def register(page: Page, mailbox: Mailbox, email: str, first_name: str, last_name: str) -> None:
    """Somebody who was invited follows the link, registers, signs in and is where the sections are."""
    follow(page, mailbox.link(email))
    for name, value in (("first_name", first_name), ("last_name", last_name), ("password", NEW)):
        page.locator(f"#{name}").fill(value)
    fits(page)
    button(page, "Register").click()
    expect(page.get_by_text("You are registered")).to_be_visible()
    sign_in(page, email)
    expect(page.locator("h1")).to_have_text("Enrollment: sections to fill in")
    fits(page)


def first_sign_in(page: Page, mailbox: Mailbox, email: str, username: str) -> None:
    """Somebody who was given access chooses a password by the link of the mail, and signs in with it."""
    assert f"Username:  {username}" in mailbox.newest(email, "given access")
    follow(page, mailbox.link(email, "given access"))
    expect(page.locator("h1")).to_have_text("Choose your password")
    expect(page.locator("main")).to_contain_text(username)
    for name in ("password", "again"):
        page.locator(f"#{name}").fill(NEW)
    fits(page)
    button(page, "Set the password").click()
    expect(page.get_by_text("Your password is set")).to_be_visible()
    sign_in(page, username)
    expect(page.locator("h1")).to_contain_text("Welcome")


def confirm(page: Page) -> None:
    """Says yes to the question that a button asks."""
    page.locator("#c-confirm [data-answer=yes]").click()


def open_step(page: Page, form: Form, name: str) -> Step:
    """Goes to a step by the rail."""
    step = form.step(name)
    assert step is not None
    page.get_by_role("navigation", name="Steps").get_by_role("link", name=str(step.label)).click()
    expect(page.locator("h1")).to_have_text(str(step.label))
    return step


def fill_in(page: Page, step: Step, **said: Any) -> None:
    """Answers every field of a step and goes on; `said`: by the name of a field, or by "group.field"."""
    expect(page.locator("h1")).to_have_text(str(step.label))
    for group in step.groups:
        fill_group(page, group, **said)
    fits(page)
    button(page, "Save and go on").click()


def fill_group(page: Page, group: Group, row: int = 0, **said: Any) -> None:
    """Answers every field of a group; where it repeats, those of one row."""
    before = group.name
    if group.repeated:
        before += "." + page.locator(f'form [name="{group.name}.rows"]').nth(row).input_value()
    for field in group.fields:
        other = said.get(field.name, kit.value_of(group, field))
        value = said.get(f"{group.name}.{field.name}", other)
        if value is not None:
            answer(page.locator(f'[name="{before}.{field.name}"]:not([type=hidden])'), field, value)


def answer(box: Locator, field: Field, value: Any) -> None:
    """Ticks, chooses or types one answer."""
    if field.kind in ("must_be_yes", "yes_no"):
        box.check()
    elif field.kind == "codes":
        box.first.check()
    elif field.kind == "choice":
        box.select_option(value)
    else:
        box.fill(str(value))


def add_row(page: Page, group: Group, before: int) -> None:
    """Adds a row to a repeated group."""
    page.get_by_role("button", name=f"Add: {group.one}").click()
    expect(page.locator(f"section[data-rows={group.name}] > .c-row")).to_have_count(before + 1)


def rows_by_keyboard(page: Page) -> None:
    """Storage units are added and taken out by keys alone, and what is typed stays."""
    page.locator("section[data-rows=storage_units] [name$='.brand']").first.fill("Helmer")
    add = page.get_by_role("button", name="Add: Storage unit")
    add.focus()
    page.keyboard.press("Enter")
    rows = page.locator("section[data-rows=storage_units] > .c-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_be_focused()
    rows.nth(1).get_by_role("button", name="Take out").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page.locator("section[data-rows=storage_units] [name$='.brand']").first).to_have_value("Helmer")


def submit(page: Page) -> None:
    """All sections are sent in together."""
    button(page, "Submit").click()
    confirm(page)
    expect(page.get_by_text("Submitted.")).to_be_visible()


def open_to_sign(page: Page, mailbox: Mailbox, email: str) -> None:
    """A signer follows the link of the mail to the document."""
    follow(page, mailbox.link(email, "asked to sign"))
    page.wait_for_url("**/agreement-signing/")
    expect(page.locator("main")).to_contain_text(email)


def sign(page: Page, mailbox: Mailbox, email: str, name: str) -> None:
    """Reads, agrees, types the name, has a code sent and signs."""
    open_to_sign(page, mailbox, email)
    page.locator("#consent").check()
    page.locator("#typed_name").fill(name)
    button(page, "Send the code").click()
    expect(page.locator("main")).to_contain_text("on its way")
    page.locator("#code").fill(mailbox.code(email))
    page.locator("form.c-form button.c-button-large").click()
    expect(page.locator("main")).to_contain_text("You have signed.")


def signed_on_a_phone(page: Page, mailbox: Mailbox, email: str) -> None:
    """One signer reads the stored pages, mistypes the code, and signs."""
    trail = Trail(page)
    open_to_sign(page, mailbox, email)
    expect(page.locator(".c-paper img").first).to_be_visible()
    assert page.locator(".c-paper img").first.evaluate("one => one.decode().then(() => one.naturalWidth)") > 900
    stands(page)
    page.get_by_text("I agree to sign electronically").tap()
    page.locator("#typed_name").fill("Rosa Diaz")
    button(page, "Send the code").tap()
    expect(page.locator("main")).to_contain_text("on its way")
    expect(page.locator("#typed_name")).to_have_value("Rosa Diaz")
    expect(page.locator("#consent")).to_be_checked()
    code = mailbox.code(email)
    page.locator("#code").fill("000000" if code != "000000" else "111111")
    page.locator("form.c-form button.c-button-large").tap()
    expect(page.locator(".c-errors")).to_contain_text("not the code")
    stands(page)
    page.locator("#code").fill(code)
    page.locator("form.c-form button.c-button-large").tap()
    expect(page.locator("main")).to_contain_text("You have signed.")
    fits(page)
    trail.names_nobody("Rosa", email, code)


def signed_by_keyboard(page: Page, mailbox: Mailbox, email: str) -> None:
    """The other signs without a mouse."""
    open_to_sign(page, mailbox, email)
    keys = page.keyboard
    page.locator("#consent").focus()
    keys.press("Space")
    keys.press("Tab")
    keys.type("Paul Lee")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator("main")).to_contain_text("on its way")
    page.locator("#code").focus()
    keys.type(mailbox.code(email))
    keys.press("Enter")
    expect(page.locator("main")).to_contain_text("You have signed.")
