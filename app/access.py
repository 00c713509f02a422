"""Reads `access.md`, refuses what it does not know, and answers who may do what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from models.people import PROFILES
from models.registry import entities
from models.scope import KINDS

TABLE = Path(__file__).with_name("access.md")
EVERY_ENTITY = ("see", "add", "edit", "remove", "export")
REACH_ROW = "*sees rows of*"


class AccessTableError(ValueError):
    """The access table says something that the program does not know."""


@dataclass
class Access:
    """The table, compiled."""

    reach: dict[str, str] = field(default_factory=dict)
    verbs: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    grants: dict[str, frozenset[str]] = field(default_factory=dict)
    second_factor: frozenset[str] = frozenset()
    known_verbs: frozenset[str] = frozenset()


def _tables(text: str) -> list[list[list[str]]]:
    """Each Markdown table as rows of cells, the dashes left out."""
    tables: list[list[list[str]]] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not inside:
            tables.append([])
            inside = True
        if not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            tables[-1].append(cells)
    return tables


def compile_table(text: str) -> Access:
    """Compiles the Markdown of an access table; raises AccessTableError at the first unknown word."""
    access = Access()
    acts: set[str] = set()
    for head, *rows in _tables(text):
        if head[0] == "Verb":
            acts.update(row[0] for row in rows)
        elif head[:2] == ["Profile", "may grant"]:
            access.grants = {row[0]: _list(row[1]) for row in rows}
        elif head[:2] == ["Profile", "second factor"]:
            access.second_factor = _those_with_yes(rows)
        else:
            _matrix(access, head[1:], rows)
    access.known_verbs = frozenset(acts) | frozenset(EVERY_ENTITY)
    _refuse_unknown(access)
    return access


def _list(cell: str) -> frozenset[str]:
    return frozenset(word.strip() for word in cell.split(",") if word.strip())


def _those_with_yes(rows: list[list[str]]) -> frozenset[str]:
    odd = [cell for _profile, cell in rows if cell not in ("yes", "")]
    if odd or {profile for profile, _cell in rows} != set(PROFILES):
        raise AccessTableError(f"Who signs in with a second factor is said by yes or an empty cell for each: {odd}.")
    return frozenset(profile for profile, cell in rows if cell == "yes")


def _matrix(access: Access, profiles: list[str], rows: list[list[str]]) -> None:
    for name, *cells in rows:
        if len(cells) != len(profiles):
            raise AccessTableError(f"The row of {name} has {len(cells)} cells for {len(profiles)} profiles.")
        for profile, cell in zip(profiles, cells, strict=True):
            if name == REACH_ROW:
                access.reach[profile] = cell
            else:
                access.verbs[profile, name] = frozenset(cell.split())


def _refuse_unknown(access: Access) -> None:
    known = set(entities())
    if set(access.reach) != set(PROFILES) or set(access.grants) != set(PROFILES):
        raise AccessTableError(f"The profiles are not those of the program: {set(access.reach) ^ set(PROFILES)}.")
    for (profile, entity), verbs in access.verbs.items():
        if entity not in known:
            raise AccessTableError(f"There is no entity {entity}.")
        if profile not in access.reach:
            raise AccessTableError(f"Nothing says which rows {profile} sees.")
        if verbs - access.known_verbs:
            raise AccessTableError(
                f"{profile} has verbs nobody knows on {entity}: {sorted(verbs - access.known_verbs)}."
            )
    for profile, kind in access.reach.items():
        if kind not in KINDS:
            raise AccessTableError(f"{profile} sees rows of {kind}, which is no reach.")
        missing = known - {entity for who, entity in access.verbs if who == profile}
        if missing:
            raise AccessTableError(f"{profile} has no row for {sorted(missing)}.")
    _refuse_unknown_grants(access)


def _refuse_unknown_grants(access: Access) -> None:
    for profile, granted in access.grants.items():
        if not {profile} | granted <= set(access.reach):
            raise AccessTableError(f"The grants of {profile} name an unknown profile.")


@cache
def table() -> Access:
    """The access table in force."""
    return compile_table(TABLE.read_text(encoding="utf-8"))


def profiles() -> tuple[str, ...]:
    """Every profile, in the order of the table."""
    return tuple(table().reach)


def verbs() -> frozenset[str]:
    """Every verb there is."""
    return table().known_verbs


def reach_of(profile: str) -> str:
    """The kind of reach of a profile; raises KeyError for an unknown one."""
    return table().reach[profile]


def verbs_of(profile: str, entity: str) -> frozenset[str]:
    """What a profile may do with an entity; nothing when in doubt."""
    return table().verbs.get((profile, entity), frozenset())


def may(profile: str, entity: str, verb: str) -> bool:
    """Whether a profile may do this; no when in doubt."""
    return verb in verbs_of(profile, entity)


def may_grant(profile: str) -> frozenset[str]:
    """The profiles that a profile may give to others."""
    return table().grants.get(profile, frozenset())


def asks_second_factor(profile: str) -> bool:
    """Whether this profile signs in with a second factor, where the installation asks for one."""
    return profile in table().second_factor


# What every profile may besides: read the description of the API.
API_DESCRIPTION = [["^OpenApi$", "^can_get$"], ["^SwaggerView$", "^can_show$"]]


def below(profile: str) -> frozenset[str]:
    """The profiles that a profile may grant, itself or through those whom it lets in."""
    found: set[str] = set()
    todo = [*may_grant(profile)]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += may_grant(one)
    return frozenset(found)


def fab_roles() -> dict[str, list[list[str]]]:
    """The table as Flask-AppBuilder's FAB_ROLES: anchored patterns, since it matches prefixes."""
    roles: dict[str, list[list[str]]] = {profile: [*API_DESCRIPTION] for profile in profiles()}
    for (profile, entity), granted in table().verbs.items():
        roles[profile] += [[f"^{entity}$", f"^can_{verb}$"] for verb in sorted(granted)]
    return roles
