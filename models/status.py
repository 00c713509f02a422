"""The order of statuses: a table on the entity that no assignment gets round."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import event

from models.base import Entity, RuleBroken


def first_step(entity: type[Entity]) -> str:
    """Where a new row of the entity starts."""
    return next(iter(entity.STEPS))


def starts(entity: type[Entity]) -> set[str]:
    """Where a new row may start: the first step, unless the entity names others in STARTS."""
    return getattr(entity, "STARTS", {first_step(entity)})


def steps_column(entity: type[Entity]) -> str:
    """The column that holds the status."""
    return getattr(entity, "STEPS_COLUMN", "status")


def _guard(row: Entity, new: str, old: Any, _initiator: Any) -> str:
    steps = type(row).STEPS
    known = old if isinstance(old, str) else None
    allowed = starts(type(row)) if known is None else steps.get(known, set()) | {known}
    if new not in allowed:
        raise RuleBroken(
            _l("This step is not possible from where the record stands now."), field=steps_column(type(row))
        )
    return new


def _start(row: Entity, _args: Any, kwargs: dict[str, Any]) -> None:
    """A new row begins at the first step, whether or not the caller says so."""
    column = steps_column(type(row))
    kwargs.setdefault(column, first_step(type(row)))


@event.listens_for(Entity, "mapper_configured", propagate=True)
def _watch(mapper: Any, entity: type[Entity]) -> None:
    if not entity.STEPS:
        return
    column = steps_column(entity)
    event.listen(getattr(entity, column), "set", _guard, retval=True, active_history=True)
    event.listen(entity, "init", _start)
