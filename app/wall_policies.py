"""The second wall as PostgreSQL keeps it: a policy for each table, made of the scope that its entity declares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, false, literal_column, or_, select, text, true
from sqlalchemy.dialects import postgresql

from app.row_access import scope_of
from models.registry import entities
from models.scope import Reach, one_way

# What `app.wall` says in the setting wall.reach, word by word; NULL or "" where nothing is said.
FUNCTIONS = {
    "wall_how": ("text", "split_part(current_setting('wall.reach', true), ' ', 1)"),
    "wall_kind": ("text", "split_part(current_setting('wall.reach', true), ' ', 2)"),
    "wall_location": ("bigint", "nullif(split_part(current_setting('wall.reach', true), ' ', 3), '')::bigint"),
    "wall_organization": ("bigint", "nullif(split_part(current_setting('wall.reach', true), ' ', 4), '')::bigint"),
    "wall_user": ("bigint", "nullif(split_part(current_setting('wall.reach', true), ' ', 5), '')::bigint"),
    "wall_recipients": ("bigint[]", "nullif(split_part(current_setting('wall.reach', true), ' ', 6), '')::bigint[]"),
}
KINDS = ("location", "organization", "self")
POLICIES = ("wall_see", "wall_add", "wall_change", "wall_remove")
HOW, KIND = "(SELECT wall_how())", "(SELECT wall_kind())"  # a subquery is asked once a statement, not once a row


def _asked(function: str) -> Any:
    return literal_column(f"(SELECT {function}())", BigInteger)


def _reach(kind: str) -> Reach:
    """A reach whose keys are what PostgreSQL was told."""
    mine: Any = select(literal_column("unnest(wall_recipients())", BigInteger))
    return Reach(
        kind, user_id=_asked("wall_user"), location_id=_asked("wall_location"),
        organization_id=_asked("wall_organization"), recipient_ids=mine,
    )  # fmt: skip


@dataclass
class Policy:
    """What one table's policies say, and the functions that they ask."""

    table: str
    sees: str
    makes: str
    functions: dict[str, str] = field(default_factory=dict)

    def statements(self) -> Iterator[str]:
        """The policies: who sees, adds, changes and removes which rows."""
        sees = f"{HOW} = 'all' OR {self.sees}"
        makes = f"{HOW} = 'all' OR ({HOW} = 'kept' AND ({self.makes})) OR ({HOW} = 'own' AND ({self.sees}))"
        yield f"CREATE POLICY wall_see ON {self.table} FOR SELECT USING ({HOW} = 'kept' OR {sees})"
        yield f"CREATE POLICY wall_add ON {self.table} FOR INSERT WITH CHECK ({makes})"
        yield f"CREATE POLICY wall_change ON {self.table} FOR UPDATE USING ({sees}) WITH CHECK ({makes})"
        yield f"CREATE POLICY wall_remove ON {self.table} FOR DELETE USING ({sees})"

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
    scope, table = scope_of(entity), entity.__table__.name
    made = Policy(table, "", "")
    if scope.open_to_all:
        made.sees = made.makes = f"{KIND} <> ''"
        return made
    sees, makes = [], [f"{KIND} = 'state'"]
    if scope.state:
        sees.append(f"{KIND} = 'state'")
    for kind in KINDS:
        ways = [_way(entity, one, kind, made.functions) for one in scope.ways_of(kind)]
        if ways:
            sees.append(f"({KIND} = '{kind}' AND ({' OR '.join(ways)}))")
        named = [one_way(entity, column, _reach(kind)) for column in scope.columns_of(kind)]
        makes.append(f"({KIND} = '{kind}' AND ({_words(entity, or_(false(), *named) if named else true())}))")
    made.sees, made.makes = " OR ".join(sees) or "false", " OR ".join(makes)
    return made


def _way(entity: Any, way: Any, kind: str, functions: dict[str, str]) -> str:
    """One way as SQL. A relation is asked through a function: policies that name each other's tables run in circles."""
    if callable(way) or "." not in way:
        return _words(entity, one_way(entity, way, _reach(kind)))
    relation, column = way.split(".")
    related = getattr(entity, relation).property
    target, local = related.mapper.class_.__table__.name, next(iter(related.local_columns)).name
    name = f"wall_{target}_of_{column}"
    keys = f"SELECT array(SELECT id FROM public.{target} AS one WHERE one.{column} = key)"  # noqa: S608 - our own names
    functions[name] = _function(f"{name}(key bigint)", "bigint[]", keys)
    key = {"location": "wall_location", "organization": "wall_organization"}[kind]
    return f"{entity.__table__.name}.{local} = ANY ((SELECT {name}({key}()))::bigint[])"


def _words(entity: Any, condition: Any) -> str:
    """A condition as SQL; its subqueries know the table that it is about."""
    query = select(literal_column("1")).select_from(entity.__table__).where(condition)
    written = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return " ".join(str(written).split("WHERE", 1)[1].split())


def _function(head: str, answers: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {head} RETURNS {answers} LANGUAGE sql STABLE AS $wall${body}$wall$"


def _escaped(statement: str) -> str:
    return statement.replace(":", "\\:")  # a colon would begin the name of a value


def build(engine: Engine) -> int:
    """Brings every table's policy up to date, as the owner; how many were changed."""
    with engine.begin() as connection:
        standing, changed = _standing(connection), 0
        for name, (answers, body) in FUNCTIONS.items():
            connection.execute(text(_escaped(_function(f"{name}()", answers, f"SELECT {body}"))))
        for table, policy in policies().items():
            if standing.get(table) == policy.digest():
                continue
            changed += 1
            for statement in (*policy.functions.values(), *_tear(table), *policy.statements(), *_raise(table, policy)):
                connection.execute(text(_escaped(statement)))
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
