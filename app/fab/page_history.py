"""Defect: the last addresses seen are kept in the session, and "back" follows them wherever they lead.

Addresses may hold what was searched. Nothing is kept: "back" goes up one step, from a record to its
list and from a list to the start.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request, url_for
from flask_appbuilder.baseviews import BaseView
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException


def is_own_path(address: str | None) -> bool:
    """Whether an address is a path on this site, so that following it leads nowhere else."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return False
    return address.isprintable()


def endpoint_of(address: str) -> str | None:
    """The endpoint that a path of this site belongs to."""
    try:
        adapter = current_app.create_url_adapter(request)
        return adapter.match(urlsplit(address).path, method="GET")[0] if adapter else None
    except (HTTPException, RoutingException):
        return None


def one_step_up(view: Any) -> str:
    """Where "back" leads: a safe `next`, the list of the record that was seen, or the start."""
    wish = request.values.get("next")
    if is_own_path(wish):
        return str(wish)
    came_from = urlsplit(request.referrer or "")
    start = view.appbuilder.get_url_for_index
    if came_from.netloc != request.host:
        return start
    endpoint = endpoint_of(came_from.path)
    for other in view.appbuilder.baseviews:
        if endpoint and endpoint.split(".")[0] == other.endpoint and hasattr(other, "default_view"):
            is_there = endpoint.split(".")[1] == other.default_view
            return start if is_there else url_for(f"{other.endpoint}.{other.default_view}")
    return start


def remember_nothing(view: Any) -> None:
    """In place of FAB's `update_redirect`."""


def install() -> None:
    """Replaces both ends of the history on every view."""
    BaseView.update_redirect = remember_nothing
    BaseView.get_redirect = one_step_up
