"""No request ends in a fault of ours, whatever it holds: a short round each time, a long one as a soak test."""

import os

import pytest

from models.base import db
from tests import databases
from tests.hostile.crawler import Crawler, HostileWorld
from tests.hostile.through_schema import Calls

SHORT, LONG = 500, 20_000


@pytest.fixture
def world():
    name = f"hostile_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.urandom(3).hex()}"
    world = HostileWorld(databases.copy("console", to=name))
    yield world
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(name)


def crawl(world, count, seed):
    crawler = Crawler(world, seed)
    crawler.run(count)
    assert crawler.found == {}
    assert crawler.answers[200] > count // 10, "nothing was asked that anybody may"
    assert len(crawler.answers) > 5, crawler.answers


def test_every_address_answers_hostile_requests_without_a_fault(world):
    crawl(world, SHORT, seed=1)


def test_the_interface_as_its_own_document_describes_it_has_no_fault(world):
    calls = Calls(world, seed=1)
    calls.run(examples=1)
    assert calls.found == {}
    assert calls.asked > 150, "the document names fewer operations than there are"


@pytest.mark.soak
def test_every_address_answers_hostile_requests_for_long(world):
    for seed in range(2, 6):
        crawl(world, LONG // 4, seed)


@pytest.mark.soak
def test_the_interface_has_no_fault_for_long(world):
    calls = Calls(world, seed=2)
    calls.run(examples=60)
    assert calls.found == {}
