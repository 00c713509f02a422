"""The second wall: what Core, text, bulk statements and cursors of the driver reach on PostgreSQL, and what not.

The console stands on a database of its own, as `flask init` makes it, and runs as a role that owns nothing. On SQLite
there is no row security; there it is asked what would be built.
"""

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from app import wall_policies
from app.row_access import scope_of
from models.base import db, utcnow
from models.enrollment import StorageUnit
from models.people import Membership
from models.recipients import RecipientLink
from models.registry import entities
from models.scope import acting
from tests import factories as make
from tests.wall.asking import POSTGRESQL, by_cursor, copied

pytestmark = pytest.mark.shared_data
NAMES = sorted(entities())


@pytest.mark.parametrize("name", NAMES)
def test_every_entity_has_its_policies(name):
    """Generated from the registry: an entity that the wall does not know fails here."""
    table = entities()[name].__table__.name
    made = wall_policies.policies()[table]
    assert len(list(made.statements())) == len(wall_policies.POLICIES) and made.sees
    if not POSTGRESQL:
        return
    with acting(make.SEED):
        found = db.session.execute(
            text("""SELECT c.relrowsecurity, c.relforcerowsecurity,
                           (SELECT array_agg(p.polname ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid)
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
                    WHERE c.relname = :table AND c.relkind = 'r'"""),
            {"table": table},
        ).one()
    assert found == (True, True, sorted(wall_policies.POLICIES))


@pytest.mark.parametrize("name", NAMES)
def test_whatever_asks_sees_the_rows_that_the_entity_declares_and_no_other(world, name):
    entity = entities()[name]
    table = entity.__table__
    for whose, reach in world.reaches.items():
        with acting(make.SEED):
            query = select(entity.id).where(scope_of(entity).condition(entity, reach))
            declared = set(db.session.scalars(query))
        if not POSTGRESQL:
            assert declared or whose not in ("state",) or not scope_of(entity).state
            continue
        with acting(reach):
            core = set(db.session.connection().scalars(select(table.c.id)))
            words = set(db.session.scalars(text(f"SELECT id FROM {table.name}")))
            raw = {key for (key,) in by_cursor(f"SELECT id FROM {table.name}")}
            counted = db.session.connection().scalar(select(func.count()).select_from(table.alias()))
            assert core == words == raw == declared, (name, whose)
            assert counted == len(declared)
            assert copied(f"COPY (SELECT id FROM {table.name}) TO STDOUT") == declared


@pytest.mark.parametrize("name", NAMES)
def test_bulk_statements_of_a_place_change_its_own_rows_only(world, name):
    if not POSTGRESQL:
        assert "FOR UPDATE USING" in "".join(wall_policies.policies()[entities()[name].__table__.name].statements())
        return
    entity, reach = entities()[name], world.reaches["location"]
    table = entity.__table__
    with acting(make.SEED):
        mine = set(db.session.scalars(select(entity.id).where(scope_of(entity).condition(entity, reach))))
        db.session.rollback()
    others = [key for key in world.rows[name] if key not in mine]
    with acting(reach):
        for key in others:
            for statement in (
                update(table).where(table.c.id == key).values(id=key),
                delete(table).where(table.c.id == key),
                text(f"UPDATE {table.name} SET id = id WHERE id = {key}"),
                text(f"DELETE FROM {table.name} WHERE id = {key}"),
            ):
                assert db.session.connection().execute(statement).rowcount == 0, (name, key)
            assert by_cursor(f"SELECT id FROM {table.name} WHERE id = %s FOR UPDATE", [key]) == []
        db.session.rollback()
        with acting(None):
            assert db.session.connection().execute(text(f"UPDATE {table.name} SET id = id")).rowcount == 0


def refused(statement, values=None):
    """PostgreSQL refuses it, and what was done before in the transaction is whole."""
    with pytest.raises(ProgrammingError, match="row-level security"), db.session.begin_nested():
        db.session.connection().execute(statement, values)


def test_other_places_keys_cannot_be_written_into_rows(world):
    if not POSTGRESQL:
        return
    units, links, memberships = StorageUnit.__table__, RecipientLink.__table__, Membership.__table__
    facts = {"row_version": 1, "created_at": utcnow(), "name": "Wall", "unit_kind": "freezer", "is_in_use": True}
    with acting(world.reaches["location"]):
        refused(insert(units), facts | {"location_id": world.there})
        refused(insert(units), [facts | {"location_id": world.here}, facts | {"location_id": world.there}])
        refused(text("INSERT INTO storage_unit (row_version, created_at, name, unit_kind, is_in_use, location_id) "
                     "SELECT row_version, created_at, name, unit_kind, is_in_use, :there FROM storage_unit"),
                {"there": world.there})  # fmt: skip
        refused(update(units).values(location_id=world.there))
        db.session.connection().execute(insert(units), facts | {"location_id": world.here})
        link = {"row_version": 1, "created_at": utcnow(), "how": "visit", "recipient_id": world.person}
        refused(insert(links), link | {"location_id": world.there})
        refused(update(links).values(location_id=world.there))
        power = {"row_version": 1, "created_at": utcnow(), "is_default": False, "user_id": world.rows["PortalUser"][1]}
        refused(insert(memberships), power | {"profile": "State Administrator"})
        db.session.connection().execute(text("SELECT 1"))  # the transaction goes on
    with acting(None):
        refused(insert(units), facts | {"location_id": world.here})
