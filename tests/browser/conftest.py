"""A real browser against a real server on demo data: what the walks share."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app.demo.users import PASSWORD
from tests import databases
from tests.browser.checks import watch
from tests.browser.left_behind import LeftBehind, Logs, holding, known_people, own_temporary_folder, worth_a_look
from tests.conftest import settings_for
from tests.postgres import free_port

ROOT = Path(__file__).parents[2]
# Werkzeug's server leaves a static file open when the browser hangs up while it is sent.
HUNG_UP = "ignore:unclosed file:ResourceWarning"
NO_CHANCE = 8  # letters of a word that does not stand in megabytes of a browser's files by chance
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-prefers-reduced-motion",
]  # fmt: skip
DEVICES: dict[str, dict[str, Any]] = {
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1366, "height": 768}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.filterwarnings(HUNG_UP))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Leaves a picture of each page of a failed test in test-results/."""
    report = yield
    if report.when == "call" and report.failed:
        for number, page in enumerate(getattr(item, "pages_open", [])):
            folder = ROOT / "test-results"
            folder.mkdir(exist_ok=True)
            page.screenshot(path=folder / f"{item.name.replace('/', '-')}-{number}.png", full_page=True)
    return report


class Quiet(WSGIRequestHandler):
    """Says nothing of each request on the screen, and keeps what it would have said."""

    lines: ClassVar[list[str]] = []

    def log(self, *_: Any, **__: Any) -> None:
        return

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        self.lines.append(f'"{self.requestline}" {code} {size} "{self.headers.get("Referer", "-")}"')


@pytest.fixture(scope="session")
def logs() -> Iterator[Logs]:
    """Whatever the product writes into logs while the walks go on."""
    kept = Logs()
    logging.getLogger().addHandler(kept)
    yield kept
    logging.getLogger().removeHandler(kept)


@pytest.fixture(scope="session")
def demo_name() -> str:
    """The name of this worker's database with demo data."""
    return f"browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.fixture(scope="session")
def served(demo_name: str, logs: Logs) -> Iterator[tuple[Flask, str]]:
    """The product on a threaded server, as `(app, address)`."""
    from app.factory import create_app

    url = databases.copy("demo", to=demo_name)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    app = create_app(settings_for(url) | {"TESTING": False, "PUBLIC_URL": address} | portals(address))
    app.after_request(logs.answered)
    keeping = type("Keeping", (Quiet,), {"lines": logs.lines})
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=keeping)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, address
    server.shutdown()
    thread.join()
    server.server_close()
    databases.drop(demo_name)


def portals(address: str) -> dict[str, Any]:
    """Each portal's public address on this server."""
    from config import DEMO_PORTALS

    return {"PORTAL_URLS": {name: f"{address}/{name}" for name in DEMO_PORTALS}}


@pytest.fixture(scope="session")
def address(served: tuple[Flask, str]) -> str:
    """Where the product is, without a slash at the end."""
    return served[1]


@pytest.fixture(scope="module", autouse=True)
def demo_data_as_new(served: tuple[Flask, str], demo_name: str) -> None:
    """Each file of walks begins with the demo data as they were loaded."""
    databases.restore("demo", demo_name)


@pytest.fixture(scope="session")
def known_before(served: tuple[Flask, str]) -> int:
    """Who is known from the demo data: all up to this key."""
    return known_people(served[0])


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which Chromium keeps what it writes of the walks."""
    return tmp_path_factory.mktemp("chromium")


@pytest.fixture(scope="session")
def typed_ever() -> set[str]:
    """All that the walks have typed into fields about people."""
    return set()


@pytest.fixture(scope="session")
def driver(profiles: Path) -> Iterator[Playwright]:
    """What drives Debian's Chromium, once a process; a test that needs it fails where Chromium is missing."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"There is no {CHROMIUM}: install Debian's package chromium (make packages does it).")
    with own_temporary_folder(profiles):
        playwright = sync_playwright().start()
    yield playwright
    playwright.stop()


@pytest.fixture(scope="session")
def chromium(driver: Playwright, profiles: Path, typed_ever: set[str]) -> Iterator[Browser]:
    """The browser that the walks share; at the end nothing of what they typed is in its files."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    written = [folder for folder in profiles.iterdir() if "profile" in folder.name]
    long = {word for word in worth_a_look(typed_ever) if len(word) >= NO_CHANCE}
    found = [holding(folder, long) for folder in written]
    files = [file for folder in written for file in folder.rglob("*")]
    browser.close()
    assert files, "Chromium's files are not where they are looked for"
    assert not any(found), found


@pytest.fixture
def browse(
    chromium: Browser,
    served: tuple[Flask, str],
    logs: Logs,
    known_before: int,
    typed_ever: set[str],
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Page]]:
    """Opens a page of its own browser session: `browse("tablet")`, `browse("phone", locale="es")`.

    At the end no page may have thrown an error in a script or asked another host for anything, and nothing that stays
    of the walk may name a person.
    """
    app, address = served
    left = LeftBehind(app, logs, known_before)
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    request.node.pages_open = []

    def open_page(device: str = "desktop", locale: str = "en-US", **more: Any) -> Page:
        context = chromium.new_context(base_url=address, locale=locale, **DEVICES[device], **more)
        context.set_default_timeout(20_000)
        watch(context, address, problems)
        left.listen(context)
        contexts.append(context)
        page = context.new_page()
        request.node.pages_open.append(page)
        return page

    yield open_page
    for context in contexts:
        left.closes(context)
        context.close()
    problems += left.names()
    typed_ever |= left.typed
    assert not problems, "\n".join(problems)


@pytest.fixture
def tablet(browse: Callable[..., Page]) -> Page:
    """820 x 1180, touch."""
    return browse("tablet")


@pytest.fixture
def desktop(browse: Callable[..., Page]) -> Page:
    """1366 x 768."""
    return browse("desktop")


@pytest.fixture
def phone(browse: Callable[..., Page]) -> Page:
    """390 x 844, touch."""
    return browse("phone")


@pytest.fixture
def signed_in() -> Callable[[Page, str], Page]:
    """Signs a demo account in: `signed_in(tablet, "vaccinator.demo")`."""

    def sign_in(page: Page, username: str) -> Page:
        page.goto("/login/")
        page.get_by_role("textbox", name="Username").or_(page.locator("#username")).first.fill(username)
        page.locator("#password").fill(PASSWORD)
        page.locator("form[name=login] [type=submit]").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return sign_in
