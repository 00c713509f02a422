"""Defect: `_oc_<view>=` orders by any attribute: an unknown one is a 500, `created_by.password` an oracle.

A list is ordered by the columns it declares and nothing else.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import abort
from flask_appbuilder.baseviews import BaseCRUDView

MOST_A_PAGE = 100


def checked(get_list_widget: Any) -> Any:
    """Wraps FAB's builder of a list with the checks it lacks."""

    @wraps(get_list_widget)
    def wrapper(self: Any, filters: Any, actions: Any = None, order_column: str = "", *rest: Any, **more: Any) -> Any:
        if order_column and order_column not in (self.order_columns or ()):
            abort(400)
        if more.get("page_size"):
            more["page_size"] = min(more["page_size"], MOST_A_PAGE)
        return get_list_widget(self, filters, actions, order_column, *rest, **more)

    wrapper.is_checked = True
    return wrapper


def install() -> None:
    """Wraps the one place through which lists and related lists go."""
    if not hasattr(BaseCRUDView._get_list_widget, "is_checked"):
        BaseCRUDView._get_list_widget = checked(BaseCRUDView._get_list_widget)
