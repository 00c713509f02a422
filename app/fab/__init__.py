"""Repairs of Flask-AppBuilder 5.3: one file a defect, each with a test that fails without it.

`install(app)` puts the process-wide and app-wide ones in place, before AppBuilder is made; each is
safe to install twice. What overriding can mend is done in `views.screen` and `views.api` instead.
"""

from flask import Flask

from app.fab import (
    actions,
    characters,
    csrf_for_tokens,
    downloads,
    filter_values,
    filters_per_request,
    json_bodies,
    keys,
    menu_once,
    order_columns,
    page_history,
    page_numbers,
    related_ids,
    relation_filters,
    rison,
    rule_builders,
)

PROCESS_WIDE = (
    actions,
    downloads,
    filter_values,
    filters_per_request,
    menu_once,
    order_columns,
    page_history,
    page_numbers,
    related_ids,
    relation_filters,
    rison,
)
APP_WIDE = (characters, csrf_for_tokens, json_bodies, keys, rule_builders)


def install(app: Flask) -> None:
    """Puts the repairs in place; call it after CSRFProtect and before AppBuilder."""
    for repair in PROCESS_WIDE:
        repair.install()
    for repair in APP_WIDE:
        repair.install(app)
