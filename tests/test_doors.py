"""Every door of every screen and API, tried at another's rows by someone to whom every verb is granted.

The doors are read from the URL map and the registered views, so that a new view is tried without a
word here. Verbs are all granted on purpose: what is left is the scope of each entity alone.
"""

import json

import pytest
from sqlalchemy import inspect, select

from app import access
from models.applications import Application, Section
from models.base import Entity, db
from models.doses import Dose
from models.people import PortalUser
from models.recipients import Recipient
from models.registry import entities
from models.scope import acting
from tests import factories as make

MARK = "Wilmington-forbidden"
EVERYONE = {"Vaccine", "Lot", "PriorityGroup", "ProgramRule", "StorageTime"}
# Doors with a parameter that is no row of an entity: what each is, and which test walks it.
OTHER_DOORS = {
    "Front", "LocaleView", "UtilView", "OpenApi", "SwaggerView", "SecurityApi", "MenuApi", "SignInView",
    "PlaceView", "StartView", "LinkDoor", "SessionView", "Enroll", "Joining", "Welcome", "static", "appbuilder",
    "AskAccess",
}  # fmt: skip
PERSON_DOORS = {
    "RecipientFind", "DoseAdministration", "WalkIn", "ProofPrinting", "Verification", "MyVaccinations",
    "CheckInQueue", "BulkUpload", "MySections", "SectionSteps", "SectionPaper", "VersionPaper", "AgreementSigning",
    "AgreementPapers", "SignedCopy", "ReviewQueue", "MyApplications", "ApplicationReview", "OnboardingUpload",
    "Lapsing", "RedcapUpload", "ShipmentsUpload",
}  # fmt: skip

pytestmark = pytest.mark.shared_data

PERSON_DOORS |= {"PaperPack"}  # asks for a number alone; the place is the one in force
OTHER_DOORS |= {"AccountPage", "DoorPage", "NcidPage"}  # the ways in, and one's own account


class Sides:
    """Two places, each with a row of every entity; the other side's words all carry the mark."""

    def __init__(self):
        self.here, self.there = make.location(), make.location()
        self.mine = {name: make.AT_PLACE[name](self.here) for name in make.AT_PLACE}
        self.theirs = {name: make.AT_PLACE[name](self.there) for name in make.AT_PLACE if name not in EVERYONE}
        mark_all(self.there)
        self.me = make.user("everything")
        self.memberships = {
            "location": make.membership("Healthcare Location Manager", self.me, location=self.here),
            "organization": make.membership("Organization Administrator", self.me, organization=self.here.organization),
            "self": make.membership("Recipient", self.me, recipient=self.mine["Recipient"]),
        }
        self.keys = {kind: row.id for kind, row in self.memberships.items()}
        self.their_keys = {name: row.id for name, row in self.theirs.items()}
        self.my_keys = {name: row.id for name, row in self.mine.items()}
        self.there_key = self.there.id


def mark_all(there):
    """Puts the mark into the words of the other side: names, files, addresses."""
    with acting(make.SEED):
        there.name = there.organization.name = MARK
        people = db.session.scalars(select(Recipient)).all()
        for person in people:
            links = db.session.scalars(
                select(make.RecipientLink).where(make.RecipientLink.recipient_id == person.id)
            ).all()
            doses = db.session.scalars(select(Dose.location_id).where(Dose.recipient_id == person.id)).all()
            if any(link.location_id == there.id for link in links) or there.id in doses:
                person.last_name = MARK
        for entity, column in (
            ("Upload", "file_name"),
            ("StorageUnit", "name"),
            ("Shipment", "number"),
            ("Notice", "problem"),
        ):
            cls = entities()[entity]
            for row in db.session.scalars(select(cls).where(cls.location_id == there.id)):
                setattr(row, column, f"{MARK}-{row.id}")
        for application in db.session.scalars(
            select(Application).where(Application.organization_id == there.organization_id)
        ):
            application.organization_name = MARK
        for section in db.session.scalars(select(Section).where(Section.location_id == there.id)):
            section.name = MARK
        colleagues = select(make.Membership.user_id).where(make.Membership.location_id == there.id)
        for user in db.session.scalars(select(PortalUser).where(PortalUser.id.in_(colleagues))):
            user.last_name, user.username = MARK, f"{MARK}-{user.id}".lower()
        db.session.flush()


@pytest.fixture(scope="module")
def sides(app):
    with app.app_context():
        made = Sides()
        db.session.commit()
        db.session.expunge_all()
    return made


@pytest.fixture
def all_verbs(app, monkeypatch):
    """Every verb granted: no test below passes because a verb is missing."""
    monkeypatch.setattr(access, "verbs_of", lambda profile, entity: access.table().known_verbs)
    everything = {profile: [[".*", ".*"]] for profile in access.profiles()}
    monkeypatch.setattr(app.appbuilder.sm, "_builtin_roles", everything)
    monkeypatch.setattr(app.appbuilder.menu, "made", {}, raising=False)  # no menu made meanwhile is kept
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture(params=["location", "organization", "self"])
def browser(request, app, sides, all_verbs):
    """Someone signed in at this side, with each kind of reach."""
    client = app.test_client()
    assert client.post("/login/", data={"username": "everything", "password": make.PASSWORD}).status_code == 302
    place = str(sides.keys[request.param])
    client.post("/place/switch", data={"membership_id": place})
    client.place, client.kind = place, request.param
    return client


def screens(app):
    return [view for view in app.appbuilder.baseviews if hasattr(view, "entity") and hasattr(view, "list_columns")]


def apis(app):
    return [view for view in app.appbuilder.baseviews if hasattr(view, "screen") and view.screen is not None]


def unmarked(answer):
    assert answer.status_code < 500, answer.status_code
    assert MARK.lower() not in answer.get_data(as_text=True).lower()
    return answer


def snapshot(app):
    """Every stored row of the other side, to see that nothing changed."""
    with app.app_context(), acting(make.SEED):
        found = {}
        for name, entity in entities().items():
            if name == "History":
                continue
            columns = [attribute.key for attribute in inspect(entity).column_attrs]
            found[name] = {
                row.id: {key: getattr(row, key) for key in columns if key not in ("login_count", "last_login")}
                for row in db.session.scalars(select(entity))
            }
        return found


def post(client, path, data=None, **more):
    return client.post(path, data={"_place": client.place, **(data or {})}, **more)


def call(client, method, path, body=None):
    return client.open(path, method=method, json=body, headers={"X-Place": client.place})


def test_lists_counts_exports_searches_and_orders_show_only_this_side(app, sides, browser):
    for view in screens(app):
        base = view.route_base
        unmarked(browser.get(f"{base}/list/?psize_{view.__class__.__name__}=100000&page_{view.__class__.__name__}=0"))
        for column in view.search_columns:
            unmarked(browser.get(f"{base}/list/?_flt_0_{column}={sides.there_key}"))
        for column in ("created_by.password", "location.name"):
            query = f"_oc_{view.__class__.__name__}={column}&_od_{view.__class__.__name__}=asc"
            unmarked(browser.get(f"{base}/list/?{query}"))
        for kind in ("csv", "xlsx"):
            answer = browser.get(f"{base}/export/{kind}")
            assert answer.status_code in (200, 404), (base, answer.status_code)
            body = answer.get_data()  # read to its end: it is streamed
            assert kind == "xlsx" or MARK.encode() not in body
        unmarked(
            post(browser, f"{base}/search", dict.fromkeys(view.personal_search_columns, MARK), follow_redirects=True)
        )


def test_a_row_of_the_other_side_is_not_found_by_any_door(app, sides, browser):
    before = snapshot(app)
    for view in screens(app):
        name = view.entity.__name__
        if name not in sides.their_keys:
            continue
        key, base = sides.their_keys[name], view.route_base
        assert unmarked(browser.get(f"{base}/show/{key}")).status_code == 404, name
        assert unmarked(post(browser, f"{base}/delete/{key}")).status_code in (404, 405), name
        if view.edit_columns:
            assert unmarked(browser.get(f"{base}/edit/{key}")).status_code == 404, name
            assert unmarked(post(browser, f"{base}/edit/{key}", {"row_version": 1})).status_code == 404, name
        for rule in view.rules:
            assert unmarked(post(browser, f"{base}/action/{rule}/{key}", {"_answered": "1"})).status_code == 404, name
            both = {"action": rule, "rowid": [str(sides.my_keys[name]), str(key)]}
            assert unmarked(post(browser, f"{base}/action_post", both)).status_code == 404, name
    assert snapshot(app) == before


def test_choices_of_forms_offer_only_this_side(app, sides, browser):
    for view in screens(app):
        relations = view.entity.__mapper__.relationships
        for field in {*view.add_columns, *view.edit_columns, *view.search_columns} & set(relations.keys()):
            for typed in ("", "Wilm"):
                answer = post(browser, f"{view.route_base}/look-up/{field}", {"q": typed})
                if field not in ("employer", "to_location"):  # named exceptions
                    unmarked(answer)
        if view.add_columns and "to_location" not in view.add_columns:
            unmarked(browser.get(f"{view.route_base}/add"))


def test_related_lists_of_an_own_row_show_only_this_side(app, sides, browser):
    for view in screens(app):
        answer = browser.get(f"{view.route_base}/show/{sides.my_keys[view.entity.__name__]}")
        unmarked(answer)


def forged(view, sides):
    """A form filled with whatever fits, every relation pointing at the other side."""
    values = {"row_version": "1"}
    for name in view.add_columns:
        relation = view.entity.__mapper__.relationships.get(name)
        if relation is not None:
            target = relation.mapper.class_.__name__
            values[name] = str(sides.their_keys.get(target) or sides.my_keys[target])
        else:
            column = view.entity.__mapper__.columns[name]
            values[name] = {"DATE": "2026-01-01", "INTEGER": "5", "BIGINT": "5"}.get(str(column.type), "forged1")
    return values


def test_nothing_can_be_made_that_points_at_the_other_side(app, sides, browser):
    for view in screens(app):
        related = [name for name in view.add_columns if name in view.entity.__mapper__.relationships]
        if not related or view.entity.__name__ in ("Lot", "Transfer"):
            continue
        before = snapshot(app)[view.entity.__name__]
        unmarked(post(browser, f"{view.route_base}/add", forged(view, sides)))
        values = forged(view, sides)
        values["location"] = str(sides.there_key)
        unmarked(post(browser, f"{view.route_base}/add?_flt_0_location={sides.there_key}", values))
        assert snapshot(app)[view.entity.__name__] == before, view.entity.__name__


def test_the_api_keeps_to_this_side(app, sides, browser):
    before = snapshot(app)
    for api in apis(app):
        name, base = api.screen.entity.__name__, f"/api/v1/{api.resource_name}"
        unmarked(browser.get(f"{base}/"))
        unmarked(browser.get(f"{base}/_info"))
        for column in api.search_columns or []:
            query = json.dumps({"filters": [{"col": column, "opr": "eq", "value": sides.there_key}]})
            unmarked(browser.get(f"{base}/", query_string={"q": query}))
        unmarked(browser.get(f"{base}/?q=(order_column:location.name,order_direction:asc,page_size:100000)"))
        if name not in sides.their_keys:
            continue
        key = sides.their_keys[name]
        assert unmarked(browser.get(f"{base}/{key}")).status_code == 404, name
        for method in ("PUT", "DELETE"):
            assert unmarked(call(browser, method, f"{base}/{key}", {})).status_code in (404, 405), (method, name)
        if api.screen.add_columns:
            body = forged(api.screen, sides)
            body.pop("row_version")
            unmarked(call(browser, "POST", f"{base}/", body))
            nested = {relation: {"id": 777, "name": "made by nesting"} for relation in body}
            unmarked(call(browser, "POST", f"{base}/", nested))
    after = snapshot(app)
    for name, rows in before.items():
        their = sides.their_keys.get(name)
        assert after[name].get(their) == rows.get(their), name
        if issubclass(entities()[name], Entity) and "location_id" in entities()[name].__mapper__.columns:
            fresh = [row for key, row in after[name].items() if key not in rows]
            assert all(row["location_id"] != sides.there_key for row in fresh), name


def test_downloads_of_the_framework_are_closed(app):
    assert not [rule for rule in app.url_map.iter_rules() if "download" in rule.endpoint]


def test_every_view_has_a_policy_that_is_tried(app):
    """A view that is neither a screen, an API of one, nor named above has no policy: the build fails."""
    known = OTHER_DOORS | PERSON_DOORS | {type(view).__name__ for view in (*screens(app), *apis(app))}
    unknown = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules()} - known
    assert unknown == set()
    for view in screens(app):
        assert view.entity.scope is not None


def test_every_entity_has_a_screen_and_an_api(app):
    assert {view.entity.__name__ for view in screens(app)} == set(entities())
    assert {api.screen.entity.__name__ for api in apis(app)} == set(entities())
