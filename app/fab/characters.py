"""Defect: NUL and lone surrogates in paths, parameters, forms and JSON are 500s from the driver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, abort, request

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
DEEPEST = 20


def texts_of(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text inside a JSON value; one nested too deep is refused."""
    if depth > DEEPEST:
        abort(400)
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts_of(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner, depth + 1)


def _given() -> Iterator[str]:
    yield request.path
    yield from (str(value) for value in (request.view_args or {}).values())
    for name, value in request.args.items(multi=True):
        yield name
        yield value
    if request.is_json:
        yield from texts_of(request.get_json(silent=True))
    elif request.method not in ("GET", "HEAD", "OPTIONS"):
        for name, value in request.form.items(multi=True):
            yield name
            if "\x00" not in value:  # a form's own fields say this at the field: see `problem_with`
                yield value


def refuse_unstorable() -> None:
    """400 for what no database can hold."""
    if any(UNSTORABLE.search(text) for text in _given()):
        abort(400)


def install(app: Flask) -> None:
    """Checks the characters of every request."""
    app.before_request(refuse_unstorable)
