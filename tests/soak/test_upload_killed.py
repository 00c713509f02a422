"""A worker killed with -9 at ten points of a file of 5,000: taken up again, nobody lost, nobody entered twice."""

import random

import pytest

from tests.bulk_upload.sending import act
from tests.soak.long_file import assert_all_are_there_once, sent
from tests.upload_commit.killing import finished, killed_after

pytestmark = pytest.mark.soak


def test_a_worker_killed_ten_times_loses_nobody_and_enters_nobody_twice(app, client, database_url):
    manager, where, key = sent(app, client)
    chance = random.Random(1)
    killed = sum(killed_after(app, database_url, key, chance.randrange(1, 1_500)) for _ in range(4))
    assert finished(app, database_url, key, "reviewed")
    act(manager, where, "enter")
    killed += sum(killed_after(app, database_url, key, chance.randrange(1, 1_200)) for _ in range(6))
    assert finished(app, database_url, key, "committed")
    assert killed >= 4, "hardly anybody was killed while at work"
    assert_all_are_there_once(app)
