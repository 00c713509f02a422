"""Defect: an act that a view does not have is a 500 (`None.func`)."""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import abort
from flask_appbuilder.views import ModelView


def checked(get_action_permission_name: Any) -> Any:
    """Wraps the look-up of an act's permission, which comes before anything is done."""

    @wraps(get_action_permission_name)
    def wrapper(self: Any, name: str) -> str:
        if name not in (self.actions or {}):
            abort(404)
        return get_action_permission_name(self, name)

    wrapper.is_checked = True
    return wrapper


def install() -> None:
    """Wraps it on every model view."""
    if not hasattr(ModelView.get_action_permission_name, "is_checked"):
        ModelView.get_action_permission_name = checked(ModelView.get_action_permission_name)
