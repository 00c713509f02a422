"""Rows written once: inserted, never updated or deleted."""

from typing import Any

from sqlalchemy import DDL, event

from models.base import Entity

FORBID = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME; END $$ LANGUAGE plpgsql
"""


class Ink(Entity):
    """An entity whose rows are facts of the past."""

    __abstract__ = True


class WrittenOnce(Exception):
    """Somebody tried to change a row that is written once: a mistake in code, never a user's."""


def _refuse(_mapper: Any, _connection: Any, row: Any) -> None:
    raise WrittenOnce(type(row).__name__)


event.listen(Ink, "before_update", _refuse, propagate=True)
event.listen(Ink, "before_delete", _refuse, propagate=True)


def trigger_statements(table: str, dialect: str) -> list[str]:
    """The statements by which the database itself refuses to change `table`."""
    if dialect == "postgresql":
        return [
            FORBID,
            f"CREATE TRIGGER {table}_ink BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        ]
    return [
        f"CREATE TRIGGER {table}_ink_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


__all__ = ["DDL", "Ink", "WrittenOnce", "trigger_statements"]
