"""A clinic day for tests: a place with stock, staff of each kind, and a browser that sends forms as pages show them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from models.base import db
from tests import factories as make

STAFF = {
    "manager": "Healthcare Location Manager", "nurse": "Healthcare Provider", "desk": "Front Desk",
    "stock": "Inventory Manager",
}  # fmt: skip


def open_clinic(app: Flask, doses: int = 10) -> SimpleNamespace:
    """Two places with their staff (nurse, nurse2 ...), a lot of 21-day vaccine at the first, and state staff."""
    with app.app_context():
        here, there = make.location(name="Harbor Clinic"), make.location(name="Mountain Clinic")
        for name, profile in STAFF.items():
            make.membership(profile, make.user(name), location=here, is_default=True)
            make.membership(profile, make.user(f"{name}2"), location=there, is_default=True)
        make.membership("State Immunization Staff", make.user("state"), is_default=True)
        item = make.stock(here, doses=doses)
        found = SimpleNamespace(
            here=here.id,
            there=there.id,
            lot=item.lot_id,
            lot_number=item.lot.number,
            vaccine=item.lot.vaccine_id,
            item=item.id,
        )
        db.session.commit()
    return found


class Page:
    """An answer as a reader sees it."""

    def __init__(self, answer: Any):
        self.answer, self.code = answer, answer.status_code
        self.html = answer.data.decode(errors="replace")
        self.tree = html.document_fromstring(self.html or "<html></html>")

    @property
    def text(self) -> str:
        """Its words, with single blanks."""
        main = next((node for node in self.tree.iter("main")), self.tree)
        return " ".join(" ".join(main.itertext()).split())

    def form(self, action: str) -> dict[str, str]:
        """What the form that posts to `action` would send untouched."""
        form = next(node for node in self.tree.iter("form") if node.get("action") == action)
        return dict(pair for node in form.iter() for pair in _sent(node))

    def actions(self) -> list[str]:
        """Where its forms post to."""
        return [node.get("action", "") for node in self.tree.iter("form")]

    def links(self) -> list[str]:
        """Where its links lead."""
        return [node.get("href", "") for node in self.tree.iter("a")]


def _sent(node: Any) -> list[tuple[str, str]]:
    name, kind = node.get("name"), node.get("type", "text")
    if not name or kind in ("submit", "button"):
        return []
    if node.tag == "input":
        if kind in ("radio", "checkbox") and node.get("checked") is None:
            return []
        return [(name, node.get("value", "on" if kind == "checkbox" else ""))]
    if node.tag == "textarea":
        return [(name, (node.text or "").removeprefix("\n"))]
    if node.tag == "select":
        options = list(node.iter("option"))
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        return [(name, one.get("value", one.text or "")) for one in chosen]
    return []


class Browser:
    """A person at a browser."""

    def __init__(self, app: Flask, username: str = ""):
        self.client: FlaskClient = app.test_client()
        if username:
            self.send("/login/", "/login/", username=username, password=make.PASSWORD)

    def open(self, path: str) -> Page:
        """Looks at a page; follows where it leads."""
        return Page(self.client.get(path, follow_redirects=True))

    def send(self, path: str, action: str, follow: bool = True, **typed: Any) -> Page:
        """Opens a page, fills in its form for `action` and sends it."""
        page = self.open(path)
        form = next((a for a in page.actions() if a == action), None)
        values = page.form(action) if form is not None else page.form("")
        return self.post(action, {**values, **typed}, follow)

    def post(self, path: str, values: dict[str, Any], follow: bool = True) -> Page:
        """Sends a form; a value of None leaves the input out."""
        kept = {name: value for name, value in values.items() if value is not None}
        return Page(self.client.post(path, data=kept, follow_redirects=follow))

    def marks(self) -> dict[str, str]:
        """The marks of a form made for the place in force now."""
        page = self.open("/start/")
        values = page.form("/logout/")
        return {name: values[name] for name in ("csrf_token", "_place")}
