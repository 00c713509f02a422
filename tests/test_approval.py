"""What a decision brings about: an approval, an amendment's, a rejection."""

from sqlalchemy import select

from models.applications import Application, Section
from models.base import db
from models.enrollment import Location, Organization, StorageUnit
from models.notices import Notice
from models.people import Membership
from models.reviews import LocationEvent
from models.scope import acting
from tests import applications
from tests import factories as make
from tests.reviewing import approve, case, change, stored, taken

__all__ = ["case"]


def test_an_approval_makes_what_was_submitted_and_lets_in_the_first_people(app, case):
    marcus = taken(app, case)
    other = change(app, lambda: make.location(name="Mountain Clinic", provider_pin="NCA650777").id)
    page, taken_pin = approve(marcus, case)
    assert page.form(f"/review/{case.id}/approve")[f"pin_{case.b}"] == "NCA650777"  # as the applicant typed it
    assert taken_pin.code == 422 and "Mountain Clinic works under this PIN already." in taken_pin.text
    _page, wrong = approve(marcus, case, **{f"pin_{case.b}": "12345"})
    assert "Provider PIN of Harbor Clinic: A Provider PIN is NCA and six digits" in wrong.text  # at its field
    assert wrong.code == 422 and "NCA and six digits" in wrong.text and 'value="12345"' in wrong.html
    assert stored(app, case, "status") == ("in_review",)
    _page, done = approve(marcus, case, **{f"pin_{case.b}": "650888"})
    assert done.code == 200 and "Approved" in done.text
    with app.app_context(), acting(make.SEED):
        organization, place = db.session.get(Organization, case.organization), db.session.get(Location, case.place)
        assert (organization.status, organization.is_active, organization.city) == ("approved", True, "Boone")
        assert (place.status, place.provider_pin, place.street) == ("approved", "NCA650888", "12 Main St")
        units = db.session.scalars(select(StorageUnit).where(StorageUnit.location_id == place.id)).all()
        assert [(one.name, one.brand, one.is_in_use) for one in units] == [("Refrigerator 1", "Helmer", True)]
        here = db.session.scalars(select(Membership).where(Membership.location_id == place.id)).all()
        who = {one.profile: one.user.email for one in here}
        assert who["Healthcare Location Manager"] == "mona.manager@harbor.example"
        assert "Vaccine Coordinator" in who and len(here) == 2
        (event,) = db.session.scalars(select(LocationEvent).where(LocationEvent.location_id == place.id)).all()
        assert (event.status, event.by.username) == ("approved", "marcus")
        row = db.session.get(Application, case.id)
        assert row.decided_at is not None and db.session.get(Location, other).provider_pin == "NCA650777"
        mails = {one.kind for one in db.session.scalars(select(Notice))}
        assert {"access", "application_status"} <= mails
    again = marcus.post(f"/review/{case.id}/approve", marcus.marks())
    assert again.code == 422


def test_a_location_without_a_pin_works_under_its_number_and_its_units_are_counted_once(app, case):
    same = {"brand": " helmer", "model": "IPR245", "unit_kind": "refrigerator"}
    change(app, lambda: make.storage_unit(db.session.get(Location, case.place), **same).id)  # entered beside it
    _page, done = approve(taken(app, case), case, **{f"pin_{case.b}": ""})
    assert done.code == 200
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, case.place)
        assert (place.status, place.provider_pin) == ("approved", None) and place.number
        units = db.session.scalars(select(StorageUnit).where(StorageUnit.location_id == place.id)).all()
        assert [(one.name, one.brand, one.row_key) for one in units] == [("Refrigerator 1", "Helmer", "u1")]


def test_an_amendment_changes_nothing_until_it_is_approved(app, case):
    approve(taken(app, case), case, **{f"pin_{case.b}": "650888"})

    def amendment():
        admin = db.session.get(Application, case.id).administrator
        amending = make.saved(
            Application(
                number="AMD-1",
                kind="amendment",
                origin="amendment",
                organization_id=case.organization,
                organization_name="Harbor Health",
                administrator=admin,
                amends_id=case.id,
            )  # fmt: skip
        )
        content = applications.section_b(name="Harbor Clinic North", manager="Nobody")
        freezer = {"key": "u9", "brand": "Thermo", "model": "TSX", "unit_kind": "freezer", "holds_range": True}
        content["storage_units"] = [freezer]
        make.saved(Section(application=amending, kind="A", name="Harbor Health", content=applications.section_a()))
        make.saved(
            Section(application=amending, kind="B", name="Harbor Clinic", row_key="k1", location_id=case.place,
                    content=content)
        )  # fmt: skip
        applications.send(amending)
        return amending.id

    key = change(app, amendment)
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, case.place)
        assert (place.status, place.name) == ("approved", "Harbor Clinic")
    amending = type(case)(**{**vars(case), "id": key})
    nadia = taken(app, amending, "nadia")
    page = nadia.open(f"/review/{key}")
    assert "Harbor Clinic North" in page.text and "Thermo" in page.text and "No longer listed" in page.text
    page, done = approve(nadia, amending)
    assert "starts to work" not in page.text and done.code == 200
    with app.app_context(), acting(make.SEED):
        place = db.session.get(Location, case.place)
        assert (place.name, place.provider_pin) == ("Harbor Clinic North", "NCA650888")
        units = db.session.scalars(
            select(StorageUnit).where(StorageUnit.location_id == place.id).order_by(StorageUnit.id)
        )
        assert [(one.name, one.is_in_use) for one in units] == [("Refrigerator 1", False), ("Freezer 1", True)]
        managers = select(Membership).where(
            Membership.location_id == place.id, Membership.profile == "Healthcare Location Manager"
        )
        assert [one.user.first_name for one in db.session.scalars(managers)] == ["Mona"]


def test_a_rejected_application_leaves_nothing_that_works(app, case):
    marcus = taken(app, case)
    empty = marcus.post(f"/review/{case.id}/reject", {**marcus.marks(), "reason": " "})
    assert empty.code == 422
    done = marcus.post(f"/review/{case.id}/reject", {**marcus.marks(), "reason": "No cold chain."})
    assert done.code == 200 and "No cold chain." in done.text
    with app.app_context(), acting(make.SEED):
        assert db.session.get(Application, case.id).status == "rejected"
        assert db.session.get(Organization, case.organization).status == "withdrawn"
        assert db.session.get(Location, case.place).status == "withdrawn"
        told = db.session.scalars(select(Notice).where(Notice.kind == "application_status")).all()
        assert {one.context.get("reason") for one in told if one.context["status"] == "rejected"} == {"No cold chain."}
