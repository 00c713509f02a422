"""The ledger is proved after each test of a module that imports this fixture."""

import pytest

from app.rules import ledger_check
from models.scope import acting
from tests import factories as make


def prove(app):
    """Fails where the ledger of the app's database does not hold."""
    with app.app_context(), acting(make.SEED):
        assert ledger_check.check_ledger()["broken"] == []


@pytest.fixture(autouse=True)
def the_ledger_holds(request):
    """Runs last: what a test has not committed is gone by then."""
    yield
    if "app" in request.fixturenames:
        prove(request.getfixturevalue("app"))
