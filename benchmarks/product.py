"""The product as a browser sees it: demo accounts signed in, and answers that are refused stop the run."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.demo.users import PASSWORD
from models.base import db
from models.doses import Dose, Visit
from models.enrollment import Location
from models.people import PortalUser
from models.recipients import Recipient, RecipientLink
from models.scope import Reach, acting
from tests.clinic import Browser, Page

SYSTEM = Reach.system("benchmark")
PLACE = "LOC-0001"  # where the demo's vaccinator and manager work


def signed_in(app: Flask, username: str) -> Browser:
    """A browser in which a demo account is signed in."""
    browser = Browser(app)
    browser.send("/login/", "/login/", username=username, password=PASSWORD)
    good(browser.client.get("/start/"))
    return browser


def good(answer: Any, code: int = 200) -> Any:
    """The answer, if it is the one that was hoped for: a refused request is fast, and no measurement."""
    if answer.status_code != code or answer.request.path.startswith("/login"):
        words = Page(answer).text[:300]
        raise RuntimeError(f"{answer.request.path} answered {answer.status_code} instead of {code}: {words}")
    return answer


def people_here(app: Flask, most: int) -> list[Recipient]:
    """People linked to the place, with doses, who have an e-mail address: free of the session."""
    with app.app_context(), acting(SYSTEM):
        place = select(Location.id).where(Location.number == PLACE).scalar_subquery()
        mine = select(RecipientLink.recipient_id).where(RecipientLink.location_id == place)
        doses = select(func.count()).where(Dose.recipient_id == Recipient.id).scalar_subquery()
        query = select(Recipient).where(Recipient.id.in_(mine), Recipient.email.is_not(None), doses > 0)
        found = list(db.session.scalars(query.order_by(Recipient.id.desc()).limit(most)))
        db.session.expunge_all()
        return found


def checked_in(app: Flask, people: list[Recipient]) -> tuple[list[tuple[int, str]], int]:
    """Checks everybody in today by the rule; answers (visit key, public id) of each, and the vaccinator's key."""
    from uuid import uuid4

    from app.rules import visits

    with app.app_context(), acting(SYSTEM):
        place = db.session.scalars(select(Location).where(Location.number == PLACE)).one()
        nurse = db.session.scalars(select(PortalUser).where(PortalUser.username == "vaccinator.demo")).one()
        by = SYSTEM.at(place.id)
        made: list[Visit] = [visits.check_in(db.session.merge(one), by, str(uuid4())) for one in people]
        db.session.commit()
        return [(visit.id, one.public_id) for visit, one in zip(made, people, strict=True)], nurse.id


def stocked(app: Flask, doses: int) -> int:
    """A shipment of the demo's first product comes to the place; answers the key of its lot."""
    import datetime as dt

    from app.rules import stock
    from models.base import utcnow
    from models.shipments import Shipment
    from models.stock import Lot, Vaccine

    with app.app_context(), acting(SYSTEM):
        place = db.session.scalars(select(Location).where(Location.number == PLACE)).one()
        vaccine = db.session.scalars(select(Vaccine).where(Vaccine.min_age_years.is_not(None)).order_by(Vaccine.id))
        number = f"BENCH-{utcnow():%H%M%S%f}"
        lot = Lot(vaccine=vaccine.first(), number=number, expires_on=utcnow().date() + dt.timedelta(days=60))
        arrived = Shipment(number=number, location=place, lot=lot, doses=doses)
        db.session.add(arrived)
        arrived.status = "received"
        stock.post(arrived, SYSTEM)
        db.session.commit()
        return lot.id
