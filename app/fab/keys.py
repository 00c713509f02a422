"""Defect: a key that is no number, or a larger one than its column holds, is a 500 from the database driver."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request
from sqlalchemy import BigInteger

LARGEST = 2**63 - 1
LARGEST_OF_32_BITS = 2**31 - 1
KEY_NAMES = ("pk",)


def key_from(text: Any, column: Any = None) -> int | None:
    """A key as a number, or None when the text cannot be one of this column (of 64 bits, where none is named)."""
    text = str(text)
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    # Flask-AppBuilder's own tables have keys of 32 bits.
    largest = LARGEST if column is None or isinstance(column.type, BigInteger) else LARGEST_OF_32_BITS
    return int(text) if int(text) <= largest else None


def refuse_impossible_keys() -> None:
    """A row with such a key cannot exist: 404."""
    given = [value for name, value in (request.view_args or {}).items() if name in KEY_NAMES]
    given += [value for name in KEY_NAMES for value in request.args.getlist(name)]
    if any(key_from(value) is None for value in given):
        abort(404)


def install(app: Flask) -> None:
    """Checks the keys of every request."""
    app.before_request(refuse_impossible_keys)
