"""The demo data: what the README promises of it is there, it obeys the rules of the field, and it is loaded once."""

import unicodedata
from collections import Counter

import pytest
from sqlalchemy import func, select
from werkzeug.security import check_password_hash

from app import access, demo
from app.demo import supply
from app.rules import dose_checks, ledger_check, reviews, sealing, stock
from app.rules.agreements import may_redistribute
from app.rules.clock import local, today_at
from app.rules.declared import gaps
from app.rules.enrollment_fields import form_of
from app.uploads.cells import Known
from app.uploads.checking import check
from app.uploads.reading import Row
from app.uploads.recipients import RECIPIENTS
from models.applications import Application, Section
from models.base import db, utcnow
from models.doses import Dose, Visit
from models.enrollment import Location, Organization, StorageUnit
from models.history import History
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.registry import entities
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem, Lot, StockMovement, Vaccine
from models.stock_causes import DoseCount, ExpiryCorrection, StorageMove, Wastage
from models.transfers import Transfer
from models.uploads import Upload, UploadRow
from tests.signing_in import sign_in

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def loaded(app, _data_as_new_for_each_module):
    with app.app_context(), acting(Reach.system("test")):
        assert not demo.is_loaded()
        demo.load()
        db.session.commit()


@pytest.fixture(autouse=True)
def looking(app, loaded):
    with app.app_context(), acting(Reach.system("test")):
        yield
        db.session.rollback()


def count(entity, *where):
    return db.session.scalar(select(func.count()).select_from(entity).where(*where))


def every(entity, *where):
    return db.session.scalars(select(entity).where(*where).order_by(entity.id)).all()


def test_it_has_what_is_promised():
    taking_part = every(Organization, Organization.status == "approved")
    assert Counter(row.kind for row in taking_part) == {"state": 1, "provider": 4, "employer": 1}
    assert Counter(row.status for row in every(Location)) == {
        "approved": 6, "suspended": 1, "closed": 1, "applying": 5,
    }  # fmt: skip
    assert (count(Recipient), count(Dose)) == (400, 250)
    assert len({location.county for location in every(Location, Location.status == "approved")}) == 6
    assert db.session.scalars(select(Location.provider_pin).order_by(Location.id)).first() == "NCA650001"
    assert all(
        count(StorageUnit, StorageUnit.location_id == location.id) >= 2
        for location in every(Location, Location.status != "applying")
    )
    assert {row.status for row in every(Application)} >= {
        "approved", "awaiting_sections", "invited", "submitted", "changes_requested",
    }  # fmt: skip
    assert count(Vaccine, Vaccine.is_active) >= 6 and count(Vaccine, Vaccine.is_active.is_(False)) > 40


def test_one_application_waits_for_review_and_lacks_nothing():
    waiting = every(Application, Application.status.in_(reviews.WAITING))
    assert [one.organization_name for one in waiting] == ["Catawba Valley Pediatrics"]
    sections = every(Section, Section.application_id == waiting[0].id)
    assert [gaps(form_of(one.kind), one.content) for one in sections] == [[], [], []]
    assert reviews.fields_of(waiting[0])


def test_there_is_a_sign_in_for_each_profile_and_the_password_is_theirs():
    assert [profile for profile, _ in demo.SIGN_INS] and {p for p, _ in demo.SIGN_INS} == set(access.profiles())
    for profile, username in demo.SIGN_INS:
        user = db.session.scalars(select(PortalUser).where(PortalUser.username == username)).one()
        assert user.is_demo and check_password_hash(user.password, demo.PASSWORD)
        assert {one.profile for one in every(Membership, Membership.user_id == user.id)} == {profile}


@pytest.mark.parametrize("username", [username for _, username in demo.SIGN_INS])
def test_each_of_them_signs_in_and_lands_on_a_start_page(client, username):
    assert sign_in(client, username, demo.PASSWORD)


def test_the_manager_has_two_places_and_the_recipient_has_doses():
    def memberships(username):
        return every(Membership, Membership.user.has(username=username))

    assert len({one.location_id for one in memberships("manager.demo")}) == 2
    person = memberships("recipient.demo")[0].recipient
    assert [dose.dose_number for dose in dose_checks.earlier_doses(person.id)] == ["1", "2", "3", "4"]


def test_nobody_else_of_the_demo_can_sign_in():
    known = {username for _, username in demo.SIGN_INS}
    others = [user for user in every(PortalUser, PortalUser.is_demo) if user.username not in known]
    assert others and all(user.password is None for user in others)


def test_the_ledger_holds():
    report = ledger_check.check_ledger()
    assert report["broken"] == [] and report["movements"] > 250
    for item in every(InventoryItem):
        received = db.session.scalar(select(func.sum(Shipment.doses)).where(
            Shipment.location_id == item.location_id, Shipment.lot_id == item.lot_id, Shipment.status == "received"
        ))  # fmt: skip
        used = count(Dose, Dose.location_id == item.location_id, Dose.lot_id == item.lot_id, Dose.status == "given")
        if not item.part:
            assert (received or 0, used) == (item.received, item.given)


def test_every_dose_could_have_been_recorded_on_its_day():
    doses = every(Dose, Dose.status == "given", Dose.visit_id.is_not(None))
    assert len(doses) > 200
    for dose in doses:
        person = dose.recipient
        before = (dose.given_on, dose.id)
        earlier = [one for one in dose_checks.earlier_doses(person.id) if (one.given_on, one.id) < before]
        assert dose_checks.warnings(person, dose.vaccine, dose.given_on, earlier) == []
        assert dose.dose_number == dose_checks.next_number(earlier)
        assert dose.vaccine.authorized_on <= dose.given_on <= dose.lot.expires_on
        assert dose.given_at <= utcnow() and local(dose.given_at, dose.location).date() == dose.given_on
        assert dose.visit.status == "vaccinated" and dose.visit.visited_on == dose.given_on
        assert dose.visit.checked_in_at < dose.given_at


def test_doses_are_of_the_last_weeks_and_of_today():
    today = today_at(None)
    days = [(today - dose.given_on).days for dose in every(Dose, Dose.visit_id.is_not(None))]
    assert min(days) == 0 and 56 < max(days) <= 76
    assert all(any(week * 7 <= day < week * 7 + 7 for day in days) for week in range(10))


def test_some_are_second_doses_some_were_given_elsewhere_and_two_were_taken_back():
    given = Counter(dose.dose_number for dose in every(Dose))
    assert given["2"] >= 20 and given["3"] >= 2
    assert count(Dose, Dose.is_historical) >= 20
    assert {dose.void_disposition for dose in every(Dose, Dose.status == "voided")} == {"return", "waste"}


def test_somebody_waits_at_the_first_location_today():
    waiting = every(Visit, Visit.status == "checked_in")
    assert len(waiting) == 5
    assert {visit.location.number for visit in waiting} == {"LOC-0001"}
    assert {visit.visited_on for visit in waiting} == {today_at(waiting[0].location)}
    assert all(not dose_checks.earlier_doses(visit.recipient_id) for visit in waiting)


def test_stock_tells_its_stories():
    today = today_at(None)
    first = every(InventoryItem, InventoryItem.location.has(number="LOC-0001"))
    days = [(item.lot.expires_on - today).days for item in first if item.doses]
    assert any(day < 0 for day in days) and any(0 <= day <= 14 for day in days) and any(day > 60 for day in days)
    assert count(Lot, Lot.status == "recalled") == 1
    assert {one.status for one in every(Shipment)} == {"expected", "in_transit", "received", "lost"}
    assert {one.status for one in every(Transfer)} == {
        "requested", "refused", "in_transit", "received", "received_with_discrepancy",
    }  # fmt: skip
    assert count(Wastage) >= 8 and count(DoseCount) >= 4 and count(StorageMove) == 1
    assert count(ExpiryCorrection, ExpiryCorrection.status == "reported") == 1
    assert max(one.at for one in every(StockMovement)) <= utcnow()
    products = {item.lot.vaccine.short_name for item in stock.offered(first[0].location_id, today)}
    assert {supply.COMIRNATY, supply.SPIKEVAX_CHILD, supply.NUVAXOVID} <= products


def test_people_are_many_and_their_names_of_many_scripts():
    people = every(Recipient)
    letters = "".join(person.first_name + person.last_name for person in people)
    scripts = {unicodedata.name(letter).split()[0] for letter in letters if letter.isalpha()}
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "CJK", "HANGUL"} <= scripts
    assert {"en", "es", "other"} == {person.language for person in people}
    ages = [(today_at(None) - person.birth_date).days / 365.25 for person in people]
    assert min(ages) < 5 and max(ages) > 85
    phones = Counter(person.phone for person in people if person.phone)
    assert max(phones.values()) == 1 and len({person.public_id for person in people}) == 400
    assert all((person.email or "x@mail.example").endswith("@mail.example") for person in people)
    assert count(Recipient, Recipient.registration == "uploaded") >= 40


def test_each_person_could_have_been_uploaded_as_typed():
    known = Known(groups={"1": "", "2": "", "3": "", "5": ""})
    for outcome, wrong in (("new", []), ("refused", ["Date of Birth", "Phone"])):
        stored = every(UploadRow, UploadRow.outcome == outcome)
        checked = check([Row(one.row, one.typed) for one in stored], RECIPIENTS, known, Recipient.__table__)
        found = [error.column for row in checked for error in row.errors if error.column != "Phone" or outcome != "new"]
        assert found == wrong and stored
    for upload in every(Upload):
        rows = Counter(one.outcome for one in every(UploadRow, UploadRow.upload_id == upload.id))
        assert (rows["new"], rows["refused"]) == (upload.rows_new, upload.rows_refused)


def test_each_row_would_pass_the_checks_of_its_entity():
    for entity in entities().values():
        for row in every(entity):
            getattr(row, "check", lambda: None)()


def test_loading_again_changes_nothing():
    before = {name: count(entity) for name, entity in entities().items()}
    assert demo.is_loaded()
    demo.load()
    db.session.flush()
    assert before == {name: count(entity) for name, entity in entities().items()}


def test_the_history_has_one_short_entry_for_the_load():
    entries = [entry for entry in every(History) if entry.changed]
    loads = [entry for entry in entries if any(change["entity"] == "Recipient" for change in entry.changed)]
    assert len(loads) == 1
    made = next(one for one in loads[0].changed if (one["entity"], one["act"]) == ("Recipient", "add"))
    assert len(made["ids"]) == 400 and "values" not in made


def test_each_provider_has_signed_and_one_may_redistribute():
    found = sealing.verify_agreements()
    assert found["broken"] == [] and (found["agreements"], found["signatures"]) == (5, 10)
    number = {row.number: row.id for row in every(Organization)}
    place = {row.number: row.id for row in every(Location)}
    assert may_redistribute(number["ORG-0002"], place["LOC-0005"])
    assert not may_redistribute(number["ORG-0002"], place["LOC-0006"])
    assert not may_redistribute(number["ORG-0003"], place["LOC-0005"])
