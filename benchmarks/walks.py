"""What is measured: the pages and acts of a clinic's day, as requests of people who are signed in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import Engine, func, select

from app.demo.users import PASSWORD
from app.uploads.recipients import RECIPIENTS
from benchmarks.measuring import Figure, measured
from models.base import db
from models.enrollment import Location
from models.recipients import Recipient, RecipientLink
from models.scope import Reach, acting
from tests.clinic import Browser, Page

TURNS = 20
LIST_BOUND = 8
ROWS = 100
SYSTEM = Reach.system("benchmark")


def signed_in(app: Flask, username: str) -> Browser:
    """A browser in which a demo account is signed in."""
    browser = Browser(app)
    browser.send("/login/", "/login/", username=username, password=PASSWORD)
    good(browser.open("/start/"))
    return browser


def good(page: Page, code: int = 200) -> Page:
    """The page, if it is the one that was hoped for: a refused request is fast, and no measurement."""
    asked = page.answer.request.path
    if page.code != code or asked.startswith("/login"):
        raise RuntimeError(f"{asked} answered {page.code} instead of {code}: {page.text[:300]}")
    return page


def everything(app: Flask, engine: Engine) -> Iterator[Figure]:
    """Each measurement, one after the other."""
    yield from lists(app, engine)
    people = people_here(app)
    yield search(app, engine, people)
    yield from uploads(app, engine)
    people = people_here(app)  # those entered last have no dose yet
    nurse = signed_in(app, "vaccinator.demo")
    yield doses(nurse, engine, people)
    yield proofs(nurse, engine, people)
    yield export(app, engine)


def people_here(app: Flask) -> list[tuple[str, str, str, str]]:
    """People linked to the vaccinator's place: public id, last name, first name, birth date."""
    with app.app_context(), acting(SYSTEM):
        place = select(Location.id).where(Location.number == "LOC-0001").scalar_subquery()
        mine = select(RecipientLink.recipient_id).where(RecipientLink.location_id == place)
        rows = db.session.scalars(select(Recipient).where(Recipient.id.in_(mine)).order_by(Recipient.id.desc())).all()
        return [(one.public_id, one.last_name, one.first_name, one.birth_date.isoformat()) for one in rows]


def lists(app: Flask, engine: Engine) -> Iterator[Figure]:
    """A generated list at its first page and far inside."""
    staff = signed_in(app, "immunization.demo")
    with app.app_context(), acting(SYSTEM):
        count = db.session.scalar(select(func.count()).select_from(Recipient)) or 0
    pages = {"first page": 0, "a page far inside": min(count, 10_000) // 25 - 2}
    for screen in ("recipient", "dose"):
        name = {"recipient": "RecipientScreen", "dose": "DoseScreen"}[screen]
        for words, page in pages.items():
            address = f"/{screen}/list/?page_{name}={page}"
            yield measured(
                f"list of {screen}s, {words}",
                engine,
                lambda path: good(staff.open(path)),
                [address] * TURNS,
                LIST_BOUND,
            )


def search(app: Flask, engine: Engine, people: list[tuple[str, str, str, str]]) -> Figure:
    """A person found statewide by name and birth date."""
    nurse = signed_in(app, "vaccinator.demo")
    marks = nurse.marks()

    def find(who: tuple[str, str, str, str]) -> None:
        _key, last, first, born = who
        page = good(nurse.post("/find/", {**marks, "last_name": last, "first_name": first, "birth_date": born}))
        if last not in page.text:
            raise RuntimeError("the person was not found")

    return measured("search by name and birth date", engine, find, people[:TURNS])


def doses(nurse: Browser, engine: Engine, people: list[tuple[str, str, str, str]]) -> Figure:
    """One dose, from the person's page with its proposals to the commit."""
    fresh = iter(people)

    def ready(who: tuple[str, str, str, str]) -> dict[str, str] | None:
        home = f"/dose/person/{who[0]}"
        page = good(nurse.open(home))
        if f"{home}/check-in" in page.actions():
            page = good(nurse.post(f"{home}/check-in", page.form(f"{home}/check-in")))
        form = page.form(f"{home}/record") if f"{home}/record" in page.actions() else None
        return form if form and form.get("lot") else None

    def record(prepared: tuple[str, dict[str, str]]) -> None:
        public_id, form = prepared
        answer = nurse.post(f"/dose/person/{public_id}/record", form, follow=False)
        if answer.code not in (302, 303):
            raise RuntimeError(f"the dose was not recorded: {answer.text[:400]}")

    waiting: list[tuple[str, dict[str, str]]] = []
    while len(waiting) < TURNS:
        who = next(fresh)
        if form := ready(who):
            waiting.append((who[0], form))
    return measured("record a dose", engine, record, waiting)


def proofs(nurse: Browser, engine: Engine, people: list[tuple[str, str, str, str]]) -> Figure:
    """The page of PDF for people with doses."""
    marks = nurse.marks()

    def issue(public_id: str) -> None:
        answer = nurse.client.post(f"/proof/{public_id}/print", data=marks)
        if not answer.data.startswith(b"%PDF"):
            raise RuntimeError(f"no paper was printed: {answer.status_code}")

    return measured("print a proof", engine, issue, [who[0] for who in people[:TURNS]])


def file_of_people(number: int) -> bytes:
    """A CSV file of people whom nobody knows yet."""
    row = {
        "First Name": "Ida", "Date of Birth": "03/25/1984", "Gender": "Female", "Race": "White", "ZIP": "27601",
        "Ethnicity": "Not Hispanic or Latino", "Street": "12 Oak Street", "City": "Raleigh", "State": "NC",
        "County": "Wake", "Industry": "Other", "Lives in NC": "Y", "Works in NC": "Y",
    }  # fmt: skip
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [column.header for column in RECIPIENTS.columns])
    writer.writeheader()
    for line in range(ROWS):
        letters = "".join(chr(97 + int(digit)) for digit in f"{number:03}{line:03}")
        writer.writerow(row | {"Last Name": f"Bench{letters}", "Email": f"{letters}@people.example"})
    return out.getvalue().encode()


def uploads(app: Flask, engine: Engine) -> Iterator[Figure]:
    """A file of 100: read, checked and reviewed; then its rows entered."""
    manager = signed_in(app, "manager.demo")
    reviewed: list[Page] = []

    def check(number: int) -> None:
        data: dict[str, Any] = {**manager.marks(), "file": (io.BytesIO(file_of_people(number)), "people.csv")}
        answer = manager.client.post("/upload/", data=data, follow_redirects=True)
        reviewed.append(good(Page(answer)))

    def enter(page: Page) -> None:
        action = next(action for action in page.actions() if action.endswith("/enter"))
        good(manager.post(action, page.form(action)))

    turns = TURNS // 2
    yield measured(f"check a file of {ROWS} people", engine, check, list(range(turns)))
    yield measured(f"enter the {ROWS} people", engine, enter, reviewed[:turns])


def export(app: Flask, engine: Engine) -> Figure:
    """Every dose of a location as CSV."""
    manager = signed_in(app, "manager.demo")

    def fetch(path: str) -> None:
        answer = manager.client.get(path)
        if answer.status_code != 200 or answer.data.count(b"\n") < 2:
            raise RuntimeError(f"no list was exported: {answer.status_code}")

    return measured("export the doses of a location", engine, fetch, ["/dose/export/csv"] * 4)
