"""Organizations and locations that are here already: the same name and address, or the same Provider PIN."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from models.base import RuleBroken, db
from models.enrollment import Location, Organization
from models.recipients import search_key

# Words that one writes and another leaves out.
FORMS = {
    "inc", "incorporated", "llc", "pllc", "pa", "pc", "ltd", "co", "corp", "corporation", "company", "the", "and", "of",
}  # fmt: skip
SHORT = {
    "street": "st", "road": "rd", "avenue": "ave", "boulevard": "blvd", "drive": "dr", "lane": "ln", "highway": "hwy",
    "north": "n", "south": "s", "east": "e", "west": "w", "suite": "ste", "saint": "st", "doctor": "dr",
}  # fmt: skip


def name_key(name: str | None) -> str:
    """A name as it is compared: without accents, punctuation, and the words of a legal form."""
    words = re.findall(r"[a-z0-9]+", _plain(name).replace("&", " and "))
    return " ".join(word for word in words if word not in FORMS)


def street_key(street: str | None) -> str:
    """A street as it is compared: its usual words shortened."""
    return " ".join(SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", _plain(street)))


def _plain(words: str | None) -> str:
    return " ".join(search_key(word) for word in (words or "").lower().replace(".", "").replace(",", " ").split())


def of_organization(name: str, street: str | None = None, zip_code: str | None = None, but: int = 0) -> list[Any]:
    """Organizations of this name (and address, where both are known): name, city and standing of each."""
    wanted = name_key(name)
    if not wanted:
        return []
    query = select(Organization).where(
        Organization.id != but, Organization.kind == "provider", Organization.status != "withdrawn"
    )
    rows = db.session.scalars(query.execution_options(unscoped="known_organization")).all()
    return [row for row in rows if name_key(row.name) == wanted and same_place(row, street, zip_code)]


def same_place(row: Any, street: str | None, zip_code: str | None) -> bool:
    """Whether an organization is at this address, as far as both are known."""
    known = (street_key(row.street), (row.zip_code or "")[:5])
    told = (street_key(street), (zip_code or "")[:5])
    return not all(known) or not all(told) or known == told


def by_name() -> dict[str, list[Any]]:
    """Every provider organization by its name as it is compared, for a file of many: number, street and ZIP of each."""
    query = select(Organization.name, Organization.number, Organization.street, Organization.zip_code).where(
        Organization.kind == "provider", Organization.status != "withdrawn"
    )
    found: dict[str, list[Any]] = {}
    for row in db.session.execute(query.execution_options(unscoped="known_organization")):
        found.setdefault(name_key(row.name), []).append(row)
    return found


def refuse_twins(name: str, field: str, but: int = 0, **place: Any) -> None:
    """Raises RuleBroken that names the organizations of this name and address."""
    found = of_organization(name, but=but, **place)
    if found:
        named = "; ".join(", ".join(part for part in (row.name, row.city) if part) for row in found[:3])
        raise RuleBroken(
            _("This organization seems to be here already: %(found)s. Say so if it is another one.", found=named), field
        )


def refuse_known_pin(pin: str | None, location_id: int | None, field: str) -> None:
    """Raises RuleBroken where another location has this Provider PIN."""
    if not pin:
        return
    query = select(Location.id).where(Location.provider_pin == pin, Location.id != (location_id or 0))
    if db.session.scalar(query.execution_options(unscoped="known_organization")):
        raise RuleBroken(_("This Provider PIN belongs to another location."), field)
