"""The product on a real threaded server, and many browsers at once that speak HTTP to it."""

from __future__ import annotations

import http.client
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

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
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            body = None if form is None else urllib.parse.urlencode(form)
            line.request("GET" if form is None else "POST", path, body, self.head)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
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
