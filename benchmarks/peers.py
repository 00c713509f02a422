"""The product's lists beside Django's admin over the same tables, turn by turn, and far pages beside the first."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from benchmarks import django_admin
from benchmarks.measuring import Figure, measured
from benchmarks.product import good, signed_in

TURNS = 20
LIST = 8
# Address here, name of the screen, address there.
LISTS = (("recipient", "RecipientScreen", "recipient/"), ("dose", "DoseScreen", "dose/"))
ONWARD = re.compile(r'href="([^"]*page_\w+=[^"]*)">(Previous|Next|Last)<')


def everything(app: Flask, engine: Engine, url: str) -> Iterator[Figure]:
    """Each list beside its peer, then its other pages beside its first."""
    with tempfile.TemporaryDirectory(prefix="console-bench-django-") as folder:
        django_admin.configure(url, Path(folder))
        theirs = django_admin.signed_in()
        browser = signed_in(app, "immunization.demo")
        for address, _screen, there in LISTS:

            def peer(_sent: Any, there: str = there) -> None:
                django_admin.looks_at(theirs, there)

            turns = [look(browser, f"/{address}/list/")] * (TURNS + 1)
            yield measured(f"{address}: a list of 25", engine, turns, peer, LIST, "beside Django admin", ratio=0.6)
    yield from far(app, engine)


def look(browser: Any, path: str) -> Callable[[], Any]:
    """A turn that looks at the page of that address."""
    return lambda: good(browser.client.get(path))


def far(app: Flask, engine: Engine) -> Iterator[Figure]:
    """Pages at the far end of each list, beside its first."""
    browser = signed_in(app, "immunization.demo")
    for address, screen, _there in LISTS:
        first = f"/{address}/list/"
        turn = look(browser, first)

        def near(_sent: Any, turn: Callable[[], Any] = turn) -> None:
            turn()

        for name, path in far_pages(browser, first, screen).items():
            turns = [look(browser, path)] * (TURNS + 1)
            yield measured(f"{address}: {name}", engine, turns, near, LIST, "beside page 1", ratio=1.3)


def far_pages(browser: Any, first: str, screen: str) -> dict[str, str]:
    """Addresses of the last page, the one before it, and the one after that: as a reader comes to them."""

    def links(path: str) -> dict[str, str]:
        found = ONWARD.findall(good(browser.client.get(path)).text)
        return {words: href.replace("&amp;", "&") for href, words in found if f"page_{screen}" in href}

    last = links(first)["Last"]
    before = links(last)["Previous"]
    return {"last page": last, "page before the last": before, "page after that one": links(before)["Next"]}
