"""Defect: on each page the menu is made anew, with a translation and an address for each of its entries.

What a menu shows follows from the profile in force, its kind of reach and the language, and from nothing else: the
table of access is read at start. It is therefore made once for each of them in a process.
"""

from __future__ import annotations

from typing import Any

from flask import g
from flask_appbuilder.menu import Menu

from app.languages import in_force

make_anew = Menu.get_data


def get_data(self: Menu, menu: Any = None) -> list[Any]:
    """The entries that the profile in force may see; nothing for whoever has none."""
    if menu is not None:
        return make_anew(self, menu)
    reach = g.get("reach")
    if reach is None:
        return []
    made = self.__dict__.setdefault("made", {})
    whose = (reach.profile, reach.kind, in_force())
    if whose not in made:
        made[whose] = make_anew(self)
    return made[whose]


def install() -> None:
    """Puts the kept menu before FAB's."""
    Menu.get_data = get_data
