"""A console on a PostgreSQL database of its own with row security, and rows of two places: for tests of the wall."""

import os
from types import SimpleNamespace

import pytest

from app.factory import create_app
from models.base import db
from models.recipients import Recipient
from models.scope import Reach, acting
from tests import databases
from tests import factories as make
from tests.conftest import settings_for
from tests.postgres import OWNER, RUNTIME

POSTGRESQL = databases.KIND == "postgresql"


@pytest.fixture(scope="module")
def world():
    name = f"wall_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.urandom(3).hex()}"
    url = databases.copy("console", to=name)
    settings = settings_for(url) | {"DATABASE_POOL_SIZE": 1, "ROW_SECURITY": POSTGRESQL}
    if POSTGRESQL:
        at = databases.cluster().url(name, "{role}").replace("postgresql:", "postgresql+psycopg:")
        settings |= {
            "SQLALCHEMY_DATABASE_URI": at.format(role=RUNTIME),
            "DATABASE_OWNER_URL": at.format(role=OWNER),
        }
    app = create_app(settings)
    done = app.test_cli_runner().invoke(args=["init"])
    assert done.exit_code == 0, done.output
    with app.app_context(), acting(make.SEED):
        here, there = make.location(), make.location()
        rows = {name: [make.AT_PLACE[name](place).id for place in (here, there)] for name in make.AT_PLACE}
        person = db.session.get(Recipient, rows["Recipient"][0])
        make.dose(recipient=person, location=there)
        manager = make.membership("Healthcare Location Manager", make.user("wall.manager"), location=here)
        reaches = {
            "location": Reach("location", manager.user_id, location_id=here.id, organization_id=here.organization_id),
            "organization": Reach("organization", manager.user_id, organization_id=here.organization_id),
            "self": Reach("self", manager.user_id, recipient_ids=(person.id, rows["Recipient"][1])),
            "self of nobody": Reach("self", -1),
            "state": Reach("state", manager.user_id),
            "nobody": None,
        }
        db.session.commit()
        made = SimpleNamespace(app=app, rows=rows, here=here.id, there=there.id, reaches=reaches, person=person.id)
        made.public_id = person.public_id
        db.session.rollback()
    yield made
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(name)


@pytest.fixture(autouse=True)
def context(world):
    with world.app.app_context():
        yield
        db.session.rollback()
