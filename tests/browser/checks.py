"""What every page is held to, and the pictures of README.md."""

import io
import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Route

SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
AXE = Axe()
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The smaller side of a control that a finger is to hit; a link within a sentence is exempt, as in WCAG 2.5.8.
SMALL_TARGETS = """least => [...document.querySelectorAll(
    'button, select, input:not([type=hidden]), textarea, a.btn, a.c-button, [role=button], summary')]
  .filter(one => one.checkVisibility({opacityProperty: true, visibilityProperty: true}))
  .map(one => [one, (one.closest('label') || one).getBoundingClientRect(), one.getBoundingClientRect()])
  .filter(([, whole, own]) => own.width > 1 && own.height > 1 && Math.min(whole.width, whole.height) < least)
  .map(([one, box]) => `${one.outerHTML.slice(0, 120)} is ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


def watch(context: BrowserContext, address: str, problems: list[str]) -> None:
    """Notes each error of a script or console, each answer of 500 and above, each wish for another host (refused)."""

    def local_only(route: Route) -> None:
        url = route.request.url
        if url.startswith((f"{address}/", "data:", "blob:")):
            route.continue_()
        else:
            problems.append(f"asked another host: {url}")
            route.abort()

    context.route("**/*", local_only)

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):  # a refusal of 4xx
            problems.append(f"console: {message.text}")

    context.on("console", said)
    context.on("weberror", lambda error: problems.append(f"script error: {error.error}"))
    context.on(
        "response", lambda answer: problems.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
    )


def axe(page: Page) -> None:
    """Fails, naming them, where axe finds something serious or critical.

    Looked at from the end of the page, where a button that stays in view while one scrolls covers nothing: what is half
    behind it at some other moment is no smaller for that.
    """
    page.wait_for_load_state()
    at = page.evaluate("() => { const at = scrollY; scrollTo(0, document.body.scrollHeight); return at; }")
    found = AXE.run(page, options={"runOnly": {"type": "tag", "values": STANDARDS}, "resultTypes": ["violations"]})
    page.evaluate("(at) => scrollTo(0, at)", at)
    grave = [_words(one) for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert not grave, f"{page.url}\n" + "\n".join(grave)


def _words(violation: dict[str, Any]) -> str:
    nodes = "\n".join(f"    {node['target']} {node['html'][:160]}" for node in violation["nodes"][:5])
    return f"{violation['impact']}: {violation['id']} ({violation['help']})\n{nodes}"


def no_sideways_scroll(page: Page) -> None:
    """Fails where the page as a whole is wider than the screen."""
    page.wait_for_load_state()  # a button may have led on just now
    wide, screen = page.evaluate("[document.documentElement.scrollWidth, window.screen.width]")
    inner = page.evaluate("document.documentElement.clientWidth")
    assert wide <= inner and wide <= max(screen, inner), f"{page.url} is {wide} px wide on a screen of {screen}"


def big_targets(page: Page, least: int = 44) -> None:
    """Fails, naming them, where a control is smaller than a fingertip."""
    small = page.evaluate(SMALL_TARGETS, least)
    assert not small, f"{page.url}\n" + "\n".join(small)


def shot(page: Page, name: str, full_page: bool = False) -> None:
    """Saves a picture for README.md, when SCREENSHOTS=1 asks for it."""
    if os.environ.get("SCREENSHOTS") == "1":
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        taken = page.screenshot(full_page=full_page, animations="disabled")
        with Image.open(io.BytesIO(taken)) as picture:  # 256 colours are enough, and a third of the bytes
            picture.convert("RGB").quantize(256).save(SCREENSHOTS / f"{name}.png", optimize=True)
