"""Against a real threaded server: searches and saves at once, each answered with its own, none mixed."""

import re
import threading
import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode

import pytest
from werkzeug.serving import make_server

from .conftest import Jar, db, make_app

THREADS = 8


class Visitor:
    """A browser over real HTTP."""

    def __init__(self, address):
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.send("/login/", {"username": "cook", "password": "pw"})

    def get(self, path):
        with self.opener.open(self.address + path, timeout=60) as answer:
            return answer.read().decode()

    def send(self, path, data):
        with self.opener.open(self.address + path, urlencode(data).encode(), timeout=60) as answer:
            return answer.read().decode()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    app = make_app(
        f"sqlite:///{tmp_path_factory.mktemp('served') / 'toys.db'}",
        SQLALCHEMY_ENGINE_OPTIONS={"connect_args": {"timeout": 60}, "pool_size": 20},
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def at_once(work):
    """Runs work(number) in all threads; answers what went wrong."""
    wrong, barrier = [], threading.Barrier(THREADS)

    def run(number):
        barrier.wait()
        try:
            wrong.extend(work(number))
        except Exception as error:  # noqa: BLE001 - a thread's error is a finding, not a line on the console
            wrong.append(repr(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def search_and_save(visitors, turns):
    def work(number):
        for turn in range(turns):
            label = f"jar {(number * 17 + turn) % 150 + 1:03}"
            page = visitors[number].get(f"/jarview/list/?_flt_3_label={label.replace(' ', '+')}")
            found = set(re.findall(r"jar \d{3}", page)) - {label}
            if found or label not in page:
                yield label, sorted(found)
            if turn % 3 == 0:
                visitors[number].send("/jarview/add", {"label": f"by {number}", "spoons": number})

    return work


def prove(served, turns):
    app, address = served
    wrong = at_once(search_and_save([Visitor(address) for _ in range(THREADS)], turns))
    with app.app_context():
        saved = [(row.label, row.spoons) for row in db.session.query(Jar).filter(Jar.label.startswith("by "))]
        db.session.query(Jar).filter(Jar.label.startswith("by ")).delete()
        db.session.commit()
    assert wrong == []
    assert len(saved) == THREADS * len(range(0, turns, 3))
    assert all(label == f"by {spoons}" for label, spoons in saved)


def test_searches_and_saves_in_threads_are_never_mixed(served):
    prove(served, turns=24)


@pytest.mark.soak
def test_thousands_of_searches_and_saves_in_threads_are_never_mixed(served):
    prove(served, turns=400)
