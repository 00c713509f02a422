"""The second wall as PostgreSQL keeps it: a policy for each table, made of the scope that its entity declares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, literal_column, select, text
from sqlalchemy.dialects import postgresql

from app.row_access import scope_of
from models.registry import entities
from models.scope import Reach, one_way

# The words of the setting wall.reach, which `app.wall` says; no policy holds where nothing is said. They stand in the
# policies themselves and in subqueries: a function would be read anew for each plan, and a subquery is asked once a
# statement instead of once a row. As few of them as can be: each is planned wherever the table is named.
REACH = "current_setting('wall.reach', true)"


def _word(number: int) -> str:
    return f"split_part({REACH}, ' ', {number})"


def _key(number: int, kind: str = "bigint") -> str:
    return f"nullif({_word(number)}, '')::{kind}"


HOW, KIND = _word(1), _word(2)
KEYS = {"location": _key(3), "organization": _key(4)}
USER, RECIPIENTS = _key(5), _key(6, "bigint[]")
KINDS = ("location", "organization", "self")
# What an earlier version's policies asked.
UNASKED = """SELECT CAST(CAST(p.oid AS regprocedure) AS text)
             FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace AND n.nspname = 'public'
             WHERE starts_with(p.proname, 'wall_') AND pg_get_userbyid(p.proowner) = current_user
             AND NOT EXISTS (SELECT 1 FROM pg_depend AS d
                             WHERE d.refobjid = p.oid AND d.classid = CAST('pg_policy' AS regclass))"""
POLICIES = ("wall_see", "wall_add", "wall_change", "wall_remove")


def _asked(words: str) -> Any:
    return literal_column(f"(SELECT {words})", BigInteger)


def _reach(kind: str) -> Reach:
    """A reach whose keys are what PostgreSQL was told."""
    mine: Any = select(literal_column(f"unnest({RECIPIENTS})", BigInteger))
    return Reach(
        kind, user_id=_asked(USER), location_id=_asked(KEYS["location"]),
        organization_id=_asked(KEYS["organization"]), recipient_ids=mine,
    )  # fmt: skip


@dataclass
class Policy:
    """What one table's policies say, and the functions that they ask."""

    table: str
    whole: str = ""  # in which reach every row is there
    bare: str = "false"  # for which a guarded new row needs no place that it names
    ways: list[str] = field(default_factory=list)  # how a single row is in reach
    functions: dict[str, str] = field(default_factory=dict)

    def _allows(self, *always: str) -> str:
        return " OR ".join([f"(SELECT {' OR '.join([*always, self.whole])})", *self.ways])

    def statements(self) -> Iterator[str]:
        """The policies: who sees, adds, changes and removes which rows. What a flush has guarded, it also looks at."""
        sees, owns = self._allows(f"{HOW} IN ('all', 'kept')"), self._allows(f"{HOW} = 'all'")
        makes = self._allows(f"{HOW} = 'all'", f"({HOW} = 'kept' AND ({self.bare}))")
        yield f"CREATE POLICY wall_see ON {self.table} FOR SELECT USING ({sees})"
        yield f"CREATE POLICY wall_add ON {self.table} FOR INSERT WITH CHECK ({makes})"
        yield f"CREATE POLICY wall_change ON {self.table} FOR UPDATE USING ({owns}) WITH CHECK ({makes})"
        yield f"CREATE POLICY wall_remove ON {self.table} FOR DELETE USING ({owns})"

    def digest(self) -> str:
        """Changes when any of it does."""
        return hashlib.sha256("\n".join([*self.statements(), *self.functions.values()]).encode()).hexdigest()


def policies() -> dict[str, Policy]:
    """Table -> its policy, for every entity there is."""
    found: dict[str, Policy] = {}
    for entity in entities().values():
        made = _policy(entity)
        found.setdefault(made.table, made)
    return found


def _policy(entity: Any) -> Policy:
    scope, made = scope_of(entity), Policy(entity.__table__.name)
    if scope.open_to_all:
        made.whole = f"{KIND} <> ''"
        return made
    made.whole = f"{KIND} = 'state'" if scope.state else "false"
    made.bare = f"{KIND} IN ({', '.join(repr(one) for one in ('state', *KINDS) if not scope.columns_of(one))})"
    keyed: dict[str, list[str]] = {}  # column -> for each kind of reach the keys that are in reach
    for kind in KINDS:
        for way in scope.ways_of(kind):
            if callable(way):
                words = _words(entity, one_way(entity, way, _reach(kind)))
                made.ways.append(f"((SELECT {KIND} = '{kind}') AND ({words}))")
            else:
                column, keys = _keyed(entity, way, kind, made.functions)
                keyed.setdefault(column, []).append(f"WHEN {KIND} = '{kind}' THEN {keys}")
    for column, cases in keyed.items():
        # The column first: what the planner knows of it, it knows of one comparison for all kinds of reach.
        made.ways.insert(0, f"{made.table}.{column} = ANY ((SELECT CASE {' '.join(cases)} END)::bigint[])")
    return made


def _keyed(entity: Any, way: str, kind: str, functions: dict[str, str]) -> tuple[str, str]:
    """A column, and the array of keys in it that are in reach.

    A relation is asked through a function: policies that name each other's tables run in circles. Not one of SQL, whose
    body would be read for each plan.
    """
    if "." not in way:
        return way, RECIPIENTS if kind == "self" else f"ARRAY[{KEYS[kind]}]"
    relation, column = way.split(".")
    related = getattr(entity, relation).property
    target, local = related.mapper.class_.__table__.name, next(iter(related.local_columns)).name
    name = f"wall_{target}_of_{column}"
    keys = f"array(SELECT one.id FROM public.{target} AS one WHERE one.{column} = key)"  # noqa: S608 - our own names
    functions[name] = (
        f"CREATE OR REPLACE FUNCTION {name}(key bigint) RETURNS bigint[] LANGUAGE plpgsql STABLE AS $wall$"
        f"BEGIN RETURN {keys}; END$wall$"
    )
    return local, f"{name}({KEYS[kind]})"


def _words(entity: Any, condition: Any) -> str:
    """A condition as SQL; its subqueries know the table that it is about."""
    query = select(literal_column("1")).select_from(entity.__table__).where(condition)
    written = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return " ".join(str(written).split("WHERE", 1)[1].split())


def _escaped(statement: str) -> str:
    return statement.replace(":", "\\:")  # a colon would begin the name of a value


def build(engine: Engine) -> int:
    """Brings every table's policy up to date, as the owner; how many were changed."""
    with engine.begin() as connection:
        standing, changed = _standing(connection), 0
        for table, policy in policies().items():
            if standing.get(table) == policy.digest():
                continue
            changed += 1
            for statement in (*policy.functions.values(), *_tear(table), *policy.statements(), *_raise(table, policy)):
                connection.execute(text(_escaped(statement)))
        for name in connection.scalars(text(UNASKED)).all():
            connection.execute(text(f"DROP FUNCTION {_escaped(name)}"))
    return changed


def take_down(engine: Engine) -> int:
    """Takes the policies away again; how many tables had them."""
    with engine.begin() as connection:
        found = _standing(connection)
        for table in found:
            for statement in (*_tear(table), f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
                              f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"):  # fmt: skip
                connection.execute(text(statement))
    return len(found)


def _tear(table: str) -> list[str]:
    return [f"DROP POLICY IF EXISTS {policy} ON {table}" for policy in POLICIES]


def _raise(table: str, policy: Policy) -> list[str]:
    return [
        f"COMMENT ON POLICY wall_see ON {table} IS '{policy.digest()}'",
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]


def _standing(connection: Connection) -> dict[str, str]:
    """Table -> the digest of its policies, where row security is enabled and forced."""
    query = """SELECT c.relname, obj_description(p.oid, 'pg_policy')
               FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid
               JOIN pg_namespace AS n ON n.oid = c.relnamespace
               WHERE p.polname = 'wall_see' AND c.relrowsecurity AND c.relforcerowsecurity AND n.nspname = 'public'"""
    return {table: digest or "" for table, digest in connection.execute(text(query))}


def grant(engine: Engine, role: str) -> None:
    """Lets the role that runs the console use the tables, which it does not own."""
    name = engine.dialect.identifier_preparer.quote(role)
    with engine.begin() as connection:
        for statement in (
            f"GRANT USAGE ON SCHEMA public TO {name}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        ):
            connection.execute(text(statement))
