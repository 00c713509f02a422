"""Pages that only show: lists, a person, finding one, start pages. Each beside a bare view with the same statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from app.demo.users import SIGN_INS
from benchmarks.lean import make_app
from benchmarks.measuring import Figure, Statement, measured
from benchmarks.product import good, people_here, signed_in

TURNS = 20
LIST, SHOW, START = 8, 12, 12
# entity's address, who looks
LISTS = (
    ("recipient", "immunization.demo"),
    ("recipient", "manager.demo"),
    ("dose", "immunization.demo"),
    ("dose", "manager.demo"),
    ("stock-movement", "state.demo"),
    ("inventory-item", "state.demo"),
    ("shipment", "inventory.demo"),
    ("location", "state.demo"),
    ("history", "auditor.demo"),
)


class Bare:
    """A browser of the lean app."""

    def __init__(self, url: str):
        self.app = make_app(url)
        self.client = self.app.test_client()

    def __call__(self, sent: list[Statement]) -> None:
        """The lean page with the statements that the product sent."""
        self.app.sent = sent  # type: ignore[attr-defined]
        good(self.client.get("/page"))


def everything(app: Flask, engine: Engine, url: str) -> Iterator[Figure]:
    """Each page, one after the other."""
    bare = Bare(url)
    yield from lists(app, engine, bare)
    yield from one_person(app, engine, bare)
    yield from starts(app, engine, bare)


def again(turn: Callable[[], Any]) -> list[Callable[[], Any]]:
    """The same turn, as often as is measured."""
    return [turn] * (TURNS + 1)


def lists(app: Flask, engine: Engine, bare: Bare) -> Iterator[Figure]:
    """Generated lists: the first page. Far pages are measured beside it in `peers`."""
    for address, username in LISTS:
        browser = signed_in(app, username)
        who = "state" if username in ("immunization.demo", "state.demo", "auditor.demo") else "one location"
        path = f"/{address}/list/"

        def look(browser: Any = browser, path: str = path) -> None:
            good(browser.client.get(path))

        yield measured(f"list: {address}, {who}, first page", engine, again(look), bare, LIST)


def one_person(app: Flask, engine: Engine, bare: Bare) -> Iterator[Figure]:
    """A person's record, and the page from which a dose is recorded."""
    people = people_here(app, TURNS + 1)
    manager, nurse = signed_in(app, "manager.demo"), signed_in(app, "vaccinator.demo")
    records = [lambda one=one: good(manager.client.get(f"/recipient/show/{one.id}")) for one in people]
    yield measured("record of a person", engine, records, bare, SHOW, product=25)
    sheets = [lambda one=one: good(nurse.client.get(f"/dose/person/{one.public_id}")) for one in people]
    yield measured("page of a person to vaccinate", engine, sheets, bare, SHOW)


def starts(app: Flask, engine: Engine, bare: Bare) -> Iterator[Figure]:
    """The start page of each profile."""
    for profile, username in SIGN_INS:
        browser = signed_in(app, username)
        turns = again(lambda b=browser: good(b.client.get("/start/")))
        yield measured(f"start: {profile}", engine, turns, bare, START, product=60)
