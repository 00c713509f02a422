"""What waits for several people is taken by one of them: claimed, given back, the oldest first."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from models.base import RuleBroken, db, utcnow
from models.scope import Reach


def take(row: Any, by: Reach, holder: str = "reviewer", at: str = "claimed_at") -> None:
    """Takes a row for whoever acts; raises RuleBroken that names who has it.

    Two at once: the row's version lets one of them write; the other asks again and is told by this rule.
    """
    if is_mine(row, by, holder):
        return
    if getattr(row, f"{holder}_id") is not None:
        raise RuleBroken(_("%(name)s has taken this already.", name=getattr(row, holder)))
    setattr(row, f"{holder}_id", by.user_id)
    setattr(row, at, utcnow())
    db.session.flush()


def free(row: Any, holder: str = "reviewer", at: str = "claimed_at") -> None:
    """Nobody has the row any more; both sides of the relation say so, or the loaded one would win."""
    setattr(row, holder, None)
    setattr(row, f"{holder}_id", None)
    setattr(row, at, None)


def is_mine(row: Any, by: Reach, holder: str = "reviewer") -> bool:
    """Whether whoever acts has taken this row."""
    return by.user_id is not None and getattr(row, f"{holder}_id") == by.user_id


def refuse_unless_mine(row: Any, by: Reach, holder: str = "reviewer") -> None:
    """Only who has taken a row decides it."""
    if is_mine(row, by, holder):
        return
    if getattr(row, f"{holder}_id") is None:
        raise RuleBroken(_("Please take this first; then nobody else works on it."))
    raise RuleBroken(_("%(name)s has taken this already.", name=getattr(row, holder)))


def oldest_free(entity: Any, waiting: list[Any], order: tuple[Any, ...], holder: str = "reviewer") -> Any:
    """The row that waits longest and that nobody has taken; two who ask at once are given two rows."""
    query = select(entity).where(*waiting, getattr(entity, f"{holder}_id").is_(None)).order_by(*order).limit(1)
    return db.session.scalars(query.with_for_update(skip_locked=True, of=entity)).first()
