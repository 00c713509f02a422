"""One sign-in, many places: switching, and a form made at one place that is sent from another."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walks import FIRST, SECOND, app, button, database, known_person, of, stands

__all__ = ["app"]


def switch_to(page: Page, place: str) -> None:
    """By the switch in the header; one lands on the start page there."""
    page.locator(".c-place summary").click()
    page.locator(".c-place form button").filter(has_text=place).click()
    page.wait_for_url("**/start/")
    expect(page.locator(".c-place summary strong")).to_have_text(place)


@pytest.fixture
def person(app):
    """Somebody whom only the first place knows: key and number."""
    number = known_person(app, first_name="Thaddeus", last_name="Merriweather", birth_date=dt.date(1944, 6, 6))
    with database(app) as session:
        return of(session, number).id


def test_the_place_in_force_is_switched_and_rows_follow_at_once(tablet, signed_in, person):
    signed_in(tablet, "manager.demo")
    assert tablet.goto(f"/recipient/show/{person}").status == 200
    for place in (SECOND, FIRST):
        switch_to(tablet, place)
        stands(tablet)
        tablet.goto("/inventory-item/list/")
        assert set(tablet.locator("tbody [data-label='Location']").all_inner_texts()) == {place}
        seen = tablet.goto(f"/recipient/show/{person}").status
        assert seen == (200 if place == FIRST else 404)


def form_made_at_the_first_place(page: Page, person: int) -> None:
    """In one tab a form is typed; in another the place is switched; then the form is sent."""
    page.goto(f"/recipient/edit/{person}")
    page.locator("#city").fill("Haw River")
    other = page.context.new_page()
    other.goto("/start/")
    switch_to(other, SECOND)
    button(page, "Save").click()
    expect(page.locator("h1")).to_have_text("You have switched places meanwhile")
    expect(page.locator("main")).to_contain_text(f"made at {FIRST}, you are now at {SECOND}. Nothing was saved.")
    stands(page)


def city_of(app, person):
    from models.recipients import Recipient

    with database(app) as session:
        return session.get(Recipient, person).city


def test_a_form_of_another_place_is_kept_and_sent_after_switching_back(app, desktop, signed_in, person):
    signed_in(desktop, "manager.demo")
    form_made_at_the_first_place(desktop, person)
    assert city_of(app, person) is None
    button(desktop, f"Switch back to {FIRST} and send").click()
    expect(desktop.get_by_text("Saved.")).to_be_visible()
    expect(desktop.locator(".c-place summary strong")).to_have_text(FIRST)
    assert city_of(app, person) == "Haw River"


def test_a_form_of_another_place_may_be_left(app, desktop, signed_in, person):
    signed_in(desktop, "manager.demo")
    form_made_at_the_first_place(desktop, person)
    button(desktop, "Leave it").click()
    expect(desktop.locator(".c-place summary strong")).to_have_text(SECOND)
    assert city_of(app, person) is None
