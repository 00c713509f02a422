"""`access.md`, walked through HTTP: what it grants is open, the rest is shut, and the menu says the same."""

import re

import pytest
from werkzeug.routing.converters import AnyConverter, NumberConverter

from app import access
from models.base import db
from models.registry import entities
from tests import factories as make

REFUSED = {403}

pytestmark = pytest.mark.shared_data


class World:
    """One place with a row of every entity, and someone of each profile."""

    def __init__(self):
        place = make.location()
        self.keys = {name: make.AT_PLACE[name](place).id for name in make.AT_PLACE}
        person = make.recipient(at=place)
        sides = {"location": {"location": place}, "organization": {"organization": place.organization},
                 "self": {"recipient": person}, "state": {}}  # fmt: skip
        self.people = {}
        for profile in access.profiles():
            membership = make.membership(profile, **sides[access.reach_of(profile)])
            self.people[profile] = (membership.user.username, membership.id)


@pytest.fixture(scope="module")
def world(app):
    with app.app_context():
        made = World()
        db.session.commit()
    return made


@pytest.fixture(params=access.profiles())
def browser(request, app, world, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    username, place = world.people[request.param]
    client = app.test_client()
    assert client.post("/login/", data={"username": username, "password": make.PASSWORD}).status_code == 302
    client.profile, client.place = request.param, str(place)
    return client


def screens(app):
    return [view for view in app.appbuilder.baseviews if hasattr(view, "entity") and hasattr(view, "list_columns")]


def apis(app):
    return [view for view in app.appbuilder.baseviews if getattr(view, "screen", None) is not None]


def pages(app):
    """(path rule, method, entity, verb) of every route made by hand that is not open to everyone."""
    views = {view.endpoint: view for view in app.appbuilder.baseviews if hasattr(view, "endpoint")}
    for rule in app.url_map.iter_rules():
        view = views.get(rule.endpoint.split(".")[0])
        asks = getattr(getattr(view, rule.endpoint.split(".")[-1], None), "asks_for", None)
        if asks is None or asks == ("", ""):
            continue
        entity, verb = asks
        for method in sorted(rule.methods & {"GET", "POST"}):
            yield rule, method, entity or type(view).entity.__name__, verb


def something_for(converter):
    """A value that fits the address, and names nothing there is."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 987654321 if isinstance(converter, NumberConverter) else "none"


def agrees(client, answer, entity, verb, door):
    may = access.may(client.profile, entity, verb)
    assert answer.status_code < 500, (door, answer.status_code)
    assert (answer.status_code not in REFUSED) is may, (client.profile, door, verb, answer.status_code)


def test_screens_open_exactly_for_whom_the_table_names(app, world, browser):
    for view in screens(app):
        name, base = view.entity.__name__, view.route_base
        key = world.keys[name]
        agrees(browser, browser.get(f"{base}/list/"), name, "see", f"{base}/list/")
        if view.add_columns:
            agrees(browser, browser.get(f"{base}/add"), name, "add", f"{base}/add")
        if view.edit_columns:
            agrees(browser, browser.get(f"{base}/edit/{key}"), name, "edit", f"{base}/edit")
        export = browser.get(f"{base}/export/csv")
        export.get_data()
        agrees(browser, export, name, "export", f"{base}/export/csv")
        removed = browser.post(f"{base}/delete/987654321", data={"_place": browser.place})
        agrees(browser, removed, name, "remove", f"{base}/delete")
        for act in view.rules:
            answer = browser.post(f"{base}/action/{act}/987654321", data={"_place": browser.place})
            agrees(browser, answer, name, act, f"{base}/action/{act}")


def test_apis_open_exactly_for_whom_the_table_names(app, browser):
    headers = {"X-Place": browser.place}
    for api in apis(app):
        name, base = api.screen.entity.__name__, f"/api/v1/{api.resource_name}"
        agrees(browser, browser.get(f"{base}/"), name, "see", base)
        agrees(browser, browser.get(f"{base}/_info"), name, "see", f"{base}/_info")
        if api.screen.add_columns:
            agrees(browser, browser.post(f"{base}/", json={}, headers=headers), name, "add", base)
        if api.screen.edit_columns:
            agrees(browser, browser.put(f"{base}/987654321", json={}, headers=headers), name, "edit", base)


def test_pages_made_by_hand_open_exactly_for_whom_the_table_names(app, browser):
    for rule, method, entity, verb in pages(app):
        values = {name: something_for(rule._converters[name]) for name in rule.arguments}
        path = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
        answer = browser.open(path, method=method, data={"_place": browser.place} if method == "POST" else None)
        agrees(browser, answer, entity, verb, f"{method} {rule}")


def test_the_menu_shows_exactly_what_may_be_seen(app, browser):
    page = browser.get("/start/").get_data(as_text=True)
    nav = page[page.index("<nav") : page.index("</nav>")]
    shown = set(re.findall(r'href="(/[^"]+)"', nav))
    for view in screens(app):
        if view.menu is not None:
            here = f"{view.route_base}/list/" in shown
            assert here is access.may(browser.profile, view.entity.__name__, "see"), (browser.profile, view.route_base)


def test_every_verb_that_is_granted_has_a_door(app):
    """A verb nobody can use is a mistake in the table."""
    doors = {(entity, verb) for _rule, _method, entity, verb in pages(app)}
    for view in screens(app):
        name = view.entity.__name__
        doors |= {(name, "see"), (name, "export"), *((name, act) for act in view.rules)}
        doors |= {(name, "add")} if view.add_columns else set()
        doors |= {(name, "edit")} if view.edit_columns else set()
    for page in app.appbuilder.baseviews:  # buttons of the generic kinds: a queue's acts, a review's decisions
        rules = (*getattr(page, "acts", ()), *getattr(page, "decisions", ()), getattr(page, "sends", None))
        doors |= {(page.entity.__name__, rule.__name__) for rule in rules if rule is not None}
    granted = {(entity, verb) for (_profile, entity), verbs in access.table().verbs.items() for verb in verbs}
    assert granted - doors == set()


def test_strangers_see_nothing_but_the_public_pages(app, client):
    for view in screens(app):
        assert client.get(f"{view.route_base}/list/").status_code in (302, 401), view.route_base
    for api in apis(app):
        assert client.get(f"/api/v1/{api.resource_name}/").status_code == 401
    for rule, method, _entity, _verb in pages(app):
        if method == "GET" and not rule.arguments:
            assert client.get(str(rule)).status_code in (302, 403)


def test_every_profile_has_a_start_page_whose_links_lead_somewhere(app, world, monkeypatch):
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    for profile, (username, _place) in world.people.items():
        client = app.test_client()
        client.post("/login/", data={"username": username, "password": make.PASSWORD})
        answer = client.get("/start/")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200, (profile, answer.status_code, page[-500:])
        main = page[page.index("<main") : page.index("</main>")]
        links = set(re.findall(r'href="(/[^"#]+)"', main))
        assert links or profile in ("Help Desk",), profile
        for link in links:
            assert client.get(link, follow_redirects=True).status_code == 200, (profile, link)


def test_the_table_names_every_entity_there_is():
    for profile in access.profiles():
        assert {entity for who, entity in access.table().verbs if who == profile} == set(entities())
