"""The product on a real threaded server, and many browsers at once that speak HTTP to it."""

from __future__ import annotations

import http.client
import io
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.serving import make_server
from werkzeug.test import stream_encode_multipart

from app.rules import visits
from models.base import db
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Reach, acting
from tests import factories as make

THREADS = 16


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """The app on a threaded server of 127.0.0.1 for the block; answers the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.RequestHandlerClass.log = lambda *_, **__: None  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Line:
    """A browser that was signed in before, over HTTP."""

    def __init__(self, port: int, signed_in: FlaskClient):
        self.port = port
        cookie = signed_in.get_cookie("console")
        assert cookie is not None
        self.head = {"Cookie": f"console={cookie.value}", "Content-Type": "application/x-www-form-urlencoded"}

    def ask(self, path: str, form: dict[str, Any] | None = None) -> tuple[int, str]:
        """A page, or the answer to a form: code and text."""
        code, text, _where = self.send(path, form)
        return code, text

    def send(
        self, path: str, form: dict[str, Any] | None = None, file: bytes = b"", patience: float = 300
    ) -> tuple[int, str, str]:
        """The same, a file may go with the form: code, text, and where it leads."""
        line, head = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience), self.head
        try:
            body: Any = None if form is None else urllib.parse.urlencode(form)
            if file:
                sent = FileStorage(io.BytesIO(file), "people.csv", "file")
                made, _length, boundary = stream_encode_multipart({**(form or {}), "file": sent})
                body, head = made.read(), head | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
                made.close()
            line.request("GET" if form is None else "POST", path, body, head)
            answer = line.getresponse()
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
        finally:
            line.close()


def at_once(work: Callable[[int, Any], Any], things: Iterable[Any]) -> list[Any]:
    """THREADS threads take thing after thing: work(thread's number, thing); answers what each gave or raised."""
    waiting, lock, given = iter(things), threading.Lock(), []  # type: ignore[var-annotated]

    def run(number: int) -> None:
        while True:
            with lock:
                thing = next(waiting, None)
            if thing is None:
                return
            try:
                given.append(work(number, thing))
            except Exception as error:  # noqa: BLE001 - a thread's error is a finding, not a line on the console
                given.append(repr(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def people_checked_in(app: Flask, clinic: Any, count: int) -> list[tuple[int, str]]:
    """(visit, public id) of so many people who wait at the place."""
    with app.app_context(), acting(make.SEED):
        place = db.session.get_one(Location, clinic.here)
        nurse = db.session.scalars(select(PortalUser).where(PortalUser.username == "nurse")).one()
        by = Reach("system", user_id=nurse.id, location_id=place.id)
        found = []
        for number in range(count):
            person = make.recipient(place, email=f"soak{number}@people.example")
            found.append((visits.check_in(person, by, str(uuid.uuid4())).id, person.public_id))
            if number % 100 == 99:
                db.session.commit()
                db.session.expunge_all()
                place = db.session.get_one(Location, clinic.here)
        db.session.commit()
    return found
