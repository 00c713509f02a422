"""The migrations make exactly the tables that the models declare, on whichever database the suite runs."""

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from app.factory import create_app
from models.base import db
from models.registry import entities
from models.scope import acting
from tests import databases
from tests import factories as make
from tests.conftest import settings_for

STOCK = ("inventory_item", "stock_movement", "lot", "location")


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


def test_a_table_that_others_point_at_is_made_anew_with_its_rows(own_database):
    """SQLite makes a table anew to change it; the rows that point at it must neither stop that nor be lost."""
    url = own_database()
    app = create_app(settings_for(url))
    with app.app_context(), acting(make.SEED):
        make.stock(make.location(), doses=7)
        db.session.commit()
        counts = [db.session.scalar(text(f"SELECT count(*) FROM {table}")) for table in STOCK]
        db.session.remove()
        db.engine.dispose()
    for command in ("downgrade", "upgrade"):
        databases.flask(url, "db", command, *(["0018"] if command == "downgrade" else []))
    databases.flask(url, "init")
    with app.app_context(), acting(make.SEED):
        assert [db.session.scalar(text(f"SELECT count(*) FROM {table}")) for table in STOCK] == counts
        assert min(counts) > 0
        db.session.remove()
        db.engine.dispose()


def test_every_entity_has_its_table(app):
    with app.app_context():
        tables = set(inspect(db.engine).get_table_names())
    assert {entity.__table__.name for entity in entities().values()} <= tables
