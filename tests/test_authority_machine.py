"""No sequence of requests gains a right: random ones by everybody, by every door, and after each the rights compared.

What each profile may grant is read from `access.md`, as written there; what is compared is what the database holds.
"""

import io
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from app import access
from app.rules import clock
from app.uploads.onboarding import ONBOARDING
from models.access_requests import AccessRequest
from models.base import db
from models.enrollment import Location
from models.history import History
from models.people import AT_A_LOCATION, PROFILES, Membership, PortalUser
from models.scope import acting
from tests import factories as make
from tests.screen_world import SYSTEM, open_world
from tests.uploads_kit import csv_of

STARTING = (
    "State Administrator", "State Immunization Staff", "Help Desk", "Organization Administrator", "Vaccine Coordinator",
    "Healthcare Location Manager", "Healthcare Provider", "Front Desk", "elsewhere", "nobody",
)  # fmt: skip
HEADINGS = [column.header for column in ONBOARDING.columns]
# Those who may grant something come more often, and so do the profiles and the place that they may grant.
GRANTING = ("State Administrator", "Vaccine Coordinator", "Healthcare Location Manager", "Healthcare Location Manager")
actors, whom = st.sampled_from([*STARTING, *GRANTING, *GRANTING]), st.sampled_from(STARTING)
profiles = st.sampled_from([*PROFILES, "Emperor", *AT_A_LOCATION, *AT_A_LOCATION])
places = st.sampled_from(["here", "here", "here", "there", "none"])
told = Counter()


class Rights:
    """What the database says: who holds what where, and what an account is."""

    def __init__(self, world):
        with world.app.app_context(), acting(SYSTEM):
            today = clock.today()
            self.held = {
                (row.user_id, row.profile, row.location_id, row.organization_id, row.recipient_id)
                for row in db.session.scalars(select(Membership))
                if row.holds_on(today)
            }
            columns = ("username", "email", "password", "ncid", "active", "session_epoch", "is_system")
            self.accounts = {
                user.id: tuple(getattr(user, name) for name in columns)
                for user in db.session.scalars(select(PortalUser))
            }

    def profiles_of(self, user_id):
        return {profile for whose, profile, *_place in self.held if whose == user_id}


class Authority(RuleBasedStateMachine):
    """Everybody tries everything; `world` is given by the test."""

    world = None

    @initialize()
    def as_it_began(self):
        """Everybody has again what they had at first, and nothing else."""
        with self.world.app.app_context(), acting(SYSTEM):
            for row in db.session.scalars(select(Membership)):
                row.lapsed_on = None
                row.ends_on = None if row.id in self.world.at_first else clock.today().replace(year=2020)
            db.session.commit()
        self.before = Rights(self.world)
        self.actor = None

    def asks(self, actor, method, path, **sent):
        """One request of somebody, as a browser or a program sends it."""
        self.before, self.actor = Rights(self.world), actor
        self.granter = self.before.profiles_of(self.world.user[actor])
        browser = self.world.browsers[actor]
        if "json" in sent:
            answer = browser.call(method, path, sent["json"])
        else:
            answer = browser.send(path, sent.get("data"), content_type=sent.get("content_type"))
        told[answer.status_code] += 1
        assert answer.status_code < 500, (path, answer.status_code)
        return answer

    def place(self, name):
        return {"here": self.world.ids.here, "there": self.world.ids.there, "none": ""}[name]

    def some(self, entity, n):
        """The key of some row there is, of any place."""
        with self.world.app.app_context(), acting(SYSTEM):
            keys = list(db.session.scalars(select(entity.id).order_by(entity.id)))
        return keys[n % len(keys)] if keys else 1

    @rule(actor=actors, other=whom, profile=profiles, place=places)
    def grants_by_form(self, actor, other, profile, place):
        form = {"user": self.world.user[other], "profile": profile, "location": self.place(place)}
        self.asks(actor, "POST", "/membership/add", data=form | {"is_default": "y", "id": "1"})

    @rule(actor=actors, other=whom, profile=profiles, place=places, nested=st.integers(0, 2))
    def grants_by_api(self, actor, other, profile, place, nested):
        """The user as a key, as a nested account with a password, and with an account's own keys beside."""
        key = self.world.user[other]
        user = [key, {"id": key, "username": "evil", "password": "x" * 20}, {"username": "evil2", "password": "y" * 20}]
        body = {"user": user[nested], "profile": profile, "location": self.place(place) or None, "user_id": key}
        self.asks(actor, "POST", "/api/v1/membership/", json=body | {"location_id": self.world.ids.there})

    @rule(actor=actors, n=st.integers(0, 40), profile=profiles)
    def changes_by_api(self, actor, n, profile):
        entity = Membership if n % 2 else PortalUser
        path = f"/api/v1/{entity.__name__.lower()}/{self.some(entity, n)}"
        body = {
            "profile": profile,
            "ends_on": None,
            "active": True,
            "password": "z" * 20,
            "roles": [1],
            "row_version": 1,
        }
        self.asks(actor, "PUT", path, json=body)

    @rule(actor=actors, other=whom, profile=profiles, place=places, door=st.booleans())
    def adds_a_person(self, actor, other, profile, place, door):
        """Oneself or another, by the very address and name, at any place."""
        first, last, email = self.world.names[other]
        body = {"first_name": first, "last_name": last, "email": email, "profile": profile, "status": "let_in"}
        body |= {"location": self.place(place), "user_id": self.world.user[actor], "how": "added"}
        if door:
            self.asks(actor, "POST", "/access-request/add", data=body)
        else:
            self.asks(actor, "POST", "/api/v1/accessrequest/", json=body)

    @rule(actor=actors, profile=st.sampled_from(list(AT_A_LOCATION)), place=st.sampled_from(["LOC-A", "LOC-B"]))
    def asks_to_join(self, actor, profile, place):
        self.asks(actor, "POST", "/join/", data={"place": place, "profile": profile})

    @rule(actor=actors, n=st.integers(0, 40), act=st.sampled_from(["let_in", "turn_down"]))
    def decides(self, actor, n, act):
        key = self.some(AccessRequest, n)
        self.asks(actor, "POST", f"/access-request/action/{act}/{key}", data={"_answered": "1", "reason": "No."})

    @rule(actor=actors, other=whom, profile=profiles, act=st.sampled_from(["end", "renew", "change_profile"]))
    def acts_on_access(self, actor, other, profile, act):
        form = {"_answered": "1", "profile": profile, "last_day": ""}
        with self.world.app.app_context(), acting(SYSTEM):
            query = select(Membership.id).where(Membership.user_id == self.world.user[other])
            key = db.session.scalars(query.order_by(Membership.id.desc()).limit(1)).first() or 1
        self.asks(actor, "POST", f"/membership/action/{act}/{key}", data=form)

    @rule(actor=actors, profile=profiles, place=places)
    def adds_a_newcomer(self, actor, profile, place):
        told["newcomers"] += 1
        body = {"first_name": "New", "last_name": "Comer", "email": f"new{told['newcomers']}@clinic.example"}
        self.asks(actor, "POST", "/access-request/add", data=body | {"profile": profile, "location": self.place(place)})

    @rule(actor=actors, other=whom, act=st.sampled_from(["edit", "action/set_password"]))
    def changes_an_account(self, actor, other, act):
        first, last, email = self.world.names[other]
        form = {"first_name": first, "last_name": last, "email": f"taken-{actor.split()[0].lower()}@evil.example"}
        form |= {"active": "y", "_answered": "1", "password": "a password of evil", "row_version": "1", "roles": "1"}
        self.asks(actor, "POST", f"/portal-user/{act}/{self.world.user[other]}", data=form)

    @rule(actor=actors, other=whom, profile=profiles, action=st.sampled_from(["Add", "Change profile", "Remove"]))
    def sends_a_file(self, actor, other, profile, action):
        first, last, email = self.world.names[other]
        line = {"Location PIN or Name": "LOC-A", "First Name": first, "Last Name": last, "Email": email}
        line |= {"NCID Username": email.partition("@")[0], "Profile": profile, "Action": action}
        data = {"file": (io.BytesIO(csv_of(line, headings=HEADINGS)), "team.csv")}
        sent = self.asks(actor, "POST", "/upload-onboarding/", data=data, content_type="multipart/form-data")
        if sent.status_code == 303 and "/upload-onboarding/" in sent.headers.get("Location", ""):
            self.asks(actor, "POST", f"{sent.headers['Location']}/enter", data={"sure": "y"})

    @rule(actor=actors, n=st.integers(0, 40))
    def switches_to_any_place(self, actor, n):
        self.asks(actor, "POST", "/place/switch", data={"membership_id": str(self.some(Membership, n))})

    @invariant()
    def nothing_was_gained_beyond_the_table(self):
        if self.actor is None:
            return
        now, own = Rights(self.world), self.world.user[self.actor]
        grantable = set().union(*(access.may_grant(profile) for profile in self.granter), set())
        for user_id, profile, location, organization, recipient in now.held - self.before.held:
            told["given"] += 1
            assert user_id != own, (self.actor, "gave access to oneself", profile)
            first = self.granter == {"State Immunization Staff"} and profile == "Healthcare Location Manager"
            assert profile in grantable or (first and not self._managed(location)), (self.actor, "gave", profile)
            assert self._reaches(location, organization, recipient), (self.actor, "gave access elsewhere", location)
        for user_id, profile, location, organization, recipient in self.before.held - now.held:
            told["taken"] += 1
            assert profile in grantable, (self.actor, "took", profile, user_id)
            assert self._reaches(location, organization, recipient), (self.actor, "took access elsewhere", location)
        self._accounts_are_left_alone(now)
        self.actor = None

    def _managed(self, location):
        return any(held[1:3] == ("Healthcare Location Manager", location) for held in self.before.held)

    def _reaches(self, location, organization, recipient):
        """The state reaches all; a place itself; an organization its places."""
        if self.granter & {"State Administrator", "State Immunization Staff"}:
            return True
        mine = {held[2] for held in self.before.held if held[0] == self.world.user[self.actor]} - {None}
        if "Organization Administrator" in self.granter:
            mine.add(self.world.ids.here)
        return location in mine and organization is None and recipient is None

    def _accounts_are_left_alone(self, now):
        below = set().union(*(access.below(profile) for profile in self.granter), set())
        for user_id, was in self.before.accounts.items():
            if now.accounts[user_id] == was:
                continue
            told["changed"] += 1
            assert "State Administrator" in self.granter, (self.actor, "changed an account", user_id)
            if user_id != self.world.user[self.actor]:
                assert self.before.profiles_of(user_id) <= below, (self.actor, "changed somebody above")
        for user_id in now.accounts.keys() - self.before.accounts.keys():
            told["made"] += 1
            assert now.accounts[user_id][2] is None, "nobody makes an account with a password of their choice"


@pytest.fixture(scope="module")
def world():
    with open_world() as world:
        world.people["nobody"] = "nobody"
        with world.app.app_context(), acting(SYSTEM):
            make.user("nobody")
            for place in db.session.scalars(select(Location)):
                place.status = "approved"
            db.session.commit()
            users = {user.username: user for user in db.session.scalars(select(PortalUser))}
            world.user = {name: users[world.people[name]].id for name in STARTING}
            world.names = {
                name: (one.first_name, one.last_name, one.email)
                for name, one in ((name, users[world.people[name]]) for name in STARTING)
            }
            world.at_first = set(db.session.scalars(select(Membership.id)))
        world.browsers = {name: world.browser(name) for name in STARTING}
        yield world


def test_no_sequence_of_requests_gains_a_right(world):
    Authority.world = world
    run_state_machine_as_test(
        Authority,
        settings=settings(
            max_examples=6, stateful_step_count=40, derandomize=True, deadline=None, database=None,
            phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert told["given"] and told["taken"] and told[303] and told[403] and told[422], told
    with world.app.app_context(), acting(SYSTEM):
        outcomes = set(db.session.scalars(select(History.outcome)))
    assert {"not granted", "403"} <= outcomes or "not allowed" in outcomes, "what was refused stands in the history"


def test_the_state_administrator_sees_no_person_who_was_vaccinated(world):
    """Whoever gives out all access has no sight of medical records from it; `test_access` walks the table by HTTP."""
    personal = ("Recipient", "RecipientLink", "Upload", "UploadRow", "Visit", "Dose", "Proof", "Notice")
    may = {name: access.verbs_of("State Administrator", name) for name in personal}
    assert may == dict.fromkeys(personal, frozenset()) | {"Upload": {"send_shipments"}}, "a file of boxes, of no people"
    with world.app.app_context(), acting(SYSTEM):
        world.people["another"] = make.membership("State Administrator").user.username
        db.session.commit()
    browser = world.browser("another")
    for path in ("/recipient/list/", "/dose/list/", "/api/v1/recipient/", "/api/v1/dose/", "/find/"):
        assert browser.get(path).status_code in (302, 403, 404), path
