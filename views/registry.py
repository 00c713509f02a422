"""Puts every screen and its API into the console: a module names its screens in SCREENS, its other pages in PAGES."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

from views.api import api_of
from views.words import time_zone

MODULES = (
    "doses", "recipients", "uploads", "stock", "enrollment", "applications", "agreements", "reviews", "people",
    "notices", "links", "history",
    "shipments", "transfers", "recalls", "account_history", "inventory_reports",
)  # fmt: skip
PAGE_MODULES = (
    "paper_pack",
    "finding", "reviews", "links", "sessions", "enrolling", "welcome", "custom.dose_administration",
    "custom.agreement_signing",
    "custom.proof_printing", "custom.bulk_upload",
    "lapsing", "section_papers", "asking",
)  # fmt: skip
MENUS = {
    "Doses": (_l("Doses"), "fa-syringe"),
    "Recipients": (_l("Recipients"), "fa-users"),
    "Stock": (_l("Stock"), "fa-boxes-stacked"),
    "Program": (_l("Program"), "fa-hospital"),
    "People": (_l("Users"), "fa-user-shield"),
    "Oversight": (_l("Oversight"), "fa-clipboard-list"),
}


DOOR_MODULES = ("account", "door", "ncid")  # the ways in, and one's own account


def screens() -> list[type]:
    """Every Screen class, in the order of the menu."""
    named = [import_module(f"views.{name}") for name in (*MODULES, *DOOR_MODULES)]
    return [screen for module in named for screen in getattr(module, "SCREENS", ())]


def pages() -> list[type]:
    """Every page made by hand or by a generic kind, in the order of the menu."""
    return [page for name in (*PAGE_MODULES, *DOOR_MODULES) for page in import_module(f"views.{name}").PAGES]


def add_page(appbuilder: Any, page: Any) -> None:
    """Adds a page, and to the menu where it says so; "Proof:issue:self" is for who may issue proofs of oneself."""
    if not page.label:
        appbuilder.add_view_no_menu(page)
        return
    name = ":".join(part for part in (page.entity.__name__, page.menu_verb, page.menu_reach) if part)
    if not page.menu:
        appbuilder.add_view(page, name, label=page.label, icon=page.icon)
        return
    label, icon = MENUS[page.menu]
    appbuilder.add_view(
        page, name, label=page.label, icon=page.icon, category=page.menu, category_label=label, category_icon=icon
    )


def register(appbuilder: Any) -> None:
    """Adds each page and screen under its menu, and the API of each screen."""
    current_app.extensions["babel"].timezone_selector = time_zone
    for page in pages():
        add_page(appbuilder, page())
    views = [screen() for screen in screens()]
    for view in views:
        if view.menu is None:
            appbuilder.add_view_no_menu(view)
            continue
        label, icon = MENUS[view.menu]
        appbuilder.add_view(
            view,
            view.entity.__name__,
            label=view.list_title,
            icon=view.icon,
            category=view.menu,
            category_label=label,
            category_icon=icon,
        )
    for view in views:
        appbuilder.add_api(api_of(view))
