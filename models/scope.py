"""Which rows a user reaches: declared once on each entity, enforced by `app.row_access`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Select, false, or_, true

from models.base import db

KINDS = ("state", "organization", "location", "self", "system")


@dataclass(frozen=True)
class Reach:
    """Who acts, as what, and where: the membership in force, or a named system account."""

    kind: str
    user_id: int | None = None
    username: str = ""
    profile: str = ""
    membership_id: int | None = None
    location_id: int | None = None
    organization_id: int | None = None
    recipient_ids: tuple[int, ...] = ()
    place_name: str = ""

    @classmethod
    def system(cls, name: str) -> Reach:
        """A command or a job, named in the history."""
        return cls(kind="system", username=name, profile="System")

    def at(self, location_id: int) -> Reach:
        """The same actor working for one location (a command given a place)."""
        return replace(self, location_id=location_id)


def reach_in_force() -> Reach | None:
    """The reach of the work under way; None sees no rows."""
    return db.session.info.get("reach")


@contextmanager
def acting(reach: Reach | None) -> Iterator[None]:
    """Does the work of the block with this reach."""
    info = db.session.info
    before = info.get("reach")
    info["reach"] = reach
    try:
        yield
    finally:
        db.session.info["reach"] = before


Clause = Callable[[type, Reach], ColumnElement[bool]]


class Scope:
    """One line on an entity saying which rows a reach sees.

    Each argument names the column that must be in reach: "location_id", "location.organization_id"
    (through a relation), a tuple of alternatives, or a function (entity, reach) -> SQL condition.
    A reach kind that is not named sees nothing; "state" sees all unless `state=False`.
    """

    everyone: ClassVar[Scope]
    nobody: ClassVar[Scope]

    def __init__(
        self,
        location: Any = None,
        organization: Any = None,
        recipient: Any = None,
        state: bool = True,
        open_to_all: bool = False,
        keys: Callable[[Reach], Select[Any]] | None = None,
    ):
        self.ways = {"location": location, "organization": organization, "self": recipient}
        self._keys = keys
        self.state = state
        self.open_to_all = open_to_all

    def keys(self, reach: Reach | None) -> Select[Any] | None:
        """The keys in a place's reach, for lists to begin with; None where the condition has an index to go by.

        Each key is there once, so that they can be counted. `condition` may ask of each row whether it is linked, which
        is right for one row and walks the table for a list.
        """
        at_a_place = reach is not None and reach.kind in ("location", "organization")
        return self._keys(reach) if at_a_place and self._keys is not None and reach is not None else None

    def condition(self, entity: Any, reach: Reach | None) -> ColumnElement[bool]:
        """The SQL condition for `entity` under `reach`; never None, and false when in doubt."""
        if reach is None:
            return false()
        if reach.kind == "system" or self.open_to_all or (reach.kind == "state" and self.state):
            return true()
        return or_(false(), *(one_way(entity, one, reach) for one in self.ways_of(reach.kind)))

    def ways_of(self, kind: str) -> tuple[Any, ...]:
        """The ways in which a row is in reach for this kind of reach; none where it never is."""
        way = self.ways.get(kind)
        return way if isinstance(way, tuple) else () if way is None else (way,)

    def columns_of(self, kind: str) -> tuple[str, ...]:
        """The columns in which a new row names its place; none where some way takes a look-up."""
        ways = self.ways_of(kind)
        plain = tuple(one for one in ways if isinstance(one, str) and "." not in one and one != "id")
        return plain if len(plain) == len(ways) else ()


def _keys(reach: Reach) -> tuple[int, ...]:
    if reach.kind == "self":
        return reach.recipient_ids
    key = reach.location_id if reach.kind == "location" else reach.organization_id
    return () if key is None else (key,)


def one_way(entity: Any, way: Any, reach: Reach) -> ColumnElement[bool]:
    """The condition that one way puts on `entity`: a column, a column through a relation, or what a function says."""
    if callable(way):
        return way(entity, reach)
    if "." not in way:
        return getattr(entity, way).in_(_keys(reach))
    relation, column = way.split(".")
    target = getattr(entity, relation)
    return target.has(getattr(target.property.mapper.class_, column).in_(_keys(reach)))


Scope.everyone = Scope(open_to_all=True)
Scope.nobody = Scope(state=False)
