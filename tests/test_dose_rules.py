"""Recording a dose: what is proposed, refused and overridden, and what follows in the same transaction."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select

from app.rules import dose_checks, doses, ledger_check, proofs, stock, visits
from app.rules.clock import today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Dose, Visit
from models.history import History
from models.notices import Notice
from models.recipients import RecipientLink
from models.scope import Reach, acting
from models.stock import InventoryItem, StockMovement
from tests import factories as make


class Clinic:
    """A place with stock, a vaccinator and a person checked in."""

    def __init__(self, **stocked):
        self.location = make.location()
        self.item = make.stock(self.location, make.lot(**stocked) if stocked else None)
        self.user = make.user()
        self.reach = Reach(
            "location", user_id=self.user.id, username=self.user.username, profile="Healthcare Provider",
            location_id=self.location.id,
        )  # fmt: skip
        self.person = make.recipient(at=self.location, email="ana@example.org")
        self.visit = make.visit(self.person, self.location)

    def new(self, **more):
        values = {
            "key": str(uuid.uuid4()), "visit_id": self.visit.id, "lot_id": self.item.lot_id, "dose_number": "1",
            "body_site": "LD", "route": "C28161", "given_at": utcnow(), "fact_sheet_given": True,
        }  # fmt: skip
        return doses.NewDose(**{**values, **more})


def test_a_dose_its_movement_its_notice_and_its_history_are_one_transaction(app):
    with app.app_context():
        clinic = Clinic()
        db.session.commit()
        with acting(clinic.reach):
            given = doses.administer(clinic.new(), clinic.reach)
            db.session.commit()
            assert db.session.scalar(select(InventoryItem.doses)) == 99
            assert clinic.visit.status == "vaccinated"
        with acting(make.SEED):
            line = db.session.scalars(select(StockMovement).where(StockMovement.kind == "given")).one()
            assert (line.doses, line.cause) == (-1, f"Dose:{given.id}")
            assert db.session.scalars(select(Notice)).one().to_address == "ana@example.org"
            entry = db.session.scalars(select(History).order_by(History.id.desc())).first()
            assert {change["entity"] for change in entry.changed} >= {"Dose", "StockMovement", "Notice", "Visit"}
            assert entry.username == clinic.user.username


def test_nothing_is_left_when_the_transaction_is_rolled_back(app):
    with app.app_context():
        clinic = Clinic()
        db.session.commit()
        with acting(clinic.reach):
            doses.administer(clinic.new(), clinic.reach)
            db.session.rollback()
        with acting(make.SEED):
            assert db.session.scalar(select(InventoryItem.doses)) == 100
            assert db.session.scalar(select(func.count()).select_from(Dose)) == 0
            assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_sent_twice_it_happens_once(app):
    with app.app_context():
        clinic = Clinic()
        new = clinic.new()
        with acting(clinic.reach):
            first = doses.administer(new, clinic.reach)
            db.session.commit()
            assert doses.administer(new, clinic.reach).id == first.id
            db.session.commit()
            assert db.session.scalar(select(InventoryItem.doses)) == 99


def test_a_key_used_for_another_person_is_refused(app):
    with app.app_context():
        clinic = Clinic()
        other = make.visit(make.recipient(at=clinic.location), clinic.location)
        new = clinic.new()
        with acting(clinic.reach):
            doses.administer(new, clinic.reach)
            with pytest.raises(RuleBroken):
                doses.administer(clinic.new(key=new.key, visit_id=other.id), clinic.reach)


@pytest.mark.parametrize(
    ("stocked", "field"),
    [({"expires_on": dt.date(2021, 1, 1)}, "lot"), ({"status": "recalled"}, "lot")],
)
def test_an_expired_or_recalled_lot_is_neither_offered_nor_given(app, stocked, field):
    with app.app_context():
        recalled = stocked.pop("status", None)
        clinic = Clinic(**stocked)
        if recalled:
            with acting(make.SEED):
                clinic.item.lot.status = recalled
                db.session.flush()
        with acting(clinic.reach):
            assert stock.offered(clinic.location.id, today_at(None)) == []
            with pytest.raises(RuleBroken) as refusal:
                doses.administer(clinic.new(), clinic.reach)
            assert refusal.value.field == field


def test_a_lot_of_another_place_cannot_be_given(app):
    with app.app_context():
        clinic, elsewhere = Clinic(), make.stock()
        with acting(clinic.reach), pytest.raises(RuleBroken) as refusal:
            doses.administer(clinic.new(lot_id=elsewhere.lot_id), clinic.reach)
        assert refusal.value.field == "lot"


def test_too_early_is_a_warning_that_a_reason_overrides(app):
    with app.app_context():
        clinic = Clinic()
        vaccine = clinic.item.lot.vaccine
        ten_days_ago = today_at(None) - dt.timedelta(days=10)
        make.dose(clinic.person, make.location(), vaccine_id=vaccine.id, given_on=ten_days_ago)
        with acting(clinic.reach):
            with pytest.raises(RuleBroken) as refusal:
                doses.administer(clinic.new(dose_number="2"), clinic.reach)
            assert refusal.value.field == "override_reason"
            given = doses.administer(clinic.new(dose_number="2", override_reason="Leaves the country"), clinic.reach)
            assert given.override_reason == "Leaves the country"


@pytest.mark.parametrize(("days", "early"), [(16, True), (17, False), (21, False)])
def test_the_interval_has_four_days_of_grace(app, days, early):
    with app.app_context():
        clinic = Clinic()
        vaccine = clinic.item.lot.vaccine
        before = make.dose(clinic.person, given_on=dt.date(2022, 3, 1), vaccine_id=vaccine.id)
        found = dose_checks.warnings(clinic.person, vaccine, dt.date(2022, 3, 1) + dt.timedelta(days=days), [before])
        assert bool(found) is early


def test_before_25_october_2021_any_interval_counted(app):
    with app.app_context():
        clinic = Clinic()
        vaccine = clinic.item.lot.vaccine
        before = make.dose(clinic.person, given_on=dt.date(2021, 10, 20), vaccine_id=vaccine.id)
        assert dose_checks.warnings(clinic.person, vaccine, dt.date(2021, 10, 24), [before]) == []
        assert dose_checks.warnings(clinic.person, vaccine, dt.date(2021, 10, 25), [before]) != []


def test_the_dose_number_counts_doses_given_anywhere(app):
    with app.app_context():
        clinic = Clinic()
        make.dose(clinic.person, make.location())
        with acting(clinic.reach):
            earlier = dose_checks.earlier_doses(clinic.person.id)
            assert doses.proposal(clinic.person, clinic.location, clinic.reach, earlier)["dose_number"] == "2"


@pytest.mark.parametrize(
    ("what", "left", "kinds"), [("return", 100, {"given_back"}), ("waste", 99, {"given_back", "wasted"})]
)
def test_a_voided_dose_goes_back_or_to_waste(app, what, left, kinds):
    with app.app_context():
        clinic = Clinic()
        with acting(clinic.reach):
            given = doses.administer(clinic.new(), clinic.reach)
            proof = proofs.issue(clinic.person, clinic.reach)
            db.session.commit()
            assert proofs.verify(proof.public_id) is not None
            doses.void(given, clinic.reach, "Wrong person", what)
            db.session.commit()
            assert db.session.scalar(select(InventoryItem.doses)) == left
            assert proofs.verify(proof.public_id) is None
        with acting(make.SEED):
            found = set(db.session.scalars(select(StockMovement.kind).where(StockMovement.cause == f"Dose:{given.id}")))
            assert found == {"given"} | kinds
            assert ledger_check.check_ledger()["broken"] == []


@pytest.mark.parametrize(
    ("reason", "what", "field"), [(" ", "return", "void_reason"), ("Oops", "", "void_disposition")]
)
def test_voiding_asks_why_and_what_became_of_the_dose(app, reason, what, field):
    with app.app_context():
        clinic = Clinic()
        with acting(clinic.reach):
            given = doses.administer(clinic.new(), clinic.reach)
            with pytest.raises(RuleBroken) as refusal:
                doses.void(given, clinic.reach, reason, what)
        assert refusal.value.field == field


def test_check_in_links_the_person_to_the_place_once(app):
    with app.app_context():
        clinic = Clinic()
        stranger = make.recipient()
        with acting(clinic.reach):
            first = visits.check_in(stranger, clinic.reach, "key-1")
            again = visits.check_in(stranger, clinic.reach, "key-2")
            db.session.commit()
            assert first.id == again.id
        with acting(make.SEED):
            links = db.session.scalars(select(RecipientLink).where(RecipientLink.recipient_id == stranger.id)).all()
            assert [link.location_id for link in links] == [clinic.location.id]
            assert db.session.scalar(select(func.count()).select_from(Visit)) == 2


def test_without_address_there_is_no_notice_and_no_error(app):
    with app.app_context():
        clinic = Clinic()
        with acting(make.SEED):
            clinic.person.email = None
            db.session.flush()
        with acting(clinic.reach):
            doses.administer(clinic.new(), clinic.reach)
            assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


def test_a_suspended_place_gives_no_vaccine(app):
    with app.app_context():
        clinic = Clinic()
        with acting(make.SEED):
            clinic.location.status = "suspended"
            db.session.flush()
        with acting(clinic.reach), pytest.raises(RuleBroken):
            doses.administer(clinic.new(), clinic.reach)


@pytest.mark.parametrize(("born", "too_young"), [(dt.date(2026, 5, 24), True), (dt.date(2026, 5, 23), False)])
def test_the_age_of_infants_counts_in_months(app, born, too_young):
    with app.app_context():
        vaccine = make.vaccine(min_age_years=0.5)
        assert dose_checks.is_too_young(born, dt.date(2026, 11, 23), vaccine) is too_young


@pytest.mark.parametrize(("born", "too_old"), [(dt.date(2014, 11, 23), True), (dt.date(2014, 11, 24), False)])
def test_a_dose_for_children_ends_with_the_birthday(app, born, too_old):
    with app.app_context():
        vaccine = make.vaccine(short_name="Blue cap", min_age_years=5, below_age_years=12)
        person, today = make.recipient(birth_date=born), dt.date(2026, 11, 23)
        assert dose_checks.is_for_age(born, today, vaccine) is not too_old
        said = ["Blue cap is for people below 12 years; this person is 12."] if too_old else []
        assert dose_checks.warnings(person, vaccine, today, []) == said


def test_a_vaccine_for_nobody_is_refused(app):
    with app.app_context(), pytest.raises(RuleBroken) as refused:
        make.vaccine(min_age_years=12, below_age_years=12)
    assert refused.value.field == "below_age_years"


@pytest.mark.parametrize(("number", "series", "named"), [("1", 2, True), ("2", 2, False), ("1", 1, False)])
def test_the_mail_names_the_second_dose_after_the_first_of_a_series(app, number, series, named):
    with app.app_context():
        clinic = Clinic()
        with acting(make.SEED):
            clinic.item.lot.vaccine.doses_in_series = series
            db.session.flush()
        with acting(clinic.reach):
            given = doses.administer(clinic.new(dose_number=number), clinic.reach)
            said = db.session.scalars(select(Notice)).one().context
    expected = (given.given_on + dt.timedelta(days=21)).isoformat() if named else None
    assert said.get("second_dose_on") == expected
