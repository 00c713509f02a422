"""The fixtures of these tests."""

import pytest

from models.base import db
from tests import factories
from tests.commands.kit import PIN


@pytest.fixture
def clinic(app):
    """A location with a manager and a vaccinator, and a manager of another place."""
    with app.app_context():
        here = factories.location(name="Harbor Clinic", provider_pin=PIN, number="LOC-0001")
        factories.membership("Healthcare Location Manager", factories.user("manager"), location=here)
        factories.membership("Healthcare Provider", factories.user("nurse"), location=here)
        factories.membership("Healthcare Location Manager", factories.user("elsewhere"), location=factories.location())
        factories.membership("State Immunization Staff", factories.user("state"))
        db.session.commit()
        return here.id
