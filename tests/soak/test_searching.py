"""Thousands of searches and saves at once on the product itself: each is answered with its own, none mixed."""

import pytest
from sqlalchemy import select

from models.base import db
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser, open_clinic
from tests.soak.serving import THREADS, Line, at_once, served

TURNS = 1_200  # each a search kept on the server, the list of it, a search statewide; every third saves

pytestmark = pytest.mark.soak


def own_person(app, clinic, number):
    """A person whose name nobody else has; answers key, name and version."""
    letters = "".join(chr(97 + int(digit)) for digit in f"{number:02}")
    with app.app_context(), acting(make.SEED):
        place = db.session.get_one(Location, clinic.here)
        person = make.recipient(place, first_name="Ida", last_name=f"Own{letters}name")
        db.session.commit()
        return person.id, person.last_name


def test_searches_and_saves_of_sixteen_people_are_never_mixed(app):
    clinic = open_clinic(app)
    people = [own_person(app, clinic, number) for number in range(THREADS)]
    browsers = [Browser(app, "manager") for _ in range(THREADS)]
    marks = [browser.marks() for browser in browsers]
    saved = [0] * THREADS
    with served(app) as port:
        lines = [Line(port, browser.client) for browser in browsers]

        def turn(number, count):
            line, (key, name) = lines[number], people[number]
            others = [other for _key, other in people if other != name]
            line.ask("/recipient/search", marks[number] | {"2_last_name": name})
            born = {"last_name": name, "birth_date": "1980-05-17"}
            line.ask("/find/", marks[number] | born)
            pages = [line.ask("/recipient/list/"), line.ask("/find/found")]
            if count % 3 == 0:
                path = f"/recipient/edit/{key}"
                form = page_of(line.ask(path)[1]).form("")
                code, _text = line.ask(path, form | marks[number] | {"city": f"Town {number}-{count}"})
                saved[number] = count if code in (302, 303) else -1
                assert code in (302, 303), code
            for code, text in pages:
                assert code == 200 and name in text, (code, name)
                assert not any(other in text for other in others), name

        wrong = [one for one in at_once(turn, range(TURNS)) if one is not None]
    assert wrong == []
    with app.app_context(), acting(make.SEED):
        for number, (key, _name) in enumerate(people):
            city = db.session.scalars(select(Recipient.city).where(Recipient.id == key)).one()
            assert city == f"Town {number}-{saved[number]}" or saved[number] == 0


def page_of(text):
    """A page as a reader sees it."""
    from types import SimpleNamespace

    from tests.clinic import Page

    return Page(SimpleNamespace(status_code=200, data=text.encode()))
