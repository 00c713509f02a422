"""Every entity there is: importing this imports them all."""

from functools import cache
from pathlib import Path

from sqlalchemy.orm import configure_mappers

import models.access_requests
import models.account_history
import models.agreements
import models.applications
import models.doses
import models.enrollment
import models.history
import models.identities
import models.inventory_reports
import models.links
import models.notices
import models.people
import models.recalls
import models.recipients
import models.reviews
import models.sessions
import models.shipments
import models.sign_ins
import models.status
import models.stock
import models.stock_causes
import models.transfers
import models.uploads  # noqa: F401
from models.base import Entity
from models.ink import Ink
from models.people import PortalUser

configure_mappers()  # all at once, before a row is made: the first row must not find its entity half watched
MIGRATIONS = Path(__file__).with_name("migrations")


@cache
def entities() -> dict[str, type]:
    """Name -> class of every entity, users included."""
    found: dict[str, type] = {"PortalUser": PortalUser}
    todo: list[type] = [*Entity.__subclasses__()]
    while todo:
        entity = todo.pop()
        todo.extend(entity.__subclasses__())
        if entity is not Ink and hasattr(entity, "__table__") and entity.__module__.startswith("models."):
            found[entity.__name__] = entity
    return dict(sorted(found.items()))
