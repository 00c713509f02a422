"""What changed since the last time, as those see it whom it concerns: all of it, or what is of one's own location."""

import copy

from sqlalchemy import select

from app.rules import reviews
from app.rules.standing import note
from models.applications import Application, Section
from models.base import db
from models.enrollment import Location
from models.reviews import ChangeRequest
from models.scope import Reach, acting
from tests import applications
from tests import factories as make
from tests.clinic import Browser
from tests.reviewing import case, change

__all__ = ["case"]
COORDINATOR, MANAGER = "Vaccine Coordinator", "Healthcare Location Manager"


def resubmitted(case):
    """A second clinic of the same organization; changes asked for in every section, made, and submitted again."""
    application = db.session.get_one(Application, case.id)
    other = make.saved(
        Location(organization_id=case.organization, number="LOC-OTHER", name="Hill Clinic", status="applying")
    )
    b2 = Section(
        application=application, kind="B", name="Hill Clinic", row_key="k2", location=other, status="complete",
        content=applications.section_b("Hill Clinic", "Moe"),
    )  # fmt: skip
    make.saved(b2)
    applications.send(application)
    words = {case.a: ("organization.street", "Which street?"), case.b: ("location.name", "Which of the two?"),
             b2.id: ("location.name", "Which hill?")}  # fmt: skip
    reviewer = make.user("reads")
    by = Reach("state", user_id=reviewer.id, profile="State Immunization Staff")
    reviews.claim(application, by)
    reviews.remark(application, by, {(key, path): said for key, (path, said) in words.items()})
    db.session.flush()
    reviews.ask_changes(application, by)
    db.session.flush()
    changed = {case.a: ("organization", "street", "99 New Road"), case.b: ("location", "name", "Harbor Clinic East"),
               b2.id: ("location", "name", "Hill Clinic Upper")}  # fmt: skip
    for key, (group, name, value) in changed.items():
        section = db.session.get_one(Section, key)
        section.content = copy.deepcopy(section.content) | {group: {**section.content[group], name: value}}
    applications.send(application)
    note(application, "declined", by, "The CMO is another person.")
    for profile, username, place in ((COORDINATOR, "cora", case.place), (COORDINATOR, "hilda", other.id)):
        make.membership(profile, make.user(username), location=db.session.get(Location, place))
    make.membership(COORDINATOR, make.user("stranger"), location=make.location())
    make.membership(MANAGER, make.user("mona"), location=make.location())


def test_a_coordinator_sees_what_changed_at_the_own_location_and_the_organization_all(app, case):
    change(app, lambda: resubmitted(case))
    page = Browser(app, "cora").open("/my-applications/")
    assert f"/review/{case.id}" in page.links()
    page = Browser(app, "cora").open(f"/review/{case.id}")
    assert "What changed" in page.text and "Harbor Clinic East" in page.text
    assert "Harbor Clinic" in page.text and "Changed" in page.text
    for foreign in ("99 New Road", "Hill Clinic Upper", "Which hill?", "Which street?", "The CMO is another person."):
        assert foreign not in page.html, foreign
    assert "Changes requested" in page.text and "remark-" not in page.html
    hilda = Browser(app, "hilda").open(f"/review/{case.id}")
    assert "Hill Clinic Upper" in hilda.text and "Harbor Clinic East" not in hilda.html
    everything = Browser(app, case.admin).open(f"/review/{case.id}")
    for said in ("99 New Road", "Harbor Clinic East", "Hill Clinic Upper", "Which hill?"):
        assert said in everything.text, said
    assert Browser(app, "stranger").open(f"/review/{case.id}").code == 404
    assert Browser(app, "mona").open(f"/review/{case.id}").code == 403
    with app.app_context(), acting(make.SEED):
        assert len(db.session.scalars(select(ChangeRequest)).all()) == 3


def test_what_was_never_submitted_is_not_shown_as_if_it_were(app, case):
    def amend():
        application = db.session.get_one(Application, case.id)
        application.status = "in_review"
        application.status = "approved"
        amendment = make.saved(
            Application(
                number="AMD-N1",
                kind="amendment",
                origin="amendment",
                organization_id=case.organization,
                organization_name="Harbor Health",
                amends_id=case.id,
                status="draft",
            )  # fmt: skip
        )
        for one in application.sections:
            kept = {"kind": one.kind, "name": one.name, "row_key": one.row_key, "location_id": one.location_id}
            make.saved(Section(application=amendment, content=one.content, status="complete", **kept))
        make.membership(COORDINATOR, make.user("cora"), location=db.session.get(Location, case.place))
        return amendment.id

    key = change(app, amend)
    for who in ("cora", case.admin):
        assert "What it says" not in Browser(app, who).open(f"/review/{key}").text

    def send():
        amendment = db.session.get_one(Application, key)
        b = next(one for one in amendment.sections if one.kind == "B")
        b.content = copy.deepcopy(b.content) | {"location": {"name": "Harbor Clinic West"}}
        applications.send(amendment)

    change(app, send)
    for who in ("cora", case.admin):  # beside what was approved, which the amendment changes
        page = Browser(app, who).open(f"/review/{key}")
        assert "What changed" in page.text and "Harbor Clinic West" in page.text
    assert "Nothing changed here" in page.text and "12 Main St" in page.text
    assert "12 Main St" in Browser(app, "cora").open(f"/review/{key}").text  # shipped to, of the own section
    assert "Cleo" not in Browser(app, "cora").open(f"/review/{key}").html  # the CMO, of Section A
