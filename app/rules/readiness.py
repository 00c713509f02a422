"""What a newly approved location does next; each step is ticked off by what the database holds, by nobody's word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, exists, select

from models.base import db
from models.enrollment import Location
from models.people import Membership
from models.scope import Reach
from models.shipments import ARRIVED, Shipment
from models.uploads import Upload

TEAM = ("Healthcare Provider", "Front Desk", "Inventory Manager")


@dataclass(frozen=True)
class Task:
    """One step: what it is, where it is done and by whom, and the fact that shows it done at a location."""

    name: str
    label: Any
    help: Any
    href: str
    entity: str
    verb: str
    done: Callable[[int], ColumnElement[bool]]


TASKS = (
    Task(
        "team",
        _l("Bring in the team"),
        _l("Give access to those who check in, vaccinate and keep the inventory."),
        "/upload-onboarding/",
        "Upload",
        "send_team",
        lambda here: exists().where(Membership.location_id == here, Membership.profile.in_(TEAM)),
    ),
    Task(
        "shipment",
        _l("Receive the first shipment"),
        _l("Check what arrived and put it into stock."),
        "ShipmentScreen.list",
        "Shipment",
        "receive",
        lambda here: exists().where(Shipment.location_id == here, Shipment.status.in_(ARRIVED)),
    ),
    Task(
        "people",
        _l("Upload people"),
        _l("Send the first file of those whom you will vaccinate."),
        "/upload",
        "Upload",
        "send_file",
        lambda here: exists().where(
            Upload.location_id == here, Upload.kind == "recipients", Upload.status == "committed"
        ),
    ),
    Task(
        "paper",
        _l("Print the paper pack"),
        _l("Blank forms for the hours in which the console cannot be reached."),
        "/paper-pack/",
        "Location",
        "print_pack",
        lambda here: exists().where(Location.id == here, Location.paper_pack_on.is_not(None)),
    ),
)


def steps(by: Reach) -> list[tuple[Task, bool]]:
    """Each step at the place in force and whether it is done; none once all are, or where no vaccine is given.

    One question to the database for all of them.
    """
    if by.location_id is None:
        return []
    facts = [task.done(by.location_id).label(task.name) for task in TASKS]
    query = select(Location.status.label("standing"), *facts).where(Location.id == by.location_id)
    here = db.session.execute(query).mappings().first()
    if here is None or here["standing"] != "approved" or all(here[task.name] for task in TASKS):
        return []
    return [(task, bool(here[task.name])) for task in TASKS]
