"""What stays of a walk beside its pages: addresses, titles, cookies, storage, consoles, logs. It must name nobody.

Whom it must not name is read from the walk itself: what was typed into a field about a person, and who is in the
database at its end.
"""

import io
import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote_plus

from flask import Flask, Response
from playwright.sync_api import BrowserContext, Request
from sqlalchemy import func, select
from werkzeug.formparser import parse_form_data

from app.formats.words import day_in_digits
from models.base import db
from models.recipients import Recipient
from models.scope import Reach, acting

PERSONAL = {column.key for column in Recipient.__table__.columns if column.info.get("personal")}
SHORTEST = 4  # letters; a word of fewer stands in many others
NUMBER = re.compile(r"[\d\W]{1,7}")  # a house, a zip code: no number that is one person's
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
LEADING = ("Location", "Set-Cookie", "Content-Disposition", "Refresh")


class Logs(logging.Handler):
    """What the servers of the suite write down and tell the browser to keep: lines, log records, titles, headers."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def answered(self, response: Response) -> Response:
        self.lines += [value for name, value in response.headers if name in LEADING]
        if response.mimetype == "text/html" and not (response.is_streamed or response.direct_passthrough):
            self.lines += TITLE.findall(response.get_data(as_text=True))
        return response


def known_people(app: Flask) -> int:
    """The key of the newest person that the demo data have."""
    with app.app_context(), acting(Reach.system("test")):
        return db.session.scalar(select(func.max(Recipient.id))) or 0


class LeftBehind:
    """What one walk leaves, in all of its browsers and at the server."""

    def __init__(self, app: Flask, logs: Logs, known_before: int) -> None:
        self.app, self.logs, self.known_before = app, logs, known_before
        self.begins = len(logs.lines)
        self.texts: set[str] = set()
        self.typed: set[str] = set()

    def listen(self, context: BrowserContext) -> None:
        """Keeps what a browser asks for, sends and says."""
        context.on("request", self._asked)
        context.on("console", lambda message: self.texts.add(message.text))

    def _asked(self, request: Request) -> None:
        self.texts.add(unquote_plus(request.url))
        if request.method == "POST":
            sent = fields_of(request.headers.get("content-type", ""), request.post_data_buffer or b"")
            self.typed |= {value.strip() for name, value in sent if name in PERSONAL}

    def closes(self, context: BrowserContext) -> None:
        """What it would keep."""
        self.texts.add(str(context.storage_state()))

    def names(self) -> list[str]:
        """Each place in which a person is named."""
        kept = {*self.texts, *map(unquote_plus, self.logs.lines[self.begins :])}
        return naming(kept, {*self.typed, *self._people()})

    def _people(self) -> Iterator[str]:
        """The full name of everybody; of whoever came by this walk each name and the birth date too."""
        query = select(Recipient.id, Recipient.first_name, Recipient.last_name, Recipient.birth_date)
        with self.app.app_context(), acting(Reach.system("test")):
            for key, first, last, born in db.session.execute(query):
                yield f"{first} {last}"
                yield f"{last}, {first}"
                if key > self.known_before:
                    yield from (first, last, born.isoformat(), day_in_digits(born, "en"))


def fields_of(kind: str, body: bytes) -> list[tuple[str, str]]:
    """What stands in the fields of a form that was sent."""
    told = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    _stream, form, _files = parse_form_data({**told, "wsgi.input": io.BytesIO(body)})
    return list(form.items(multi=True))


def worth_a_look(words: Iterable[str]) -> set[str]:
    """The words that are somebody's and nothing else's."""
    return {word.casefold() for word in words if len(word) >= SHORTEST and not NUMBER.fullmatch(word)}


def naming(texts: Iterable[str], words: Iterable[str]) -> list[str]:
    """Which texts hold which of the words, as a whole word."""
    small = [(text, text.casefold()) for text in texts]
    everything = "\n".join(low for _text, low in small)
    found = []
    for word in sorted(one for one in worth_a_look(words) if one in everything):
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        for text, low in small:
            found += [f"{word!r} in {text[max(0, at.start() - 80) : at.end() + 80]}" for at in whole.finditer(low)]
    return found


def holding(folder: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """The files below a folder that hold one of the words, in either of the letters that Chromium writes."""
    found: dict[str, list[str]] = {}
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        data = file.read_bytes().lower()
        for word in words:
            if any(word.lower().encode(letters) in data for letters in ("utf-8", "utf-16-le")):
                found.setdefault(word, []).append(str(file.relative_to(folder)))
    return found


@contextmanager
def own_temporary_folder(folder: Path) -> Iterator[None]:
    """What is started in the block keeps its temporary files here, Chromium's profiles among them."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
