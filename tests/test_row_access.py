"""Row access at the session: every entity, read and written, by every kind of reach; fail closed."""

import re
from pathlib import Path

import pytest
from sqlalchemy import event, exists, func, select, update
from sqlalchemy.orm import aliased

from app import history, row_access
from app.row_access import NAMED_EXCEPTIONS, OutOfReach
from models.base import Entity, RuleBroken, db
from models.doses import Dose
from models.enrollment import Location
from models.people import PortalUser, User
from models.recipients import Recipient
from models.registry import entities
from models.scope import Reach, acting
from models.shipments import Shipment
from tests import factories as make

EVERYONE = {"Vaccine", "Lot", "PriorityGroup", "ProgramRule", "StorageTime"}
STATE_ONLY = {"History", "Link", "Recall", "RecallPlace", "InventoryReportLine"}
HIDDEN_FROM_PLACES = {"SubmittedVersion"}  # it holds the section of the whole organization
HIDDEN_FROM_ORGANIZATION = {"Visit", "Notice", "Recipient", "RecipientLink", "Upload", "UploadRow", "Proof"}
STATE_ONLY |= {"OutsideIdentity"}
ROOT = Path(__file__).parents[1]


def at(location):
    return Reach(
        "location", user_id=-1, profile="Healthcare Location Manager", location_id=location.id,
        organization_id=location.organization_id,
    )  # fmt: skip


def made(name, place):
    """The key of a row of this entity that belongs to a place."""
    return make.AT_PLACE[name](place).id


def seen(entity, key):
    db.session.expunge_all()
    return db.session.get(entity, key)


@pytest.mark.parametrize("name", sorted(make.AT_PLACE))
def test_a_place_sees_its_own_rows_and_no_other_places(app, name):
    entity = entities()[name]
    with app.app_context():
        here, there = make.location(), make.location()
        mine, theirs, reach = made(name, here), made(name, there), at(here)
        db.session.commit()
        with acting(reach):
            assert (seen(entity, mine) is not None) is (name not in STATE_ONLY | HIDDEN_FROM_PLACES)
            assert (seen(entity, theirs) is not None) is (name in EVERYONE)
            counted = db.session.scalar(select(func.count()).select_from(entity).where(entity.id == theirs))
            assert counted == (1 if name in EVERYONE else 0)
            other = aliased(entity)
            assert bool(db.session.scalar(select(other.id).where(other.id == theirs))) is (name in EVERYONE)
            inside = select(entity.id).where(entity.id == theirs).subquery()
            assert bool(db.session.scalar(select(func.count()).select_from(inside))) is (name in EVERYONE)
            for past in (select(exists().where(entity.id == theirs)), select(entity.__table__.c.id)):
                with pytest.raises(OutOfReach):
                    db.session.scalar(past)


@pytest.mark.parametrize("name", sorted(make.AT_PLACE))
def test_an_organization_sees_the_rows_of_its_places(app, name):
    entity = entities()[name]
    with app.app_context():
        here, there = make.location(), make.location()
        mine, theirs = made(name, here), made(name, there)
        reach = Reach("organization", user_id=-1, organization_id=here.organization_id)
        db.session.commit()
        with acting(reach):
            hidden = name in STATE_ONLY | HIDDEN_FROM_ORGANIZATION
            assert (seen(entity, mine) is not None) is not hidden
            assert (seen(entity, theirs) is not None) is (name in EVERYONE)


@pytest.mark.parametrize("name", sorted(make.AT_PLACE))
def test_without_a_reach_there_are_no_rows(app, name):
    entity = entities()[name]
    with app.app_context():
        row = made(name, make.location())
        db.session.commit()
        with acting(None):
            assert seen(entity, row) is None
            assert db.session.scalar(select(func.count()).select_from(entity)) == 0


def test_every_entity_is_made_by_a_factory_and_declares_its_scope():
    assert set(entities()) == set(make.AT_PLACE)
    for entity in entities().values():
        assert entity.scope is not None, entity.__name__


@pytest.mark.parametrize("name", sorted(make.AT_PLACE))
def test_a_row_of_another_place_cannot_be_changed_or_removed(app, name):
    entity = entities()[name]
    with app.app_context():
        here, there = make.location(), make.location()
        theirs = make.AT_PLACE[name](there)
        key = theirs.id
        db.session.commit()
        if name in EVERYONE | STATE_ONLY | {"StockMovement"}:
            return  # everyone's rows are guarded by verbs, ink by its own rule
        with acting(at(here)):
            db.session.delete(theirs)
            with pytest.raises(OutOfReach):
                db.session.flush()
            db.session.rollback()
            if issubclass(entity, Entity):
                result = db.session.execute(update(entity).where(entity.id == key).values(row_version=77))
                assert result.rowcount == 0


def test_a_row_cannot_be_made_at_another_place_or_point_there(app):
    with app.app_context():
        here, there = make.location(), make.location()
        lot, stranger = make.lot(), make.recipient(at=there)
        db.session.commit()
        with acting(at(here)):
            db.session.add(Shipment(number="S-1", location_id=there.id, lot_id=lot.id, doses=10))
            with pytest.raises(OutOfReach):
                db.session.flush()
            db.session.rollback()
            shipment = Shipment(number="S-2", location_id=here.id, lot_id=999_999, doses=10)
            db.session.add(shipment)
            with pytest.raises(RuleBroken) as refusal:
                db.session.flush()
            assert refusal.value.field == "lot"
            db.session.rollback()
            visit = make.Visit(key="k", recipient_id=stranger.id, location_id=here.id, visited_on=stranger.birth_date)
            db.session.add(visit)
            with pytest.raises(RuleBroken) as refusal:
                db.session.flush()
            assert refusal.value.field == "recipient"


def test_the_one_stranger_among_many_is_refused_wherever_it_stands(app):
    """A flush asks for many rows in one statement, and in several where there are more than fit into one."""
    with app.app_context():
        here, stranger = make.location(), make.recipient(at=make.location())
        many = [make.recipient(at=here) for _ in range(row_access.QUESTIONS_AT_ONCE + 3)]
        people, day, theirs, mine = [one.id for one in many], stranger.birth_date, stranger.id, at(here)
        place = here.id
        db.session.commit()
        for stands in (None, 0, row_access.QUESTIONS_AT_ONCE, len(people)):
            keys = list(people)
            if stands is not None:
                keys.insert(stands, theirs)
            visits = [make.Visit(key=f"k{key}", recipient_id=key, location_id=place, visited_on=day) for key in keys]
            with acting(mine):
                db.session.add_all(visits)
                if stands is None:
                    db.session.flush()
                else:
                    with pytest.raises(RuleBroken) as refusal:
                        db.session.flush()
                    assert refusal.value.field == "recipient"
                db.session.rollback()


def test_what_was_found_in_reach_is_asked_for_anew_after_it_changed_and_in_the_next_transaction(app):
    with app.app_context():
        here, there = make.location(), make.location()
        lot, unit = make.lot(), make.storage_unit(here)
        keys, mine = (here.id, there.id, lot.id, unit.id), at(here)
        db.session.commit()

        def point_at_the_unit(number):
            db.session.add(
                Shipment(number=number, location_id=keys[0], lot_id=keys[2], doses=10, storage_unit_id=keys[3])
            )
            db.session.flush()

        with acting(mine):
            point_at_the_unit("S-1")
        with acting(make.SEED):  # within the same transaction it goes elsewhere
            unit.location_id = keys[1]
            db.session.flush()
        for _turn in ("in the transaction", "in the next"):
            with acting(mine), pytest.raises(RuleBroken) as refusal:
                point_at_the_unit("S-2")
            assert refusal.value.field == "storage_unit"
            db.session.expunge_all()
            db.session.commit()


def test_a_row_cannot_be_moved_to_another_place(app):
    with app.app_context():
        here, there = make.location(), make.location()
        shipment = make.shipment(here)
        db.session.commit()
        with acting(at(here)):
            shipment.location = there
            with pytest.raises(OutOfReach):
                db.session.flush()


def test_the_frameworks_own_user_class_is_guarded_too(app):
    with app.app_context():
        here, there = make.location(), make.location()
        made("PortalUser", here), made("PortalUser", there)
        db.session.commit()
        with acting(at(here)):
            assert len(db.session.scalars(select(User)).all()) == 1
            assert db.session.query(User.username).count() == 1


def test_a_recipient_sees_only_the_own_record(app):
    with app.app_context():
        place = make.location()
        me, other = make.recipient(at=place), make.recipient(at=place)
        mine, theirs = make.dose(me, place).id, make.dose(other, place).id
        my_key, other_key = me.id, other.id
        db.session.commit()
        with acting(Reach("self", user_id=-1, profile="Recipient", recipient_ids=(my_key,))):
            assert seen(Recipient, my_key) is not None and seen(Recipient, other_key) is None
            assert seen(Dose, mine) is not None and seen(Dose, theirs) is None
            assert db.session.scalar(select(func.count()).select_from(Location)) == 0
            assert db.session.scalar(select(func.count()).select_from(PortalUser)) == 0


def test_a_relation_follows_the_row_that_was_reached(app):
    """A dose's own place has a name for its recipient, though the recipient reaches no locations."""
    with app.app_context():
        dose = make.dose()
        key, whose = dose.id, dose.recipient_id
        db.session.commit()
        with acting(Reach("self", user_id=-1, recipient_ids=(whose,))):
            assert seen(Dose, key).location.name


def test_named_exceptions_are_few_and_each_is_used():
    used = set()
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("views/**/*.py"), *ROOT.glob("models/**/*.py")]:
        used |= set(re.findall(r'unscoped="(\w+)"', path.read_text(encoding="utf-8")))
    assert used == set(NAMED_EXCEPTIONS)
    assert len(NAMED_EXCEPTIONS) <= 14


def test_an_exception_that_has_no_name_is_refused(app):
    with app.app_context(), pytest.raises(OutOfReach):
        db.session.scalars(select(Recipient).execution_options(unscoped="because")).all()


def test_the_listeners_are_installed_once(app, monkeypatch):
    """Another app in the same process does not make them hear everything twice."""
    added = []
    monkeypatch.setattr(event, "listen", lambda *what: added.append(what[1]))
    row_access.install()
    history.install()
    assert added == []
