"""Looking up a row of another entity by a few letters: scoped, at most twenty, never the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Select, and_, false, or_, select

from app.row_access import NAMED_EXCEPTIONS
from models.base import UNSTORABLE, db
from models.recipients import search_key

MOST = 20
LONGEST = 80
# What names a row, in the order of importance; those an entity has are searched.
NAMING = ("name", "short_name", "number", "last_name", "first_name", "username", "public_id", "profile")


@dataclass(frozen=True)
class LookUp:
    """The rows that a relation may point at."""

    entity: Any
    named_exception: str | None = None

    @classmethod
    def through(cls, relation: Any) -> LookUp:
        """The look-up of a many-to-one relation; some may point outside the rows in reach, by name."""
        key = next(iter(relation.local_columns))
        reason = key.info.get("open_reference")
        return cls(relation.mapper.class_, reason if reason in NAMED_EXCEPTIONS else None)

    def is_allowed(self) -> bool:
        """Whether whoever asks may see such rows at all."""
        if self.named_exception:
            return True
        return bool(current_app.appbuilder.sm.has_access("can_see", self.entity.__name__))

    def row(self, key: int) -> Any:
        """The row with this key, or None when it is not there or out of reach."""
        return db.session.scalars(self._rows().where(self.entity.id == key)).one_or_none()

    def options(self, typed: str = "") -> list[tuple[int, str]]:
        """Up to twenty rows whose names contain every word typed: their keys and what they are called."""
        if not self.is_allowed():
            return []
        words = UNSTORABLE.sub("", typed[:LONGEST]).split()
        named = self._naming_columns()
        query = self._rows().where(*(self._contains(word, named) for word in words))
        with db.session.no_autoflush:
            rows = db.session.scalars(query.order_by(*named, self.entity.id).limit(MOST)).all()
        return [(row.id, str(row)) for row in rows]

    def _rows(self) -> Select[Any]:
        query = select(self.entity)
        if hasattr(self.entity, "offered"):
            query = query.where(self.entity.offered())
        return query.execution_options(unscoped=self.named_exception) if self.named_exception else query

    def _naming_columns(self) -> list[Any]:
        return [getattr(self.entity, name) for name in NAMING if name in self.entity.__mapper__.columns]

    def _contains(self, word: str, named: list[Any]) -> Any:
        if hasattr(self.entity, "last_key"):  # people are found by how their names begin, through the index
            key = search_key(word)
            return or_(*(self._begins(column, key) for column in (self.entity.last_key, self.entity.first_key)))
        return or_(false(), *(column.icontains(word, autoescape=True) for column in named))

    @staticmethod
    def _begins(column: Any, key: str) -> Any:
        return and_(column >= key, column < key + "\U0010ffff")
