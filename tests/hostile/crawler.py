"""Walks every address of the product with values that nobody types by mistake; whatever is registered is covered."""

from __future__ import annotations

import io
import random
import traceback
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from lxml import html

from app import access
from models.base import db
from models.registry import entities
from tests import factories as make
from tests.screen_world import Browser, World

WHO = ("State Administrator", "Healthcare Location Manager", "Healthcare Provider", "Organization Administrator")
# Signing out is no finding, and a form that is kept while one signs in again waits for exactly that.
PASSED_OVER = ("static", "logout")
DEEP = "[" * 300 + "]" * 300
TEXTS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u202e\u200b", "%", "%_\\", "'", "';--", '"><b>',
    "{{7*7}}", "%00", "%s%n", "-1", "0", "1", "1.5", "٣", "1e400", "NaN", "Infinity", "-Infinity", "sNaN",
    "9" * 20, str(10**20), str(2**63), str(2**31), "-" + "9" * 400, "null", "true", "None", "[]", "{}", DEEP,
    "x" * 5_000, "9999-12-31", "0000-00-00", "2021-02-30", "0001-01-01", "10000-01-01", "9999-12-31T23:59:59",
    "../../../etc/passwd", "//example.org/", "javascript:alert(1)", "\r\nX: y", "!(a,b)",
    "(filters:!((col:id,opr:eq,value:x)))", "🂡" * 300, "İ" * 300, "é" + "\u0301" * 500, ";;;", ",", "@",
    "NCA" + "9" * 40,
)  # fmt: skip
BODIES: tuple[Any, ...] = (
    None, True, 0, -1, 10**20, 2**63, 1.5, "", "\x00", "\ud800", [], [[]], {}, {"a": {"b": [None]}},
    ["x"] * 3_000, {str(n): n for n in range(3_000)}, "x" * 5_000, [1, "a", None], {"id": 1}, "9999-12-31",
    "2021-02-30", "1e400",
)  # fmt: skip
RISON = (
    "(page:-1)", "(page:99999999999999999999,page_size:1)", "(page_size:-2)",
    "(filters:!((col:id,opr:eq,value:!(1,2))))", "(filters:!((col:nothing,opr:eq,value:1)))",
    "(filters:!((col:id,opr:nothing,value:1)))", "(filters:x)", "(columns:x)",
    "(filters:!((col:id,opr:eq,value:(a:b))))", "(order_column:id,order_direction:sideways)",
    "(order_column:!(a))", "(keys:!(x))", "(columns:!(id,id,nothing,'a.b.c'))", "(", "!(", "()", "'",
    "(q:" + "!(" * 200 + ")" * 200 + ")", "(page:'\x00')",
    "(filters:!(" + ",".join(["(col:id,opr:eq,value:1)"] * 1_500) + "))",
)  # fmt: skip


RAW = ("", "{", "[", DEEP, "null", "1", '"x"', '{"a": NaN}', '{"a": 1e999}', "\xff", "[" * 20_000)


class HostileWorld(World):
    """A row of everything at one place, whose people then send what nobody should."""

    def _rows(self) -> SimpleNamespace:
        ids = super()._rows()
        from models.enrollment import Location

        here = db.session.get_one(Location, ids.here)
        self.keys = {name: make.AT_PLACE[name](here).id for name in entities()}
        return ids


class Crawler:
    """Sends, and remembers what was answered by the product's own fault."""

    def __init__(self, world: HostileWorld, seed: int):
        self.world, self.chance = world, random.Random(seed)
        self.found: dict[str, str] = {}
        self.answers: Counter[int] = Counter()
        self.browsers = {who: world.browser(who) for who in WHO}
        self.fields: dict[str, list[str]] = {}
        views = [view for view in world.app.appbuilder.baseviews if getattr(view, "entity", None) is not None]
        self.entities = {view.endpoint: view.entity.__name__ for view in views}

    def run(self, count: int) -> None:
        """So many requests: each address in turn, then in turn again."""
        rules = sorted(self._rules(), key=lambda rule: (rule.rule, rule.endpoint))
        self.chance.shuffle(rules)
        sent = 0
        while sent < count:
            for rule in rules:
                for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                    self._send(self._who(rule), method, rule)
                    sent += 1
                if sent >= count:
                    return

    def _rules(self) -> Iterator[Any]:
        for rule in self.world.app.url_map.iter_rules():
            if not any(word in rule.endpoint for word in PASSED_OVER):
                yield rule

    def _entity(self, rule: Any) -> str:
        """The entity whose screen or interface answers at this address."""
        return self.entities.get(rule.endpoint.split(".")[0], "")

    def _who(self, rule: Any) -> str:
        """Mostly somebody who may do most with the rows in question: whom a refusal does not stop early."""
        name = self._entity(rule)
        if name and self.chance.random() < 0.8:
            return max(WHO, key=lambda who: (len(access.verbs_of(who, name)), who))
        return self.chance.choice(WHO)

    def _send(self, who: str, method: str, rule: Any) -> None:
        browser, path, more = self.browsers[who], self._path(rule), self._query()
        given: dict[str, Any] = {"headers": {"X-Place": browser.place}}
        if method != "GET":
            given |= self._json() if path.startswith("/api/") else {"data": self._form(browser, path)}
        self._ask(browser, who, method, path + more, given)

    def _ask(self, browser: Browser, who: str, method: str, address: str, given: dict[str, Any]) -> None:
        try:
            answer = browser.open(address, method=method, **given)
            answer.get_data()
        except Exception as error:  # noqa: BLE001 - whatever a request ends with is the finding
            frames = [one for one in traceback.extract_tb(error.__traceback__) if "/tests/" not in one.filename]
            where = f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else repr(error)
            ours = next((f"{f.filename}:{f.lineno}" for f in reversed(frames) if "site-packages" not in f.filename), "")
            self.found.setdefault(
                f"{where} < {ours}", f"{who} {method} {address[:300]!r} {str(given)[:900]} {str(error)[:300]}"
            )
            with self.world.app.app_context():
                db.session.remove()
            return
        self.answers[answer.status_code] += 1
        if answer.status_code >= 500:
            self.found.setdefault(
                f"{answer.status_code} {address[:60]}", f"{who} {method} {address[:300]!r} {str(given)[:900]}"
            )
        if answer.status_code in (302, 303) and "/login" in (answer.location or ""):
            self.browsers[who] = self.world.browser(who)  # signed out by what it sent, or not let in

    def _note(self, what: str, sent: str) -> None:
        self.found.setdefault(what, sent)

    def _path(self, rule: Any) -> str:
        values = {}
        for name, converter in rule._converters.items():
            real = str(self.world.keys.get(self._entity(rule)) or self.chance.choice(list(self.world.keys.values())))
            items = sorted(getattr(converter, "items", None) or [real])
            values[name] = self.chance.choice([self.chance.choice(items)] * 4 + [self.chance.choice(TEXTS)])
        path = rule.rule
        for value in values.values():
            start = path.index("<")
            path = path[:start] + _quoted(str(value), safe="") + path[path.index(">") + 1 :]
        return path

    def _query(self) -> str:
        names = ["q", "next", "page", "lang", "_l", *self._list_names()]
        kind = self.chance.randrange(8)
        if kind == 0:
            return "?" + "&".join(f"_flt_{n % 9}_{n}={n}" for n in range(2_500))
        if kind == 1:
            return "?q=" + _quoted(self.chance.choice(RISON))
        if kind < 6:
            pairs = [(self.chance.choice(names), self.chance.choice(TEXTS)) for _ in range(self.chance.randrange(1, 5))]
            return "?" + "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
        return ""

    def _list_names(self) -> list[str]:
        screens = [view for view in self.world.app.appbuilder.baseviews if getattr(view, "screen", None) is not None]
        view = self.chance.choice(screens)
        name = type(view).__name__
        columns = self.chance.choice(list(view.search_columns) or ["id"])
        marks = [
            f"page_{name}",
            f"psize_{name}",
            f"_oc_{name}",
            f"_od_{name}",
            f"_flt_0_{columns}",
            f"_flt_9_{columns}",
        ]
        return marks + [f"_flt_{n}_{columns}" for n in (1, 2, 3, 40)]

    def _form(self, browser: Browser, path: str) -> dict[str, Any]:
        """The fields of the page's own form, each as likely as not with something else in it; its marks are right."""
        form: dict[str, Any] = {"_place": browser.place}
        for name in self._fields_of(browser, path):
            if self.chance.random() < 0.85:
                form[name] = self.chance.choice(TEXTS)
        for name in ("rowid", "action", "_answered", "q", "_look_up", "_switch_to", "next", "clear"):
            if self.chance.random() < 0.15:
                form[name] = self.chance.choice(TEXTS)
        if self.chance.random() < 0.1:
            form["file"] = (io.BytesIO(self.chance.randbytes(300)), _clean(self.chance.choice(TEXTS))[:80])
        return {name: _encodable(value) for name, value in form.items()}

    def _fields_of(self, browser: Browser, path: str) -> list[str]:
        if path not in self.fields:
            try:
                page = browser.get(path)
                text = page.get_data(as_text=True) if page.status_code == 200 else ""
                names = html.fromstring(text).xpath("//form//@name") if "<form" in text else []
            except Exception:  # noqa: BLE001 - the page's own fault is found by asking for it
                names = []
            self.fields[path] = sorted({str(name) for name in names} - {"_place", "csrf_token"})
        return self.fields[path]

    def _json(self) -> dict[str, Any]:
        """A body for the API: the columns of some entity with values of the wrong kind, or no object at all."""
        if self.chance.random() < 0.2:
            raw = self.chance.choice(RAW)
            return {"data": raw.encode("latin-1"), "content_type": "application/json"}
        entity = self.chance.choice(list(entities().values()))
        names = self.chance.sample(list(entity.__mapper__.columns.keys()), k=min(5, len(entity.__mapper__.columns)))
        return {"json": {name: self.chance.choice(BODIES) for name in names}}


def _clean(text: str) -> str:
    return text.encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "").replace("\x00", "")


def _encodable(value: Any) -> Any:
    """Lone surrogates go as the bytes that a broken program sends for them."""
    if not isinstance(value, str) or not any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        return value
    return value.encode("utf-8", "surrogatepass").decode("latin-1")


def _quoted(text: str, safe: str = "") -> str:
    return urllib.parse.quote(text, safe=safe, errors="surrogatepass")
