"""Changing what was approved: it keeps working meanwhile, and what must be signed again is said by the fields."""

import pytest

from app.rules import applications, sections, standing
from app.rules.enrollment_fields import SECTION_A, SECTION_B
from models.applications import Application, Section
from models.base import RuleBroken, db, utcnow
from models.scope import Reach, acting
from tests import enrollment_kit as kit
from tests import factories as make

STEP = {step.name: step for step in (*SECTION_A.steps, *SECTION_B.steps)}


@pytest.fixture
def enrolled(app):
    """An approved organization with one location, and the reach of its administrator."""
    with app.app_context():
        place = make.location(name="Haw River Clinic")
        user = make.user("ada")
        make.membership("Organization Administrator", user, organization=place.organization)
        application = make.application(place, administrator_id=user.id)
        with acting(make.SEED):
            first, second = standing.sections_of(application)
            first.row_key, second.row_key = None, "a1"
            first.content, second.content = kit.section_a(), kit.section_b()
            first.status = second.status = "complete"
            first.content["organization"]["is_another"] = True
            db.session.flush()
            applications.submit(application, make.SEED)
            standing.signed(application, make.SEED)
            application.status = "in_review"
            application.status, application.decided_at = "approved", utcnow()
            db.session.flush()
        reach = Reach(
            "organization", user_id=user.id, profile="Organization Administrator", organization_id=place.organization_id
        )
        with acting(reach):
            yield db.session.get(Application, application.id), reach, place
        db.session.rollback()


def section_of(application, kind, name=""):
    found = [one for one in standing.sections_of(application) if one.kind == kind and name in one.name]
    assert len(found) == 1
    return found[0]


def change(section, step, reach, **groups):
    values = {group.name: section.content.get(group.name) for group in STEP[step].groups}
    return sections.save_section(section, STEP[step], {**values, **groups}, None, reach)


def test_a_freezer_needs_a_review_and_no_signature_and_the_approved_stays(enrolled):
    application, reach, place = enrolled
    amendment = applications.start_amendment(application, reach)
    assert (amendment.kind, amendment.status, amendment.amends_id) == ("amendment", "awaiting_sections", application.id)
    with pytest.raises(RuleBroken, match=amendment.number):
        applications.start_amendment(application, reach)

    section = section_of(amendment, "B")
    assert section.location_id == place.id
    unit = {"key": "f2", "brand": "Thermo", "model": "TSX", "unit_kind": "freezer", "holds_range": True}
    change(section, "storage", reach, storage_units=[*section.content["storage_units"], unit])
    applications.submit(amendment, reach)
    assert amendment.status == "submitted"
    assert (application.status, place.status) == ("approved", "approved")
    (changed,) = standing.section_changes(
        standing.approved_before(amendment).content, standing.versions_of(amendment)[-1].content
    )
    assert {one.path for one in changed[1]} == {f"storage_units.f2.{name}" for name in unit if name != "key"}


@pytest.mark.parametrize(
    ("group", "field", "signs"),
    [("cmo", "last_name", True), ("organization", "legal_name", True), ("cmo", "phone", False)],
)
def test_what_must_be_signed_again_is_said_by_the_field(enrolled, group, field, signs):
    application, reach, _place = enrolled
    amendment = applications.start_amendment(application, reach)
    section = section_of(amendment, "A")
    step = "organization" if group == "organization" else group
    new = {"phone": "9195550000"}.get(field, "Another")
    change(section, step, reach, **{group: {**section.content[group], field: new}})
    applications.submit(amendment, reach)
    assert amendment.status == ("awaiting_signatures" if signs else "submitted")


def test_a_new_location_applies_while_the_first_gives_vaccine(enrolled):
    application, reach, place = enrolled
    amendment = applications.start_amendment(application, reach)
    first = section_of(amendment, "A")
    change(
        first, "locations", reach, locations=[*first.content["locations"], kit.location_row("b2", "Mill", "m@x.org")]
    )
    new = section_of(amendment, "B", "Mill")
    assert (new.location.status, place.status) == ("applying", "approved")
    assert new.invited_at is not None
    with pytest.raises(RuleBroken, match="Section B: location, Mill"):
        applications.submit(amendment, reach)

    # The new one can be taken out again; the one that gives vaccine is closed, not forgotten by leaving it out.
    change(first, "locations", reach, locations=first.content["locations"][:1])
    assert (new.status, new.location.status) == ("taken_out", "withdrawn")
    with pytest.raises(RuleBroken, match="takes part already"):
        change(first, "locations", reach, locations=[])


def test_after_changes_were_asked_only_what_signs_is_signed_again(enrolled):
    application, reach, _place = enrolled
    amendment = applications.start_amendment(application, reach)
    section = section_of(amendment, "A")
    change(section, "cmo", reach, cmo={**section.content["cmo"], "last_name": "Another"})
    applications.submit(amendment, reach)
    with acting(make.SEED):
        standing.signed(amendment, make.SEED)
        amendment.status = "in_review"
        amendment.status = "changes_requested"
        section.remarks = {"cmo.title": "Which title?"}
        db.session.flush()
    with pytest.raises(RuleBroken, match="cannot be withdrawn"):
        applications.withdraw(application, reach, "no")
    change(section, "cmo", reach, cmo={**section.content["cmo"], "title": "Chief"})
    applications.submit(amendment, reach)
    assert (amendment.status, amendment.round, section.remarks) == ("submitted", 2, {})
    applications.withdraw(amendment, reach, "We think again.")
    assert amendment.status == "withdrawn"
    assert db.session.query(Section).filter_by(application_id=amendment.id).count() == 2
    assert application.organization.status == "approved"
