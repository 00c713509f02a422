"""A world with many rows of every entity and someone of each profile: for counting what a page asks the database.

Nothing here knows a screen or an entity by name but where people of a profile reach other rows than a place's; a new
entity comes in through `factories.AT_PLACE`, a new screen through the registry.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from sqlalchemy import event, func, inspect, select, update

from app import access
from models.agreements import Agreement
from models.applications import Application
from models.base import db
from models.enrollment import Location
from models.ink import Ink
from models.people import PortalUser
from models.recipients import Recipient
from models.registry import entities
from models.scope import acting
from models.transfers import Transfer
from tests import factories as make
from tests.screen_world import SYSTEM, World

APART = 30  # rows of each entity, each at a place of its own: nothing that they show is the same row
TOGETHER = 12  # rows of each entity at one place, whose staff look at them


def key_between(child: Any, parent: Any) -> Any:
    """The column by which rows of one entity belong to one of another."""
    for relation in inspect(child).relationships:
        if relation.direction.name == "MANYTOONE" and relation.mapper.class_ is parent:
            return next(iter(relation.local_columns))
    raise TypeError(f"{child.__name__} does not belong to {parent.__name__}")


@contextmanager
def nobody_missing() -> Iterator[None]:
    """Rows made inside name a user of their own wherever they may name one: an empty relation would cost nothing."""
    users = itertools.cycle([make.user().id for _ in range(APART)])

    def name_users(session: Any, *_: Any) -> None:
        for row in session.new:
            for relation in inspect(row).mapper.relationships:
                if relation.direction.name == "MANYTOONE" and relation.mapper.class_ is PortalUser:
                    (column,) = relation.local_columns
                    if getattr(row, column.key) is None and relation.key not in row.__dict__:
                        setattr(row, column.key, next(users))

    event.listen(db.session, "before_flush", name_users)
    try:
        yield
    finally:
        event.remove(db.session, "before_flush", name_users)


class CrowdedWorld(World):
    """Many rows of everything, some of them at `here`; `keys` names a row of each entity whose lists are long."""

    def _rows(self) -> SimpleNamespace:
        here = make.location().id
        person = make.recipient(at=db.session.get_one(Location, here)).id
        places = [make.location().id for _ in range(APART)]
        with nobody_missing():
            apart = {name: self._at(places, name) for name in entities()}
            together = {name: self._at([here] * TOGETHER, name) for name in entities()}
            here, person = db.session.get_one(Location, here), db.session.get_one(Recipient, person)
            self._of_the_person(person, here)
            self._of_the_employer(here.organization)
            item = [make.stock(here, make.lot()) for _ in range(TOGETHER)][0]
            for _ in range(TOGETHER):
                make.stock(here, item.lot)
                make.wastage(item=item)
        self._of_the_application(together["Application"][0])
        self._of_the_transfer(together["Transfer"][0])
        self._of_the_agreement(together["Agreement"][0], together["RedistributionAgreement"][0], here.organization)
        self.keys = {name: keys[0] for name, keys in together.items()} | {"InventoryItem": item.id}
        self.apart = apart
        self.people = {profile: self._someone(profile, here, person) for profile in access.profiles()}
        return SimpleNamespace(here=here.id, public_id=person.public_id)

    @staticmethod
    def _at(places: list[int], name: str) -> list[int]:
        """A row of an entity at each place. The session lets go of them: each flush walks through all that it holds."""
        keys = [make.AT_PLACE[name](db.session.get_one(Location, place)).id for place in places]
        db.session.flush()
        db.session.expunge_all()
        return keys

    def _of_the_person(self, person: Any, here: Any) -> None:
        for _ in range(TOGETHER):
            make.dose(person, here)
            make.proof(person)
        make.visit(person, here)

    def _of_the_employer(self, organization: Any) -> None:
        for _ in range(TOGETHER):
            make.recipient(employer=organization)
            make.upload_row(make.upload(organization=organization), recipient=make.recipient(employer=organization))

    def _of_the_application(self, key: int) -> None:
        application = db.session.get(Application, key)
        for _ in range(TOGETHER):
            make.application_event(application)
            make.submitted_version(application)

    def _of_the_transfer(self, key: int) -> None:
        transfer = db.session.get(Transfer, key)
        for _ in range(TOGETHER):
            make.transfer_event(transfer=transfer)

    def _of_the_agreement(self, key: int, redistribution: int, organization: Any) -> None:
        document = db.session.get(Agreement, key)
        for _ in range(TOGETHER):
            make.agreement_rows.signature(document)
            make.agreement_rows.agreement(organization, redistribution_id=redistribution)

    def _someone(self, profile: str, here: Any, person: Any) -> str:
        sides = {"location": {"location": here}, "organization": {"organization": here.organization},
                 "self": {"recipient": person}, "state": {}}  # fmt: skip
        return make.membership(profile, **sides[access.reach_of(profile)]).user.username

    def screens(self) -> list[Any]:
        """Every registered screen."""
        return [view for view in self.app.appbuilder.baseviews if hasattr(view, "personal_form")]

    def gather(self) -> None:
        """Gives one row of each entity a long list of each kind that its screen shows below it."""
        with self.app.app_context(), acting(SYSTEM):
            for view in self.screens():
                for below in view.related:
                    self._gather(view.entity, below.entity)
            db.session.commit()

    def _gather(self, parent: Any, child: Any) -> None:
        column, key = key_between(child, parent), self.keys[parent.__name__]
        if not issubclass(child, Ink):
            mine = child.__table__.c.id.in_(self.apart[child.__name__][:TOGETHER])
            db.session.execute(update(child.__table__).where(mine).values({column.name: key}))
        rows = db.session.scalar(select(func.count()).select_from(child).where(column == key))
        assert rows >= TOGETHER, f"make {TOGETHER} rows of {child.__name__} below one {parent.__name__}"
