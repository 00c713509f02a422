"""A name and a birth date are searched, opened and half registered in Chromium; afterwards nobody finds them there.

The browser has a folder of its own, as on a clinic's shared tablet, and is closed as one closes it. The server is
gunicorn, as in production, and writes both of its logs.
"""

import datetime as dt
import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from app.demo.users import PASSWORD
from app.factory import create_app
from models.base import db
from tests import databases
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.left_behind import LeftBehind, holding, naming
from tests.browser.walks import button, find_person, known_person
from tests.conftest import settings_for
from tests.postgres import free_port

NAME, OTHER, BORN = "Quillfeather", "Zanzibarov", dt.date(1913, 4, 17)
SAID = (NAME, OTHER, "Xanthippe", "1913-04-17", "04/17/1913", "Apr 17, 1913", "19130417")
SEEN = "/find/found"  # an address without a name: it must be found, or the search finds nothing


@contextmanager
def production(folder: Path):
    """gunicorn on demo data in which somebody of that name is known; its address, and the number of the person."""
    name = f"canary_{os.urandom(3).hex()}"
    url = databases.copy("demo", to=name)
    app = create_app(settings_for(url))
    public_id = known_person(app, first_name="Xanthippe", last_name=NAME, birth_date=BORN)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "app.serving.Worker",
        "--workers", "1", "--threads", "4", "--no-control-socket", "--access-logfile", str(folder / "access.log"),
        "--error-logfile", str(folder / "error.log"), "--log-level", "debug", "app.factory:create_app()",
    ]  # fmt: skip
    with (folder / "said.log").open("w") as said:
        process = subprocess.Popen(
            command, cwd=databases.PROJECT, env=databases.environment(url, databases.run_folder()), stdout=said,
            stderr=said,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        await_answer(address, process)
        yield address, public_id
    finally:
        process.terminate()
        process.wait(60)
        databases.drop(name)


def await_answer(address: str, process: subprocess.Popen) -> None:
    for _time in range(600):
        assert process.poll() is None, "the server ended"
        try:
            urlopen(f"{address}/healthz", timeout=60).close()
            return
        except OSError:
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the server does not answer")


def refuse_and_come_back(page) -> None:
    """A form that was refused is a page like others: to reload it or to come back to it sends nothing again."""
    for name, typed in {
        "last_name": "Other",
        "first_name": "Someone",
        "birth_date": "1951-05-05",
        "email": "?",
    }.items():
        page.locator(f"#{name}").fill(typed)
    button(page, "Save").click()
    expect(page.locator(".c-errors")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if request.is_navigation_request() else None)
    page.reload()
    page.goto("/start/")
    page.go_back()
    expect(page.locator("#last_name")).to_be_visible()
    assert asked == ["GET"] * 3


def walk(page, public_id: str) -> None:
    """What a front desk does with a person, by the screens that may show them."""
    page.goto("/login/")
    page.locator("#username").fill("vaccinator.demo")
    page.locator("#password").fill(PASSWORD)
    page.locator("form[name=login] [type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)
    find_person(page, NAME, "1913-04-17")
    page.get_by_role("link", name="Open").first.click()
    expect(page.get_by_text(NAME).first).to_be_visible()
    find_person(page, OTHER, "1913-04-17")
    button(page, "Register a walk-in").first.click()
    expect(page.locator("#last_name")).to_have_value(OTHER)
    refuse_and_come_back(page)
    page.goto("/recipient/list/")
    page.goto("/find/")
    page.locator("#last_name").fill(OTHER)  # a date is missing: refused, and what was typed is kept
    button(page, "Search").click()
    expect(page.locator("#last_name")).to_have_value(OTHER)
    page.goto(f"/dose/person/{public_id}")
    expect(page.get_by_text(NAME).first).to_be_visible()


@pytest.mark.parametrize("device", [{"viewport": {"width": 820, "height": 1180}}])
def test_no_name_and_no_birth_date_stay_in_the_browser_or_in_a_log(tmp_path, driver, device):
    profile, logs = tmp_path / "profile", tmp_path / "logs"
    logs.mkdir()
    addresses: list[str] = []
    with production(logs) as (address, public_id):
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=ARGUMENTS, base_url=address, **device
        )
        context.set_default_timeout(20_000)
        context.on("request", lambda request: addresses.append(request.url))
        walk(context.pages[0], public_id)
        kept = str(context.storage_state())
        context.close()

    assert holding(profile, [SEEN]), "the browser's own files are not where they are looked for"
    assert holding(profile, SAID) == {}
    with closing(sqlite3.connect(profile / "Default" / "History")) as history:
        titles = " ".join(f"{url} {title}" for url, title in history.execute("SELECT url, title FROM urls"))
    assert SEEN in titles and not any(word in titles for word in SAID)
    assert not [one for one in (*addresses, kept) for word in SAID if word.lower() in one.lower()]
    assert SEEN in (logs / "access.log").read_text()
    assert holding(logs, SAID) == {}


TRACES = """async name => {
  console.log(`console ${name}`);
  document.cookie = `cookie=${name}`;
  localStorage.setItem("storage", name);
  await fetch(`/healthz?address=${name}`);
  await fetch("/find/", {method: "POST", body: new URLSearchParams({last_name: name, street: "12"})});
}"""


def test_each_kind_of_trace_is_seen_in_the_walks(chromium, served, logs, known_before):
    """What all walks are held to would find a name wherever one could stand."""
    app, address = served
    left = LeftBehind(app, logs, known_before)
    context = chromium.new_context(base_url=address)
    left.listen(context)
    page = context.new_page()
    page.goto("/login/")
    assert left.names() == []
    page.evaluate(TRACES, "Xylander")
    logging.getLogger("pypdf").warning("log %s", "Xylander")
    left.closes(context)
    context.close()
    found = "\n".join(left.names())
    assert left.typed == {"Xylander", "12"}
    for trace in (
        "console Xylander",
        "/healthz?address=Xylander",
        "log Xylander",
        "'name': 'cookie'",
        "'name': 'storage'",
        '"GET /healthz',
    ):
        assert trace in found, (trace, found)
    assert naming(["Mayhew, Annamaria"], {"May", "Anna", "maria", "27601"}) == []
