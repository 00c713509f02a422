"""How often a page asks the database: bounds for every registered screen, start page and look-up, at many rows.

Whatever is registered is covered without a word. All that a request asks is counted, its fixed cost included: the
session, the user, the memberships, and the history entry of what was shown.
"""

import csv
import datetime as dt
import io
import os
import re

import pytest

from app import access, sessions
from app.fab.interface import CHUNK
from models.base import db
from tests import databases
from tests.crowded_world import TOGETHER, CrowdedWorld
from tests.screen_world import Queries
from tests.test_access import pages
from views.words import describe

LIST, SHOW, START, LOOK_UP, FIXED = 8, 12, 12, 5, 3
EXPORT = 3  # the keys, whether there are more, and the history
PAGE = 25  # rows of a full page

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def world():
    name = f"crowd_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.urandom(3).hex()}"
    world = CrowdedWorld(databases.copy("console", to=name))
    world.gather()
    yield world
    with world.app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(name)


@pytest.fixture(scope="module", autouse=True)
def nobody_is_seen_anew():
    """Once a minute a session notes that it was used: a slow machine must not count that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "TOUCH_AFTER", dt.timedelta(days=1))
        yield


@pytest.fixture(scope="module")
def browsers(world):
    """A browser of each profile, which has been at its start page."""
    found = {profile: world.browser(profile) for profile in access.profiles()}
    for browser in found.values():
        assert browser.get("/start/").status_code == 200
    return found


def asked(world, ask):
    """The statements of a request, and its answer."""
    with Queries(world) as seen:
        answer = ask()
    assert answer.status_code == 200, (answer.status_code, answer.text[:300])
    return seen, answer


def beyond(found, bound):
    """Those pages that ask more than the bound, with what they ask."""
    return {page: (len(seen), seen) for page, seen in found.items() if len(seen) > bound}


def seen_by(world, browsers):
    """(screen, profile, browser) of who may do most with each screen's rows, for each kind of reach."""
    for view in world.screens():
        name = view.entity.__name__
        by_kind = {}
        for profile in sorted(browsers, key=lambda profile: len(access.verbs_of(profile, name))):
            if access.may(profile, name, "see"):
                by_kind[access.reach_of(profile)] = profile
        for profile in by_kind.values():
            yield view, profile, browsers[profile]


def test_a_list_asks_at_most_eight_times_whatever_it_shows(world, browsers):
    found, longest = {}, {}
    for view, profile, browser in seen_by(world, browsers):
        page = f"{view.route_base}/list/"
        found[profile, page], answer = asked(world, lambda b=browser, p=page: b.get(p))
        shown = answer.text.count('<th scope="row"')
        longest[view.entity.__name__] = max(longest.get(view.entity.__name__, 0), shown)
    assert beyond(found, LIST) == {}
    assert {name: n for name, n in longest.items() if n < PAGE} == {}, "these lists are too short to prove anything"


def test_an_export_asks_once_for_its_rows_and_once_for_each_relation_it_names(world, browsers):
    """For some hundred rows at a time; and of a row no column is read that the file does not hold."""
    found, longest = {}, 0
    for view, profile, browser in seen_by(world, browsers):
        if not access.may(profile, view.entity.__name__, "export"):
            continue
        seen, answer = asked(world, lambda b=browser, v=view: _whole(b.get(f"{v.route_base}/export/csv")))
        relations = {path for name in view.export_columns for path in _relations(view.entity, name)}
        rows = sum(1 for _row in csv.reader(io.StringIO(answer.text))) - 1
        found[profile, view.entity.__name__] = (
            len(seen) - FIXED - EXPORT - -(-rows // CHUNK) * (1 + len(relations)),
            seen,
        )
        longest = max(longest, rows)
        if view.entity.__name__ == "Dose":
            assert not any("override_reason" in one for one in seen)
    assert {page: more for page, more in found.items() if more[0] > 0} == {}
    assert longest > PAGE, "too short to prove anything"


def _whole(answer):
    answer.get_data()
    return answer


def _relations(entity, path):
    """The relations on a column's way: lot.vaccine.name goes through two."""
    names = path.split(".")
    for n in range(1, len(names) + 1):
        if describe(entity, ".".join(names[:n])).relation is not None:
            yield ".".join(names[:n])


def test_a_record_asks_at_most_twelve_times_with_all_that_stands_below_it(world, browsers):
    found, opened, below = {}, set(), {}
    for view, profile, browser in seen_by(world, browsers):
        page = f"{view.route_base}/show/{world.keys[view.entity.__name__]}"
        with Queries(world) as seen:
            answer = browser.get(page)
        if answer.status_code == 200:
            found[profile, page] = seen
            opened.add(view)
            below[view] = max(below.get(view, 0), answer.text.count('<th scope="row"'))
    assert opened == set(world.screens())
    assert [view for view in opened if below[view] < TOGETHER * len(view.related)] == [], "too short to prove anything"
    assert beyond(found, SHOW) == {}


def test_a_start_page_asks_at_most_twelve_times(world, browsers):
    found = {profile: asked(world, lambda b=browser: b.get("/start/"))[0] for profile, browser in browsers.items()}
    assert beyond(found, START) == {}


def test_a_look_up_asks_at_most_five_times(world, browsers):
    found, answered = {}, 0
    for view, profile, browser in seen_by(world, browsers):
        columns = {*view.search_columns, *view.personal_search_columns}
        columns |= set(view.add_columns) if access.may(profile, view.entity.__name__, "add") else set()
        for column in columns:
            if describe(view.entity, column).relation is not None:
                page = f"{view.route_base}/look-up/{column}"
                found[profile, page], answer = asked(world, lambda b=browser, p=page: b.send(p, {"q": ""}))
                answered += len(answer.json["results"]) >= TOGETHER
    assert beyond(found, LOOK_UP) == {}
    assert answered, "no look-up found anything"


def test_a_form_asks_at_most_eight_times_whatever_its_relations(world, browsers):
    found = {}
    for view, profile, browser in seen_by(world, browsers):
        for verb, path in (("add", "add"), ("edit", f"edit/{world.keys[view.entity.__name__]}")):
            if getattr(view, f"{verb}_columns") and access.may(profile, view.entity.__name__, verb):
                page = f"{view.route_base}/{path}"
                found[profile, page], _answer = asked(world, lambda b=browser, p=page: b.get(p))
    assert beyond(found, LIST) == {}


def test_pages_made_by_hand_ask_at_most_twelve_times(world, browsers):
    values = {"public_id": world.ids.public_id}
    found = {}
    for rule, method, entity, verb in pages(world.app):
        if method != "GET" or not set(rule.arguments) <= set(values):
            continue
        page = world.app.url_map.bind("localhost").build(rule.endpoint, {name: values[name] for name in rule.arguments})
        for profile, browser in browsers.items():
            if access.may(profile, entity, verb):
                with Queries(world) as seen:
                    answer = browser.get(page)
                if answer.status_code == 200:
                    found[profile, page] = seen
    assert {page for _profile, page in found} >= {"/find/", f"/dose/person/{world.ids.public_id}"}
    assert beyond(found, SHOW) == {}


def test_a_request_itself_asks_three_times(world, browsers):
    """The session, the user and the memberships: what every page costs before it shows anything."""
    for profile, browser in browsers.items():
        with Queries(world) as seen:
            assert browser.get("/").status_code == 302
        assert len(seen) == FIXED, (profile, seen)


def test_a_place_lists_and_counts_its_people_without_walking_through_everybody_elses(world, browsers):
    """Asked row by row whether it is linked, each person of the state would be read for a page of one clinic."""
    for profile in ("Healthcare Location Manager", "Organization Portal"):
        for page in ("/recipient/list/", "/start/"):
            seen, _answer = asked(world, lambda b=browsers[profile], p=page: b.get(p))
            counts = [one for one in seen if "FROM recipient" in one and ("count(" in one or "LIMIT" in one)]
            assert counts, (profile, page)
            assert [one for one in counts if not begins_with_links(one)] == []


def begins_with_links(statement):
    """It narrows the people by the links of one side first, or counts these links and names no people at all."""
    if re.search(r"\brecipient\b", statement):
        return "recipient.id IN (SELECT recipient_link.recipient_id" in statement
    return re.search(r"recipient_link\.(location|organization)_id IN", statement) is not None
