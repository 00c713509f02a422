"""Applies each entity's scope to every query and every flush of the session; fails closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import event, exists, inspect, select
from sqlalchemy.orm import ORMExecuteState, RelationshipProperty, Session, with_loader_criteria
from sqlalchemy.sql import visitors

from models.base import Entity, RuleBroken, db
from models.people import PortalUser, User
from models.scope import Reach, reach_in_force

# The few look-ups that reach across places, by name. Each returns the minimum and is in the history.
NAMED_EXCEPTIONS = {
    "find_person": "finding a person statewide by name and birth date, phone or external id",
    "match_person": "the same person already here, by upload or registration",
    "earlier_doses": "the doses of a person given anywhere, before the next one",
    "employer_look_up": "known organizations by name, for a person's employer",
    "find_account": "the account of exactly this username or e-mail address, to be given access here",
    "known_organization": "organizations of one name and address, or a Provider PIN, before a second is made",
    "authority": "which profiles a person holds anywhere, before they are changed",
    "own_section": "what was submitted of the location in force, out of versions that hold the whole organization",
    "transfer_destination": "an enrolled site by name, to move vaccine to, and whom to tell there",
    "verify_proof": "whether a proof of vaccination holds, by its number",
    "reference_check": "whether a key that may point outside the rows in reach exists",
    "idempotency": "whether this very act was done before, by its key",
    "history_chain": "an entry at the end of its chain, written for whoever acts and read by the state",
}


class OutOfReach(Exception):
    """Something tried to read or write a row outside the reach in force."""


def guarded(entity: Any) -> bool:
    """Whether rows of this class are subject to a scope."""
    return isinstance(entity, type) and (issubclass(entity, Entity) or issubclass(entity, User))


def scope_of(entity: Any) -> Any:
    """The scope that an entity declares; FAB's user class has that of ours."""
    return (PortalUser if entity is User else entity).scope


def _entities_of(state: ORMExecuteState) -> set[Any]:
    """The guarded classes whose tables a statement names, joined, aliased and nested ones included.

    Raises OutOfReach for a statement that names one but is not built on the classes: no criteria could be added.
    """
    tables = {element.name for element in visitors.iterate(state.statement) if element.__visit_name__ == "table"}
    found = {entity for entity, table in _by_table().items() if table in tables}
    if found and state.statement._propagate_attrs.get("compile_state_plugin") != "orm":
        raise OutOfReach(f"a query past the entities: {sorted(entity.__name__ for entity in found)}")
    return found


_known: dict[Any, str] = {}
QUESTIONS_AT_ONCE = 12  # in one statement, so that it does not grow with the rows of a flush
FOUND = "references found"  # in session.info: the transaction, the reach, and what was found


def _by_table() -> dict[Any, str]:
    if not _known:
        from models.registry import entities

        _known.update({cls: cls.__table__.name for cls in entities().values() if cls is not PortalUser})
        _known[User] = User.__table__.name  # and so its subclass, ours
    return _known


def follows(state: ORMExecuteState) -> bool:
    """Whether a load needs no scope of its own: columns of a row that was reached, and the one row that it points at.

    That a row points only where its writer reached is seen to when it is written. Many rows point back at one, whoever
    wrote them: a collection is a query like others.
    """
    if state.is_column_load:
        return True
    if not state.is_relationship_load:
        return False
    way = [one for one in state.loader_strategy_path or () if isinstance(one, RelationshipProperty)]
    return bool(way) and not way[-1].uselist


def limit_reads(state: ORMExecuteState) -> None:
    """Adds the scope of each entity in a query; a relation to one row follows the row that was reached."""
    if follows(state):
        return
    named = state.execution_options.get("unscoped")
    if named is not None:
        if named not in NAMED_EXCEPTIONS:
            raise OutOfReach(f"no look-up is called {named}")
        return
    if not (state.is_select or state.is_update or state.is_delete):
        return
    reach = reach_in_force()
    if reach is not None and reach.kind == "system":
        return
    state.statement = state.statement.options(
        *(
            with_loader_criteria(
                entity, scope_of(entity).condition(entity, reach), include_aliases=True, propagate_to_loaders=False
            )
            for entity in _entities_of(state)
        )
    )


@dataclass(frozen=True)
class Question:
    """Whether a row may be written or pointed at, asked of the database, and what is raised if not."""

    target: Any
    key: Any
    is_open: bool  # pointing at it is open to all: only whether it exists matters
    refusal: Exception
    is_reference: bool = True  # else the row itself is about to change, and the answer holds for this once

    @property
    def name(self) -> tuple[str, Any, bool]:
        """How it is kept once the answer was yes."""
        return self.target.__table__.name, self.key, self.is_open

    def exists(self, reach: Reach) -> Any:
        """The question in SQL."""
        entity = self.target
        conditions = [] if self.is_open else [scope_of(entity).condition(entity, reach)]
        return exists().where(entity.id == self.key, *conditions)


def guard_writes(session: Session, *_: Any) -> None:
    """Refuses to write a row, or to point at one, outside the reach in force."""
    _forget(session, (*session.dirty, *session.deleted))
    reach = session.info.get("reach")
    if reach is not None and reach.kind == "system":
        return
    questions = []
    for row in (*session.new, *session.dirty, *session.deleted):
        if not guarded(type(row)) or (row in session.dirty and not session.is_modified(row)):
            continue
        if reach is None:
            raise OutOfReach(type(row).__name__)
        _made_in_reach(row, reach)
        questions += _questions_about(row)
    if reach is not None:
        with session.no_autoflush:
            _ask(session, questions, reach)


def _questions_about(row: Any) -> list[Question]:
    """A stored row must be in reach as it stands in the database, before this change; and so what it points at."""
    asked = []
    if inspect(row).persistent:
        asked.append(Question(type(row), row.id, False, OutOfReach(type(row).__name__), is_reference=False))
    for column in row.__mapper__.columns:
        for key in column.foreign_keys:
            asked += _about_a_reference(row, column, key.column.table.name)
    return asked


def _ask(session: Session, questions: list[Question], reach: Reach) -> None:
    """Asks what this transaction has not found yet, many questions a statement; raises for the first that is a no."""
    found = _found(session, reach)
    unknown = list({one.name: one for one in questions if not _is_known(one, found)}.values())
    true: set[tuple[str, Any, bool]] = set()
    for start in range(0, len(unknown), QUESTIONS_AT_ONCE):
        some = unknown[start : start + QUESTIONS_AT_ONCE]
        query = select(*(one.exists(reach).label(f"q{number}") for number, one in enumerate(some)))
        answers = session.execute(query.execution_options(unscoped="reference_check")).one()
        true.update(one.name for one, yes in zip(some, answers, strict=True) if yes)
    known = found | true
    for one in questions:
        if not (_is_known(one, known) or (one.is_reference and _is_new_here(session, one.target, one.key))):
            raise one.refusal
    found.update(one.name for one in questions if one.is_reference and one.name in true)


def _is_known(one: Question, found: set[tuple[str, Any, bool]]) -> bool:
    table, key, is_open = one.name
    return (table, key, is_open) in found or (table, key, False) in found


def _made_in_reach(row: Any, reach: Reach) -> None:
    """The place a row names must be the one in force; ways that need a look-up are left to the references."""
    plain = scope_of(type(row)).columns_of(reach.kind)
    if not plain:
        return
    if reach.kind == "self":
        mine: tuple[Any, ...] = reach.recipient_ids
    else:
        mine = (reach.location_id if reach.kind == "location" else reach.organization_id,)
    if not any(getattr(row, name) in mine for name in plain):
        raise OutOfReach(type(row).__name__)


def _about_a_reference(row: Any, column: Any, table: str) -> list[Question]:
    """A key set now must point at a row in reach, unless the column says why it may not."""
    name = row.__mapper__.get_property_by_column(column).key
    added = inspect(row).attrs[name].history.added
    if not added or added[0] is None:
        return []
    target = next((cls for cls, known in _by_table().items() if known == table), None)
    if target is None:
        return []
    refusal = RuleBroken(_l("Not found."), field=name.removesuffix("_id"))
    return [Question(target, added[0], bool(column.info.get("open_reference")), refusal)]


def _found(session: Session, reach: Reach) -> set[tuple[str, Any, bool]]:
    """What this transaction has found in this reach already: (table, key, whether reach did not matter)."""
    transaction, whose, found = session.info.get(FOUND, (None, None, None))
    if transaction is None or transaction is not session.get_transaction() or whose != reach:
        found = set()
        session.info[FOUND] = (session.get_transaction(), reach, found)
    return found


def _forget(session: Session, rows: tuple[Any, ...]) -> None:
    """A row that changes may leave the reach: it is asked for anew."""
    *_of, found = session.info.get(FOUND, (set(),))
    for row in rows if found else ():
        if guarded(type(row)):
            name, key = row.__table__.name, inspect(row).identity[0]
            found.difference_update({(name, key, True), (name, key, False)})


def keep_what_was_made(session: Session, *_: Any) -> None:
    """A new row whose own columns put it in reach may be pointed at in this transaction."""
    reach = session.info.get("reach")
    if reach is None or reach.kind == "system":
        return
    found = _found(session, reach)
    for row in session.new:
        if guarded(type(row)) and scope_of(type(row)).columns_of(reach.kind):
            found.add((row.__table__.name, inspect(row).mapper.primary_key_from_instance(row)[0], False))


def _is_new_here(session: Session, target: Any, key: Any) -> bool:
    return any(isinstance(row, target) and row.id == key for row in session.new)


def install() -> None:
    """Puts both listeners on the one session there is."""
    if not event.contains(db.session, "do_orm_execute", limit_reads):
        event.listen(db.session, "do_orm_execute", limit_reads)
        event.listen(db.session, "before_flush", guard_writes)
        event.listen(db.session, "after_flush", keep_what_was_made)
