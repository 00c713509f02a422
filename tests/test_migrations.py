"""The migrations make exactly the tables that the models declare, on whichever database the suite runs."""

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from models.base import db
from models.registry import entities


def test_models_and_migrations_agree(app):
    with app.app_context(), db.engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLite cannot reflect indexes on expressions; they are looked for below
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            one for one in compare_metadata(context, db.metadata) if "uq_ab_user_" not in str(one)
        ]  # fmt: skip
    assert differences == []


def test_names_are_unique_without_regard_to_case(app):
    with app.app_context(), db.engine.connect() as connection:
        query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'uq_ab_user_%_lower'"
        if connection.dialect.name == "postgresql":
            query = "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'uq_ab_user_%_lower'"
        found = [row[0].lower() for row in connection.execute(text(query))]
    assert len(found) == 2 and all("unique" in one and "lower(" in one for one in found)


def test_every_entity_has_its_table(app):
    with app.app_context():
        tables = set(inspect(db.engine).get_table_names())
    assert {entity.__table__.name for entity in entities().values()} <= tables
