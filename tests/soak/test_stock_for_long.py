"""Every cause that changes stock, two hundred of them in random order and with crashes in between, sixty times."""

import pytest

from tests.test_stock_machine import drive

pytestmark = pytest.mark.soak


@pytest.mark.parametrize("number", range(1, 7))
def test_every_cause_in_any_order_for_long_keeps_the_ledger_whole(app, number):
    drive(app, examples=10, steps=200, number=number)
