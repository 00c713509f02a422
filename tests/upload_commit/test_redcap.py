"""Agreements that were signed in REDCap come in as approved, once, in sets, with their signatures noted as on file."""

import dataclasses
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from app.rules import applications
from app.uploads import redcap, stages
from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import db
from models.enrollment import Location, Organization
from models.scope import Reach, acting
from models.uploads import UploadRow
from tests import factories as make
from tests.redcap_kit import HEADERS, clinic, exported, organization

DOCS = Path(__file__).parents[2] / "docs" / "redcap.md"


@pytest.fixture
def staff(app):
    with app.app_context():
        user = make.user("immunization")
        make.membership("State Immunization Staff", user)
        db.session.commit()
        by = Reach("state", user_id=user.id, username=user.username, profile="State Immunization Staff")
        with acting(by):
            yield by
        db.session.rollback()


def sent(by, *rows):
    """The file entered; the outcome and words of each row."""
    upload = stages.preview(exported(*rows), "agreements.csv", by, kind=redcap.KIND)
    db.session.commit()
    stages.commit(upload, by)
    db.session.commit()
    kept = db.session.execute(
        select(UploadRow.outcome, UploadRow.errors).where(UploadRow.upload_id == upload.id).order_by(UploadRow.row)
    )
    return [(outcome, " ".join(error["message"] for error in errors)) for outcome, errors in kept]


def test_an_agreement_becomes_an_approved_organization_that_can_be_amended(staff):
    told = sent(staff, organization("7"), clinic("7", loc_provider_pin="650123"), clinic("7", 2))
    assert [outcome for outcome, _words in told] == ["new", "new", "new"]
    found = db.session.scalars(select(Organization).where(Organization.number == "RC-7")).one()
    assert (found.status, found.name, found.county) == ("approved", "Provider 7", "37001")
    places = db.session.scalars(
        select(Location).where(Location.organization_id == found.id).order_by(Location.id)
    ).all()
    assert [(place.number, place.status, place.provider_pin) for place in places] == [
        ("RC-7-1", "approved", "NCA650123"), ("RC-7-2", "approved", None),
    ]  # fmt: skip
    assert (places[0].phone, places[0].provider_type) == ("3365550123", "27")
    application = db.session.scalars(select(Application)).one()
    assert (application.origin, application.status) == ("redcap", "approved")
    words = db.session.scalars(select(ApplicationEvent.words).where(ApplicationEvent.kind == "migrated")).one()
    assert "Signatures on file" in words and "Rosa Díaz (CMO), 2020-12-10" in words
    first, *rest = db.session.scalars(select(Section).order_by(Section.kind, Section.id))
    assert first.content["cmo"]["license_number"] == "2004-1"
    assert [line["name"] for line in first.content["locations"]] == ["Clinic 7-1", "Clinic 7-2"]
    assert [section.location_id for section in rest] == [place.id for place in places]
    amendment = applications.start_amendment(application, staff)
    assert len(amendment.sections) == 3


def test_sent_again_or_half_way_it_is_entered_once(staff, monkeypatch):
    monkeypatch.setattr(redcap, "KIND", dataclasses.replace(redcap.KIND, at_once=2))
    rows = [organization("1"), clinic("1"), clinic("1", 2), organization("2"), clinic("2"), clinic("1", 3)]
    upload = stages.preview(exported(*rows), "agreements.csv", staff, kind=redcap.KIND)
    stages.begin_entering(upload, staff)
    stages.enter_some(upload, staff)
    db.session.commit()  # and here the worker is killed
    assert db.session.scalar(select(func.count()).select_from(Location)) == 1
    while stages.enter_some(upload, staff):
        db.session.commit()
    db.session.commit()
    assert upload.status == "committed" and upload.rows_new == 6
    counted = [db.session.scalar(select(func.count()).select_from(one)) for one in (Organization, Location)]
    assert {outcome for outcome, _words in sent(staff, *rows)} == {"same"}
    assert counted == [db.session.scalar(select(func.count()).select_from(one)) for one in (Organization, Location)]
    newest = db.session.scalars(
        select(SubmittedVersion).join(SubmittedVersion.application).where(Application.number == "RC-1")
        .order_by(SubmittedVersion.round.desc())
    ).first()  # fmt: skip
    assert len(newest.content["sections"]) == 4


def test_what_is_wrong_is_said_at_its_cell_and_the_rest_is_entered(staff):
    with acting(make.SEED):
        make.organization(name="provider 5", street="9 Elm St.", zip_code="27258-1234")
        db.session.commit()
    told = sent(
        staff,
        organization("3"),
        organization("4", cmo_signed_on=None),
        clinic("4"),
        organization("5"),
        clinic("3", loc_county="Nowhere"),
        clinic("3", 2, loc_provider_pin="NCA650001"),
        clinic("3", 3, loc_provider_pin="NCA650001"),
        {**clinic("3", 4), "redcap_repeat_instance": None},
        organization("3"),
        organization("6", org_legal_name="PROVIDER 5, Inc.", org_street="9 Elm Street", org_zip_code="27258"),
        organization("8", org_legal_name="Provider 5", org_street="1 Far Road", org_zip_code="28607"),
    )
    assert [outcome for outcome, _words in told] == [
        "new", "refused", "refused", "review", "refused", "new", "refused", "refused", "doubled", "review", "new",
    ]  # fmt: skip
    assert "cmo_signed_on is required" in told[1][1] and "organization is missing" in told[2][1]
    assert "is here already" in told[3][1] and "not one of the allowed values" in told[4][1]
    assert "Another location has this Provider PIN" in told[6][1] and "number of the location" in told[7][1]
    assert db.session.scalar(select(func.count()).select_from(Application)) == 2


def test_the_number_of_statements_does_not_grow_with_the_agreements(staff):
    def statements(first, many):
        rows = [row for n in range(first, first + many) for row in (organization(str(n)), clinic(str(n)))]
        asked = []
        note = lambda _c, _cursor, statement, *_rest: asked.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert {outcome for outcome, _words in sent(staff, *rows)} == {"new"}
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    few, more = statements(100, 3), statements(200, 40)
    assert more <= few + 12, "inserts of many rows are split into some pages"


def test_every_variable_is_in_the_map_that_people_read():
    text = DOCS.read_text(encoding="utf-8")
    assert [header for header in HEADERS if f"`{header}`" not in text] == []
