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
from models.recipients import Recipient, RecipientLink
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
    assert len(list(made.statements())) == len(wall_policies.POLICIES) and (made.whole or made.ways)
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


def test_a_reach_said_wrongly_opens_nothing(world):
    """Words that are left out, empty or of no kind: no rows, no changes."""
    if not POSTGRESQL:
        return

    def sent(words):
        return db.session.connection().connection.driver_connection.pgconn.exec_(words.encode())

    def rows_of(table):
        seen, changed = sent(f"SELECT count(*) FROM {table}"), sent(f"UPDATE {table} SET id = id")
        return int(seen.get_value(0, 0)), int(changed.command_tuples)

    sent("BEGIN")
    for words in (
        "", " ", "own", "own ", "own location", "own location    {}", "own organization    {}", "own self 1 1 1 ",
        "own self    {}", "own system 1 1 1 {}", "ALL", "state", f"location {world.here}", "own LOCATION 1 1 1 {}",
    ):  # fmt: skip
        sent(f"SET LOCAL wall.reach = '{words}'")
        for table in ("recipient", "dose", "upload_row", "membership", "storage_unit", "proof"):
            assert rows_of(table) == (0, 0), (words, table)
    sent("SET LOCAL wall.reach = 'all'")
    there_are = rows_of("storage_unit")[0]
    sent(f"SET LOCAL wall.reach = 'kept location {world.here} 1 1 {{}}'")  # a flush sees all, and changes its own
    seen, changed = rows_of("storage_unit")
    assert 0 < changed < seen == there_are
    assert "row-level security" in sent(f"UPDATE storage_unit SET location_id = {world.there}").error_message.decode()
    sent("ROLLBACK")


def test_the_functions_behind_the_policies_tell_a_place_nothing_of_others(world):
    if not POSTGRESQL:
        return
    functions = {name for policy in wall_policies.policies().values() for name in policy.functions}
    assert functions
    with acting(make.SEED):
        owners = {key for (key,) in by_cursor("SELECT organization_id FROM location UNION SELECT id FROM location")}
        known = {name: [by_cursor(f"SELECT {name}(%s)", [key])[0][0] for key in owners] for name in functions}
        assert any(any(keys) for keys in known.values())
    for whose, reach in world.reaches.items():
        for name in sorted(functions):
            table = name.removeprefix("wall_").partition("_of_")[0]
            with acting(reach):
                mine = {key for (key,) in by_cursor(f"SELECT id FROM {table}")}
                told = {one for key in owners for one in by_cursor(f"SELECT {name}(%s)", [key])[0][0]}
            assert told <= mine, (name, whose)


def test_a_condition_is_never_asked_of_rows_out_of_reach(world):
    """What raises for somebody else's row would tell that it is there: policies are asked first."""
    if not POSTGRESQL:
        return
    other = world.rows["Recipient"][1]
    with acting(world.reaches["location"]):
        for statement in (
            f"SELECT id FROM recipient WHERE 1 / (id - {other}) > 5",
            f"SELECT r.id FROM dose d JOIN recipient r ON r.id = d.recipient_id WHERE 1 / (r.id - {other}) > 5",
            f"SELECT id FROM dose WHERE 1 / (location_id - {world.there}) > 5",
            f"SELECT id FROM recipient WHERE CASE WHEN id = {other} THEN last_name::int = 1 ELSE false END",
        ):
            assert by_cursor(statement) == []
        with pytest.raises(Exception, match="division by zero"), db.session.begin_nested():
            by_cursor(f"SELECT id FROM recipient WHERE 1 / (id - {world.person}) > 5")


def test_relations_of_a_places_rows_lead_to_its_own_people(world):
    """A relation follows the row that was reached; declared relations of a place's rows reach no stranger's record."""
    with acting(world.reaches["location"]):
        people = set(db.session.scalars(select(Recipient.id)))
        followed = 0
        for entity in entities().values():
            for relation in entity.__mapper__.relationships:
                if relation.uselist or relation.mapper.class_ is not Recipient:
                    continue
                for row in db.session.scalars(select(entity)):
                    person = getattr(row, relation.key)
                    followed += person is not None
                    assert person is None or person.id in people, (entity.__name__, row.id)
        assert followed
