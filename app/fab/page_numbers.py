"""Defect: a page or page size that is no number, or below zero, is a 500; a page size has no cap."""

from __future__ import annotations

from typing import Any

from flask import abort, request
from flask_appbuilder import baseviews, urltools, views

from app.fab import keyset

LARGEST_PAGE = 1_000_000


def numbers_after(prefix: str) -> dict[str, int]:
    """The arguments named `<prefix><view>` as numbers by view; 400 for anything else."""
    return {
        name.removeprefix(prefix): _number(value) for name, value in request.args.items() if name.startswith(prefix)
    }


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 7 or int(value) > LARGEST_PAGE:
        abort(400)
    return int(value)


def get_page_args() -> dict[str, Any]:
    """The page asked for, by view: a number, or a place in the order."""
    found = {}
    for name, value in request.args.items():
        if name.startswith("page_"):
            found[name.removeprefix("page_")] = keyset.named(value) or _number(value)
    return found


def get_page_size_args() -> dict[str, int]:
    """The page size asked for, by view."""
    return numbers_after("psize_")


def install() -> None:
    """Replaces both readers wherever Flask-AppBuilder imported them."""
    for module in (urltools, baseviews, views):
        module.get_page_args = get_page_args
        module.get_page_size_args = get_page_size_args
