"""The daily report of what each location has, for Vaccines.gov: computed from the ledger, never asked of people."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, relationship

from models.base import Entity, about, utcnow
from models.columns import day, instant, key_to, text, total, yes_no
from models.enrollment import Location
from models.scope import Scope
from models.stock import Vaccine

# Vaccines.gov: how long the supply lasts at the pace of the last days.
SUPPLY_LEVELS = {
    "0": _l("No supply"),
    "1": _l("Less than 24 hours"),
    "2": _l("24 hours"),
    "3": _l("24 to 48 hours"),
    "4": _l("More than 48 hours"),
}


class InventoryReportLine(Entity):
    """One location and vaccine on one day: in stock or not, for how long, and how many doses."""

    __tablename__ = "inventory_report_line"
    called = (_l("Line of the inventory report"), _l("Daily inventory report"))
    scope = Scope()
    __table_args__ = (UniqueConstraint("report_on", "location_id", "vaccine_id"),)

    report_on: Mapped[dt.date] = day(about(_l("Day of the report")), required=True)
    location_id: Mapped[int] = key_to("location.id", about(_l("Location")), required=True)
    vaccine_id: Mapped[int] = key_to("vaccine.id", about(_l("Vaccine")), required=True)
    quantity: Mapped[int] = total(about(_l("Doses on hand")))
    in_stock: Mapped[bool] = yes_no(about(_l("In stock")))
    supply_level: Mapped[str] = text(1, about(_l("Supply level"), choices=SUPPLY_LEVELS), required=True)
    quantity_last_updated: Mapped[dt.datetime] = instant(about(_l("Computed at")), required=True, default=utcnow)
    location: Mapped[Location] = relationship(info=about(_l("Location")))
    vaccine: Mapped[Vaccine] = relationship(info=about(_l("Vaccine")))

    def __str__(self) -> str:
        return f"{self.report_on} {self.location}"
