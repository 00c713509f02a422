"""No request ends in a fault of ours, whatever it holds: a short round each time, a long one as a soak test."""

import os

import pytest

from models.base import db
from tests import databases
from tests.hostile.crawler import WHO, Crawler, HostileWorld
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


def ask(world, who, examples, seed):
    calls = Calls(world, who, seed)
    calls.run(examples)
    assert calls.found == {}
    assert calls.asked > 150, "the document names fewer operations than there are"
    assert calls.answers[200] + calls.answers[201] > 0, "nothing was asked that anybody may"


def test_the_interface_as_its_own_document_describes_it_has_no_fault(world):
    ask(world, WHO, examples=1, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 6))
def test_every_address_answers_hostile_requests_for_long(world, seed):
    crawl(world, LONG // 4, seed)


@pytest.mark.soak
@pytest.mark.parametrize("who", WHO)
def test_the_interface_has_no_fault_for_long(world, who):
    ask(world, (who,), examples=20, seed=2)
