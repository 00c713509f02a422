"""A console on a database of its own, with two clinics and someone of each profile: for tests of screens."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from app.factory import create_app
from models.base import db
from models.scope import Reach, acting
from tests import databases
from tests import factories as make
from tests.conftest import settings_for

SYSTEM = Reach.system("test")
STATE = ("State Administrator", "State Immunization Staff", "Help Desk", "Auditor")
AT_LOCATION = (
    "Vaccine Coordinator",
    "Healthcare Location Manager",
    "Healthcare Provider",
    "Front Desk",
    "Inventory Manager",
)


class Browser(FlaskClient):
    """A signed-in browser whose forms carry the place in force."""

    place = ""

    def send(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """Posts a form as its page would."""
        return self.post(path, data={"_place": self.place, **(data or {})}, **more)

    def call(self, method: str, path: str, json: Any = None) -> Any:
        """An API call by the browser's cookie."""
        return self.open(path, method=method, json=json, headers={"X-Place": self.place})


class World:
    """The app, what is in it, and who signs in."""

    def __init__(self, url: str, **settings: Any):
        self.app = create_app(settings_for(url) | {"WTF_CSRF_ENABLED": False, "RATELIMIT_ENABLED": False} | settings)
        self.app.test_client_class = Browser
        with self.app.app_context(), acting(SYSTEM):
            self.ids = self._rows()
            db.session.commit()

    def _rows(self) -> SimpleNamespace:
        organization = make.organization(name="Piedmont Health")
        here = make.location(organization=organization, name="Burlington Clinic", number="LOC-A")
        there = make.location(organization=make.organization(), name="Wilmington Clinic", number="LOC-B")
        people = {}
        for profile in STATE:
            people[profile] = make.membership(profile).user.username
        for profile in AT_LOCATION:
            people[profile] = make.membership(profile, location=here).user.username
        people["elsewhere"] = make.membership("Healthcare Location Manager", location=there).user.username
        people["Organization Administrator"] = make.membership(
            "Organization Administrator", organization=organization
        ).user.username
        self.people = people
        return SimpleNamespace(organization=organization.id, here=here.id, there=there.id)

    def browser(self, profile: str) -> Browser:
        """The browser of someone of this profile, signed in."""
        browser = self.app.test_client()
        answer = browser.post("/login/", data={"username": self.people[profile], "password": make.PASSWORD})
        assert answer.status_code == 302, answer.text
        with self.app.app_context(), acting(SYSTEM):
            from models.people import Membership, PortalUser

            found = db.session.query(Membership.id).join(PortalUser, PortalUser.id == Membership.user_id)
            browser.place = str(found.filter(PortalUser.username == self.people[profile]).scalar())
        return browser

    def make(self, factory: str, place: int | None = None, /, then: dict[str, Any] | None = None, **more: Any) -> int:
        """The key of a new row made by a factory; `place` is its location, `then` what is changed after."""
        from models.enrollment import Location

        with self.app.app_context(), acting(SYSTEM):
            if place is not None:
                more["at" if factory == "recipient" else "location"] = db.session.get_one(Location, place)
            row = getattr(make, factory)(**more)
            for name, value in (then or {}).items():
                setattr(row, name, value)
            db.session.commit()
            return row.id

    def read(self, entity: Any, key: int, *columns: str) -> Any:
        """Column values of a row, as they are stored."""
        with self.app.app_context(), acting(SYSTEM):
            row = db.session.get(entity, key)
            values = None if row is None else tuple(getattr(row, name) for name in columns)
            return values[0] if values is not None and len(values) == 1 else values

    def count(self, entity: Any, **where: Any) -> int:
        """How many rows are stored."""
        with self.app.app_context(), acting(SYSTEM):
            return db.session.query(entity).filter_by(**where).count()

    def change(self, entity: Any, key: int, **values: Any) -> None:
        """Changes a row as somebody else would."""
        with self.app.app_context(), acting(SYSTEM):
            row = db.session.get_one(entity, key)
            for name, value in values.items():
                setattr(row, name, value)
            db.session.commit()


@contextmanager
def open_world(**settings: Any) -> Iterator[World]:
    """A world on a database of its own, which is taken away afterwards."""
    name = f"screens_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.urandom(3).hex()}"
    world = World(databases.copy("console", to=name), **settings)
    yield world
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(name)


class Queries:
    """Counts what the database is asked."""

    def __init__(self, world: World):
        self.world, self.seen = world, []  # type: ignore[var-annotated]

    def __enter__(self) -> list[str]:
        with self.world.app.app_context():
            self.engine = db.engine
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_error: Any) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.seen.append(statement)
