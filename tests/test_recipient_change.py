"""Correcting a registration through the generated form."""

import pytest

from app.rules import recipients
from models.base import RuleBroken, db
from models.scope import acting
from tests import factories as make


def test_a_phone_is_taken_however_typed_and_an_unknown_group_is_refused(app):
    with app.app_context(), acting(make.SEED):
        person = make.recipient()
        person.phone, person.priority_group = "(919) 555-0123", "3"
        recipients.change(person, make.SEED)
        db.session.flush()
        assert (person.phone, person.priority_group) == ("9195550123", "3")
        person.priority_group = "9z"
        with pytest.raises(RuleBroken) as refusal:
            recipients.change(person, make.SEED)
        assert refusal.value.field == "priority_group"


def test_several_races_are_stored_as_codes_and_an_unknown_one_is_refused(app):
    with app.app_context(), acting(make.SEED):
        person = make.recipient(races="2106-3;2054-5")
        person.races = "2106-3;martian"
        with pytest.raises(RuleBroken) as refusal:
            db.session.flush()
        assert refusal.value.field == "races"
        db.session.rollback()
