"""A clinic and its manager, who sends files."""

import pytest

from models.base import db
from tests import factories as make
from tests.bulk_upload.sending import MANAGER, signed_in


@pytest.fixture
def clinic(app):
    """The key of a clinic."""
    with app.app_context():
        key = make.location(name="Clinic of the test").id
        db.session.commit()
    return key


@pytest.fixture
def manager(app, client, clinic):
    """A browser of the clinic's manager."""
    return signed_in(app, client, MANAGER, location_id=clinic)
