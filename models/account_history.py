"""The ledger once more, with the person behind each dose: everything that happened to a location's stock."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, about
from models.doses import Dose
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Scope
from models.stock import Lot, StockMovement


class AccountHistory(Entity):
    """A line of the ledger and, of a dose, to whom it was given (CVMS FAQ 26); read only."""

    __table__: Any = StockMovement.__table__
    called = (_l("Account history"), _l("Account history"))
    scope = Scope(location="location_id", organization="location.organization_id")

    location: Mapped[Location] = relationship(viewonly=True, info=about(_l("Location")))
    lot: Mapped[Lot] = relationship(viewonly=True, info=about(_l("Lot")))
    dose: Mapped[Dose | None] = relationship(viewonly=True, info=about(_l("Dose"), personal=True))
    by: Mapped[PortalUser | None] = relationship(viewonly=True, info=about(_l("By")))
