"""The fixtures of these tests."""

import pytest

from models.base import db
from models.scope import Reach, acting
from tests import factories as make


@pytest.fixture
def clinic(app):
    """A location, and the reach of its manager, in force."""
    with app.test_request_context():
        place = make.location()
        user = make.user()
        db.session.commit()
        by = Reach("location", user_id=user.id, profile="Healthcare Location Manager", location_id=place.id)
        with acting(by):
            yield by
        db.session.rollback()
