"""The fixtures of these tests."""

import pytest

from tests.history_chain.kit import EACH, PLACES, write


@pytest.fixture
def written(app):
    """Entries of two places and of the state, in an app context."""
    with app.app_context():
        write(n=2)
        for _turn in range(EACH):
            for place in PLACES:
                write(place)
        yield app
