"""Rows for tests: each function makes one row of an entity, with what it needs, and flushes it."""

import datetime as dt
import itertools
import uuid
from functools import cache
from typing import Any

from sqlalchemy import select
from werkzeug.security import generate_password_hash

from app import history_chain
from app.rules import links
from app.rules import stock as ledger
from app.rules.clock import today_at
from models.access_requests import AccessRequest
from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from models.base import db, utcnow
from models.doses import Dose, Proof, Visit
from models.enrollment import Location, Organization, StorageUnit
from models.history import History
from models.identities import OutsideIdentity
from models.links import Link
from models.notices import Notice
from models.people import Membership, PortalUser
from models.recipients import PriorityGroup, Recipient, RecipientLink
from models.reviews import ChangeRequest, LocationEvent
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem, Lot, StockMovement, Vaccine
from models.uploads import Upload, UploadRow

PASSWORD = "a-long-test-password"
numbers = itertools.count(1)
codes = itertools.count(1)  # of priority groups, which are short
SEED = Reach.system("test")


@cache
def hashed() -> str:
    """The hash of the test password, made once and cheaply."""
    return generate_password_hash(PASSWORD, method="pbkdf2:sha256:1")


def saved(row: Any) -> Any:
    """Adds and flushes a row as the system."""
    with acting(SEED):
        db.session.add(row)
        db.session.flush()
    return row


def organization(**more: Any) -> Organization:
    n = next(numbers)
    return saved(Organization(**{"number": f"ORG-{n:05}", "name": f"Organization {n}", "kind": "provider", **more}))


def location(**more: Any) -> Location:
    n = next(numbers)
    more.setdefault("organization", None) or more.update(organization=organization())
    return saved(Location(**{"number": f"LOC-{n:05}", "name": f"Clinic {n}", **more}))


def storage_unit(location: Location | None = None, **more: Any) -> StorageUnit:
    return saved(StorageUnit(location=location or globals()["location"](), name="Refrigerator 1", **more))


def location_event(location: Location | None = None, **more: Any) -> LocationEvent:
    return saved(LocationEvent(**{"location": location or globals()["location"](), "status": "approved", **more}))


def application(location: Location | None = None, **more: Any) -> Application:
    """An application of the place's organization, with Section A and, for a place, its Section B."""
    place = location or globals()["location"]()
    name = place.organization.name
    values = {"number": f"APP-{next(numbers):05}", "organization": place.organization, "organization_name": name}
    found = saved(Application(**{**values, **more}))
    saved(Section(application=found, kind="A", name=name))
    section(place, application=found)
    return found


def section(location: Location | None = None, **more: Any) -> Section:
    """Section B of a place."""
    place = location or globals()["location"]()
    if "application" not in more:
        with acting(SEED):
            return next(one for one in application(place).sections if one.kind == "B")
    return saved(Section(**{"kind": "B", "name": place.name, "location": place, "content": {}, **more}))


def application_event(application: Application | None = None, **more: Any) -> ApplicationEvent:
    found = application or globals()["application"]()
    return saved(ApplicationEvent(**{"application": found, "kind": "started", **more}))


def submitted_version(application: Application | None = None, **more: Any) -> SubmittedVersion:
    found = application or globals()["application"]()
    values = {"application": found, "round": next(numbers), "content": {"sections": []}}
    return saved(SubmittedVersion(**{**values, **more}))


def change_request(location: Location | None = None, **more: Any) -> ChangeRequest:
    """A remark that was sent, on the Section B of a place."""
    about = more.pop("section", None) or section(location)
    values = {
        "application_id": about.application_id,
        "section": about,
        "round": next(numbers),
        "remark": "Please look.",
    }
    return saved(ChangeRequest(**{**values, "path": "location.name", "sent_at": utcnow(), **more}))


def user(username: str = "", **more: Any) -> PortalUser:
    username = username or f"user{next(numbers)}"
    values = {"first_name": "Robin", "last_name": "Tester", "email": f"{username}@example.org", "active": True}
    return saved(PortalUser(**{"username": username, "password": hashed(), **values, **more}))


def membership(profile: str, user: PortalUser | None = None, **place: Any) -> Membership:
    return saved(Membership(user=user or globals()["user"](), profile=profile, **place))


def access_request(location: Location | None = None, **more: Any) -> AccessRequest:
    n = next(numbers)
    values = {"first_name": "Ida", "last_name": "Newcomer", "email": f"ida{n}@example.org", "profile": "Front Desk"}
    return saved(AccessRequest(**{**values, "location": location or globals()["location"](), "how": "asked", **more}))


def vaccine(**more: Any) -> Vaccine:
    n = next(numbers)
    values = {"name": f"Vaccine {n}", "short_name": f"Vax {n}", "cvx": "208", "mvx": "PFR", "manufacturer": "Pfizer"}
    return saved(Vaccine(**{**values, "min_interval_days": 21, "route": "C28161", **more}))


def lot(**more: Any) -> Lot:
    more.setdefault("vaccine", None) or more.update(vaccine=vaccine())
    expires = today_at(None) + dt.timedelta(days=90)
    return saved(Lot(**{"number": f"EN{next(numbers):05}", "expires_on": expires, **more}))


def shipment(location: Location | None = None, lot: Lot | None = None, doses: int = 100, **more: Any) -> Shipment:
    place, what = location or globals()["location"](), lot or globals()["lot"]()
    return saved(Shipment(number=f"SH-{next(numbers):05}", location=place, lot=what, doses=doses, **more))


def stock(location: Location | None = None, lot: Lot | None = None, doses: int = 100) -> InventoryItem:
    """Doses on hand, come by a received shipment."""
    arrived = shipment(location, lot, doses)
    with acting(SEED):
        arrived.status = "received"
        line = ledger.post(arrived, SEED)[0]
        return db.session.get_one(InventoryItem, line.inventory_item_id)


def movement(location: Location | None = None) -> StockMovement:
    item = stock(location)
    with acting(SEED):
        return db.session.query(StockMovement).filter_by(inventory_item_id=item.id).one()


def recipient(at: Location | None = None, employer: Organization | None = None, **more: Any) -> Recipient:
    """A person, linked to a place or to an organization that sent the name."""
    values = {"first_name": "Ana", "last_name": "García", "birth_date": dt.date(1980, 5, 17), "lives_in_nc": True}
    person = saved(Recipient(**{**values, **more}))
    if at is not None:
        recipient_link(person, location=at)
    if employer is not None:
        recipient_link(person, organization=employer)
    return person


def recipient_link(person: Recipient | None = None, **place: Any) -> RecipientLink:
    return saved(RecipientLink(recipient=person or recipient(), how="upload", **place))


def priority_group(**more: Any) -> PriorityGroup:
    return saved(PriorityGroup(**{"code": f"g{next(codes) % 1000}", "name": "Everyone", **more}))


def visit(person: Recipient | None = None, location: Location | None = None, **more: Any) -> Visit:
    place = location or globals()["location"]()
    person = person or recipient(at=place)
    values = {"key": str(uuid.uuid4()), "visited_on": today_at(None), "checked_in_at": utcnow()}
    return saved(Visit(**{**values, "recipient": person, "location": place, **more}))


def dose(person: Recipient | None = None, location: Location | None = None, **more: Any) -> Dose:
    """A dose given from stock, with its movement."""
    place = location or globals()["location"]()
    person = person or recipient(at=place)
    item = stock(place)
    values = {
        "key": str(uuid.uuid4()), "dose_number": "1", "given_at": utcnow(), "given_on": today_at(None),
        "vaccine_id": item.lot.vaccine_id, "lot_id": item.lot_id, "body_site": "LD", "route": "C28161",
    }  # fmt: skip
    given = saved(Dose(**{**values, "recipient": person, "location": place, **more}))
    with acting(SEED):
        ledger.post(given, SEED)
    return given


def proof(person: Recipient | None = None, **more: Any) -> Proof:
    person = person or recipient()
    content = {"name": person.full_name, "birth_date": person.birth_date.isoformat(), "doses": []}
    return saved(Proof(recipient=person, content=content, **more))


def upload(location: Location | None = None, organization: Organization | None = None, **more: Any) -> Upload:
    place = {"organization": organization} if organization else {"location": location or globals()["location"]()}
    sent = Upload(file_name="people.csv", sha256="0" * 64, **place, **more)
    sent.status = "reviewed"
    return saved(sent)


def upload_row(upload: Upload | None = None, **more: Any) -> UploadRow:
    values = {"row": next(numbers), "typed": {"First Name": "Ana"}, "outcome": "new", "errors": []}
    return saved(UploadRow(upload=upload or globals()["upload"](), **{**values, **more}))


def notice(location: Location | None = None, **more: Any) -> Notice:
    values = {"kind": "welcome", "to_address": "ana@example.org", "context": {}, "next_try_at": utcnow()}
    unique = {"once": str(uuid.uuid4()), "message_id": f"<{uuid.uuid4()}@example.org>"}
    return saved(Notice(location=location, **{**values, **unique, **more}))


def link(purpose: str = "test", **more: Any) -> Link:
    with acting(SEED):
        return links.make(purpose, more.pop("email", "ana@example.org"), more.pop("subject", "test:1"), SEED, **more)


def outside_identity(user: PortalUser | None = None, **more: Any) -> OutsideIdentity:
    values = {"username": f"ncid{next(numbers)}", **more}
    return saved(OutsideIdentity(user=user or globals()["user"](), **values))


def history(**more: Any) -> History:
    """An entry, sealed as the product does it."""
    values: dict[str, Any] = {column.name: None for column in History.__table__.columns}
    for given in ("id", "chain", "seq", "hash"):
        del values[given]
    now = {"at": utcnow(), "created_at": utcnow(), "row_version": 1}
    said = {"act": "test", "method": "GET", "outcome": "done", "shown": [], "changed": []}
    history_chain.append(db.session.connection(), {**values, **now, **said, **more}, None)
    with acting(SEED):
        return db.session.scalars(select(History).order_by(History.id.desc()).limit(1)).one()


# How to make a row of each entity that belongs to a given place (and its organization).
AT_PLACE: dict[str, Any] = {
    "Application": lambda place: application(place),
    "ApplicationEvent": lambda place: application_event(application(place)),
    "AccessRequest": lambda place: access_request(place),
    "ChangeRequest": lambda place: change_request(place),
    "Dose": lambda place: dose(location=place),
    "History": lambda place: history(location_id=place.id),
    "InventoryItem": lambda place: stock(place),
    "Link": lambda place: link(),
    "Location": lambda place: place,
    "LocationEvent": lambda place: location_event(place),
    "Lot": lambda place: lot(),
    "Membership": lambda place: membership("Front Desk", location=place),
    "Notice": lambda place: notice(place),
    "OutsideIdentity": lambda place: outside_identity(),
    "Organization": lambda place: place.organization,
    "PortalUser": lambda place: membership("Front Desk", location=place).user,
    "PriorityGroup": lambda place: priority_group(),
    "Proof": lambda place: proof(recipient(at=place)),
    "Recipient": lambda place: recipient(at=place),
    "RecipientLink": lambda place: recipient_link(location=place),
    "Section": lambda place: section(place),
    "Shipment": lambda place: shipment(place),
    "StockMovement": lambda place: movement(place),
    "StorageUnit": lambda place: storage_unit(place),
    "SubmittedVersion": lambda place: submitted_version(application(place)),
    "Upload": lambda place: upload(place),
    "UploadRow": lambda place: upload_row(upload(place)),
    "Vaccine": lambda place: vaccine(),
    "Visit": lambda place: visit(location=place),
}

from tests import agreement_rows, stock_factories  # noqa: E402  they make their rows of those above
from tests.stock_factories import *  # noqa: E402, F403

AT_PLACE |= agreement_rows.AT_PLACE | stock_factories.AT_PLACE
