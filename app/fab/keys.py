"""Defect: a key in a path that is no number, or no 64-bit number, is a 500 from the database driver."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request

LARGEST = 2**63 - 1
KEY_NAMES = ("pk",)


def key_from(text: Any) -> int | None:
    """A key as a number, or None when the text cannot be one."""
    text = str(text)
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    return int(text) if int(text) <= LARGEST else None


def refuse_impossible_keys() -> None:
    """A row with such a key cannot exist: 404."""
    given = [value for name, value in (request.view_args or {}).items() if name in KEY_NAMES]
    given += [value for name in KEY_NAMES for value in request.args.getlist(name)]
    if any(key_from(value) is None for value in given):
        abort(404)


def install(app: Flask) -> None:
    """Checks the keys of every request."""
    app.before_request(refuse_impossible_keys)
