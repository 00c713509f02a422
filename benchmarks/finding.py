"""Finding: a person by each key statewide, a part of a name in a grid, look-ups, and forms with relations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from benchmarks.measuring import Figure, measured
from benchmarks.pages import Bare
from benchmarks.product import good, people_here, signed_in

TURNS = 40
LIST, SHOW, LOOK_UP = 8, 12, 5
P95 = 20
WITHOUT = 1.5  # of the time of a form without a relation, at most
CONTAINS = 2  # the position of "contains" among a text's comparisons


def everything(app: Flask, engine: Engine, url: str) -> Iterator[Figure]:
    """Each way to find somebody or something, beside a bare page where the same statements make one."""
    people, bare = people_here(app, TURNS + 1), Bare(url)
    yield from by_key(app, engine, bare, people)
    yield from parts_of_names(app, engine, bare, people)
    yield from relations(app, engine, bare)


def by_key(app: Flask, engine: Engine, bare: Bare, people: Sequence[Any]) -> Iterator[Figure]:
    """As a nurse finds a person of the state."""
    nurse = signed_in(app, "vaccinator.demo")
    marks = nurse.marks()

    def turn(one: Any, asked: dict[str, str]) -> Callable[[], None]:
        def find() -> None:
            answer = nurse.client.post("/find/", data={**marks, **asked}, follow_redirects=True)
            if one.public_id not in good(answer).text:
                raise RuntimeError("the person was not found")

        return find

    ways: dict[str, Callable[[Any], dict[str, str]]] = {
        "name prefix and birth date": lambda one: {
            "last_name": one.last_name[:3], "birth_date": one.birth_date.isoformat()
        },
        "phone": lambda one: {"phone": one.phone},
        "number": lambda one: {"number": one.public_id},
    }  # fmt: skip
    for name, asked in ways.items():
        turns = [turn(one, asked(one)) for one in people]
        yield measured(f"find by {name}", engine, turns, bare, SHOW, p95=P95)


def parts_of_names(app: Flask, engine: Engine, bare: Bare, people: Sequence[Any]) -> Iterator[Figure]:
    """A list of people whose name contains some letters."""
    for username, who in (("immunization.demo", "state"), ("manager.demo", "one location")):
        browser = signed_in(app, username)

        def turn(one: Any, browser: Any = browser) -> Callable[[], Any]:
            path = f"/recipient/list/?_flt_{CONTAINS}_last_name={one.last_name[1:]}"
            return lambda: good(browser.client.get(path))

        turns = [turn(one) for one in people]
        yield measured(f"list: recipient, {who}, part of a name", engine, turns, bare, LIST, p95=P95)


def relations(app: Flask, engine: Engine, bare: Bare) -> Iterator[Figure]:
    """What stands behind a relation, and a form with two to tables that grow beside one that has none.

    No generated form has a relation to people: they are found first, and written for on a page of their own.
    """
    manager, staff = signed_in(app, "manager.demo"), signed_in(app, "immunization.demo")
    marks = manager.marks()

    def look_up() -> None:
        if not good(manager.client.post("/dose/look-up/lot", data={**marks, "q": "SYN"})).json["results"]:
            raise RuntimeError("the look-up found nothing")

    yield measured("look-up of a lot behind a search", engine, [look_up] * (TURNS + 1), bare, LOOK_UP, p95=P95)

    def plain(_sent: Any) -> None:
        good(staff.client.get("/priority-group/add"))

    turns = [lambda: good(staff.client.get("/shipment/add"))] * (TURNS + 1)
    yield measured("form with relations", engine, turns, plain, note="beside one without", ratio=WITHOUT)
