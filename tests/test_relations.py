"""Every declared relation of every entity, tried as a way to another clinic's row: read from the mappers."""

import re
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload

from app.row_access import OutOfReach, guarded, scope_of
from models.base import RuleBroken, db
from models.ink import WrittenOnce
from models.people import PortalUser, User
from models.registry import entities
from models.scope import acting
from tests import factories as make
from tests.test_row_access import at

ROOT = Path(__file__).parents[1]
# Where a row may point at one that its writer does not reach, and the rule that sees to it instead.
OPEN = {
    "Link.user", "LocationEvent.by", "Notice.recipient", "Notice.user", "Notice.link", "Recipient.employer",
    "RecipientLink.recipient", "RedistributionAgreement.decided_by", "RedistributionPlace.location",
    "Transfer.to_location", "TransferEvent.from_location", "TransferEvent.to_location", "UploadRow.recipient",
}  # fmt: skip


def relations():
    """Each relation between guarded entities, with the entity that declares it."""
    for entity in entities().values():
        for relation in inspect(entity).relationships:
            if guarded(relation.mapper.class_):
                yield entity, relation


def name_of(entity):
    return "PortalUser" if entity is User else entity.__name__


class World:
    """Two places, each with a row of every entity; keys only."""

    def __init__(self):
        self.here, elsewhere = make.location(), make.location()
        self.reach = at(self.here)
        self.mine, self.theirs = (
            {name: make.AT_PLACE[name](place).id for name in make.AT_PLACE} for place in (self.here, elsewhere)
        )


@pytest.fixture(scope="module")
def world(app):
    with app.app_context():
        made = World()
        db.session.commit()
        yield made
        db.session.rollback()


pytestmark = pytest.mark.shared_data
TO_ONE = [(entity, one) for entity, one in relations() if not one.uselist]
TO_MANY = [(entity, one) for entity, one in relations() if one.uselist]


def test_no_row_is_made_to_point_at_another_clinics(world):
    """So that reading what a row points at needs no scope: whoever wrote it reached both."""
    got_through = set()
    for entity, relation in TO_ONE:
        target = name_of(relation.mapper.class_)
        if scope_of(relation.mapper.class_).open_to_all:
            continue
        (column,) = relation.local_columns
        with acting(world.reach):
            row = db.session.get(entity, world.mine[name_of(entity)])
            if row is None:
                continue  # not even its own row is in reach
            setattr(row, entity.__mapper__.get_property_by_column(column).key, world.theirs[target])
            try:
                db.session.flush()
                got_through.add(f"{entity.__name__}.{relation.key}")
            except (RuleBroken, OutOfReach, WrittenOnce):
                pass
            except SQLAlchemyError as error:
                assert "unique" in str(error).lower(), error  # past the wall, and refused for another reason
                got_through.add(f"{entity.__name__}.{relation.key}")
            db.session.rollback()
    assert got_through <= OPEN, got_through - OPEN
    declared = {
        f"{entity.__name__}.{one.key}"
        for entity, one in TO_ONE
        if any(column.info.get("open_reference") for column in one.local_columns)
    }
    assert declared == OPEN


def test_a_collection_holds_what_a_query_would_find_and_no_more(world):
    """Others' rows are made to point at mine; the collection, loaded in whichever way, is held to the scope."""
    kept_out = set()
    for entity, relation in TO_MANY:
        child = relation.mapper.class_
        parent, column = world.mine[name_of(entity)], next(iter(relation.remote_side))
        other = world.theirs[name_of(child)]
        with acting(make.SEED):
            table = child.__table__
            db.session.connection().execute(update(table).where(table.c.id == other).values({column.name: parent}))
            there = set(db.session.connection().scalars(select(table.c.id).where(column == parent)))
        with acting(world.reach):
            in_reach = set(db.session.scalars(select(child.id).where(column == parent)))
            for load in (None, selectinload(getattr(entity, relation.key))):
                db.session.expunge_all()
                query = select(entity).where(entity.id == parent).options(*([load] if load else []))
                row = db.session.scalars(query).one()
                assert {one.id for one in getattr(row, relation.key)} == in_reach, (entity, relation.key, load)
        if there - in_reach:
            kept_out.add(f"{entity.__name__}.{relation.key}")
        db.session.rollback()
    assert kept_out >= {"Application.sections", "Organization.locations", "PortalUser.created"}, kept_out


def test_no_query_joins_a_collection_past_its_scope():
    """A collection by a join would be loaded by its parent's own statement, to which no scope of it is added."""
    known = {name_of(entity): entity for entity in (*entities().values(), PortalUser)}
    written = re.compile(r"joinedload\((?:getattr\()?(\w+)[.,] ?(\w+)")
    found = [
        (path.name, *pair)
        for folder in ("app", "models", "views")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for pair in written.findall(path.read_text())
    ]
    assert len(found) > 10
    for path, owner, name in found:
        if owner in known:
            assert not inspect(known[owner]).relationships[name].uselist, (path, owner, name)
    assert all(one.lazy == "select" for _entity, one in TO_MANY)
