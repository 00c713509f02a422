"""Steps that several walks take: people of a walk's own, what the database holds, a proof printed, traces left."""

import datetime as dt
import io
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from app.rules import stock
from app.rules.clock import to_utc, today_at
from models.base import db, utcnow
from models.doses import Dose
from models.enrollment import Location
from models.people import PortalUser
from models.recipients import Recipient
from models.scope import Reach, acting
from models.stock import Lot
from tests import factories as make
from tests.browser.checks import axe, big_targets, no_sideways_scroll

FIRST, SECOND = "Alamance Family Medicine", "Durham Family Medicine"  # the two places of manager.demo
PRINT = "**/proof/*/print"
expect.set_options(timeout=20_000)  # a slow machine is no failure


@pytest.fixture
def app(served: tuple[Flask, str]) -> Flask:
    """The product that the browser talks to."""
    return served[0]


@contextmanager
def database(app: Flask) -> Iterator[Any]:
    """The database behind the browser, everything in reach."""
    with app.app_context(), acting(Reach.system("test")):
        yield db.session


def known_person(app: Flask, at: str = FIRST, **values: Any) -> str:
    """Somebody who is known at a place; answers the number of the person's page."""
    with database(app) as session:
        place = session.scalars(select(Location).where(Location.name == at)).one()
        person = make.recipient(place, **values)
        person.registration = "registered"
        session.commit()
        return person.public_id


def given_dose(app: Flask, public_id: str, lot: str, on: dt.date | None = None) -> int:
    """A dose of the first place's stock, given by vaccinator.demo today or on a day; answers its key."""
    with database(app) as session:
        place = session.scalars(select(Location).where(Location.name == FIRST)).one()
        lot_given = session.scalars(select(Lot).where(Lot.number == lot)).one()
        by = session.scalars(select(PortalUser).where(PortalUser.username == "vaccinator.demo")).one()
        at = to_utc(dt.datetime.combine(on, dt.time(9, 30)), place) if on else utcnow()
        dose = Dose(
            key=str(uuid.uuid4()), recipient=of(session, public_id), location=place, vaccine=lot_given.vaccine,
            lot=lot_given, dose_number="1", given_at=at, given_on=on or today_at(place), body_site="LD",
            route="C28161", given_by=by,
        )  # fmt: skip
        session.add(dose)
        session.flush()
        stock.post(dose, make.SEED)
        session.commit()
        return dose.id


def of(session: Any, public_id: str) -> Recipient:
    """The person with this number."""
    return session.scalars(select(Recipient).where(Recipient.public_id == public_id)).one()


def stands(page: Page) -> None:
    """What every page is held to: without serious findings, within the screen, large targets where fingers are."""
    axe(page)
    fits(page)


def fits(page: Page) -> None:
    """The quick half of it, for pages of a kind that was looked at before."""
    no_sideways_scroll(page)
    if page.evaluate("navigator.maxTouchPoints") > 0:
        big_targets(page)


def button(page: Page | Locator, words: str) -> Locator:
    """The button, or the link that looks like one, whose words begin so, on a page whose scripts are there."""
    if isinstance(page, Page):
        page.wait_for_load_state()  # a press before that asks nothing and is sent at once
    return page.locator("main button, main a.c-button").filter(has_text=words).first


def open_search(page: Page) -> None:
    """Opens the search above a list."""
    page.locator(".c-filters > summary").click()
    expect(page.locator(".c-filter-form").first).to_be_visible()


def choose(page: Page, label: str, typed: str) -> None:
    """Looks up a related row by some letters of its name."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    box.press_sequentially(typed)
    page.get_by_role("option", name=typed).first.click()


def export(page: Page, kind: str, to: Path) -> Path:
    """The list as a file, CSV or XLSX."""
    with page.expect_download() as started:
        button(page, f"Export {kind}").click()
    path = to / started.value.suggested_filename
    started.value.save_as(path)
    assert path.suffix == f".{kind.lower()}"
    return path


def find_person(page: Page, last_name: str, birth_date: str) -> None:
    """Searches the state by name and date of birth, typed as the form asks."""
    page.goto("/find/")
    page.locator("#last_name").fill(last_name)
    page.locator("#birth_date").fill(birth_date)
    button(page, "Search").click()
    expect(page.locator("#found")).to_be_visible()


def check_in(page: Page, public_id: str) -> None:
    """Opens the person's page and checks them in."""
    page.goto(f"/dose/person/{public_id}")
    button(page, "Check in").click()
    expect(page.get_by_text("Checked in at")).to_be_visible()


def record_dose(page: Page) -> None:
    """Takes what is proposed."""
    button(page, "Record dose").click()
    expect(page.locator("h1", has_text="Dose recorded")).to_be_visible()


def give_dose(page: Page, public_id: str) -> str:
    """Check-in and dose in a row; answers the address of the dose."""
    check_in(page, public_id)
    record_dose(page)
    return page.url


def printed(page: Page, press: Callable[[], None]) -> str:
    """The words of the PDF that a press of the print button brings, taken from the very answer to the browser."""
    from pypdf import PdfReader

    answers: list[tuple[str, bytes]] = []

    def keep(route: Route) -> None:
        answer = route.fetch()
        answers.append((answer.headers.get("content-type", ""), answer.body()))
        route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>PDF</title>")

    page.context.route(PRINT, keep)
    with page.expect_popup() as opened:
        press()
    opened.value.wait_for_load_state()
    opened.value.close()
    page.context.unroute(PRINT, keep)
    kind, data = answers[0]
    assert kind.startswith("application/pdf") and data.startswith(b"%PDF-")
    pages = PdfReader(io.BytesIO(data)).pages
    assert len(pages) == 1
    return pages[0].extract_text()


def tab_to(page: Page, wanted: str, most: int = 80) -> None:
    """Goes by the Tab key until the focus is on what is wanted, which then must be seen to have it."""
    for _time in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            shown = page.evaluate(
                """() => [document.activeElement, document.activeElement.closest('label, .c-lot, .c-site')]
                .filter(Boolean).map(one => getComputedStyle(one))
                .some(style => style.outlineStyle !== 'none' || style.boxShadow !== 'none')"""
            )
            assert shown, f"the focus on {wanted} cannot be seen"
            return
    raise AssertionError(f"the Tab key does not reach {wanted} on {page.url}")


class Trail:
    """What a browser leaves behind on its way: the addresses it asked for, its cookies and its storage."""

    def __init__(self, page: Page) -> None:
        self.context, self.addresses = page.context, [page.url]
        self.context.on("request", lambda request: self.addresses.append(request.url))

    def names_nobody(self, *words: str) -> None:
        """Fails where a name or a birth date stands in any of it."""
        left = [unquote_plus(one).lower() for one in self.addresses] + [str(self.context.storage_state()).lower()]
        found = [one for one in left for word in words if word.lower() in one]
        assert len(self.addresses) > 1 and not found, found
