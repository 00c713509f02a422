"""Recording a dose from the stock of the place in force, and taking the record back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.rules import dose_checks, expiry, late_doses, locations, notices, recall_reach, stock
from app.rules.clock import local, today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Dose, Proof, Visit
from models.enrollment import Location
from models.recipients import Recipient
from models.scope import Reach
from models.stock import InventoryItem, Lot

CLOCKS_DIFFER = dt.timedelta(minutes=10)


@dataclass
class NewDose:
    """What a vaccinator says of a dose; `key` is made by the browser, so that sent twice it happens once.

    `given_at` is UTC; `lot_id` is a lot on hand at the place in force.
    """

    key: str
    visit_id: int
    lot_id: int
    dose_number: str
    body_site: str
    route: str
    given_at: dt.datetime
    suffix: str | None = None
    fact_sheet_given: bool = False
    expiry_checked: bool = False  # said where the lot has no final expiry
    override_reason: str = ""
    note: str = ""
    recipient_id: int | None = None  # whose page the form was on; it must be the visit's person


def proposal(person: Recipient, location: Location, by: Reach, earlier: list[Dose]) -> dict[str, Any]:
    """What the form starts with, after the doses so far: lot, site, route and dose number, as far as they are known."""
    today = today_at(location)
    stocked = stock.offered(location.id, today, late_doses.may_have_been_given(location.id, today))
    items = [item for item in stocked if stock.may_be_given(item, today)]
    lots_now = {item.lot_id for item in items}
    last = db.session.scalars(
        select(Dose)
        .where(Dose.location_id == location.id, Dose.given_by_id == by.user_id, Dose.given_on == today)
        .order_by(Dose.id.desc())
        .limit(1)
    ).first()
    among = _suited(items, person, earlier, today)
    lots = {item.lot_id: item for item in among}
    item = lots.get(last.lot_id) if last is not None else None
    item = item or (among[0] if among else None)
    return {
        "items": items,
        "before": list({item.lot_id: item for item in stocked if item.lot_id not in lots_now}.values()),
        "lot_id": item.lot_id if item else None,
        "body_site": last.body_site if last is not None else "LD",
        "route": (item.lot.vaccine.route if item else None) or "C28161",
        "suffix": last.given_by_suffix if last is not None else None,
        "dose_number": dose_checks.next_number(earlier),
    }


def _suited(items: list[InventoryItem], person: Recipient, earlier: list[Dose], today: dt.date) -> list[InventoryItem]:
    """Of what is on hand, what is for the person's age, and of that the product of the last dose; else all."""
    fits = [item for item in items if dose_checks.is_for_age(person.birth_date, today, item.lot.vaccine)]
    same = [item for item in fits if earlier and item.lot.vaccine_id == earlier[-1].vaccine_id]
    return same or fits or items


def done_before(key: str) -> Dose | None:
    """The dose this very form recorded already, if it did."""
    query = select(Dose).where(Dose.key == key).execution_options(unscoped="idempotency")
    return db.session.scalars(query).first()


def administer(new: NewDose, by: Reach) -> Dose:
    """Records a dose: dose, movement, visit and notice in one transaction; the same key, once.

    Raises RuleBroken naming the field: visit, lot, given_at, override_reason, fact_sheet_given, expiry_checked.
    """
    visit, person = _open_visit(new, by)
    if (known := done_before(new.key)) is not None:  # asked under the lock: two at once are one after the other
        return _same_or_refused(known, new, by)
    if visit.recipient_id != person.id:
        raise RuleBroken(_("This form belongs to another person. Please open it anew."))
    if visit.status != "checked_in":
        raise RuleBroken(_("This person is not checked in here today."), field="visit")
    location = db.session.get_one(Location, by.location_id)
    locations.refuse_giving(location)
    if new.given_at > utcnow() + CLOCKS_DIFFER:
        raise RuleBroken(_("The dose cannot be given in the future."), field="given_at")
    given_on = local(new.given_at, location).date()
    earlier = dose_checks.earlier_doses(person.id, are_shown=False)  # before others wait for the stock of the lot
    item, lot = _item_here(new, location.id, given_on)
    dose_checks.refuse_impossible(person, lot, given_on, today_at(location))
    dose_checks.refuse_recalled(lot, new.given_at)
    expiry.refuse_if_over(item, given_on)
    against = dose_checks.warnings(person, lot.vaccine, given_on, earlier)
    if against and not new.override_reason.strip():
        raise RuleBroken(" ".join(against), field="override_reason")
    if not new.fact_sheet_given:
        raise RuleBroken(_("Please give the fact sheet before the dose and say so here."), field="fact_sheet_given")
    expiry.refuse_unless_looked_up(item, given_on, new.expiry_checked, by)
    visit.status = "vaccinated"
    dose = _write(new, visit, lot, given_on, by)
    if item.available < 1:
        late_doses.find_again(item, dose, by)
    stock.post(dose, by, item_id=item.id)
    _tell_recall(lot)
    notices.queue(
        "dose_given",
        person,
        f"dose-{dose.id}",
        by,
        vaccine=lot.vaccine.short_name,
        given_on=given_on.isoformat(),
        place=location.name,
        dose_number=new.dose_number,
        **_second_dose(new, lot, given_on),
    )
    return dose


def _tell_recall(lot: Lot | None) -> None:
    """A recall in force counts whom it reaches anew, when a dose of its lot is recorded late or taken back."""
    if lot is not None and lot.status == "recalled":
        recall_reach.count_again(lot.id)


def _second_dose(new: NewDose, lot: Lot, given_on: dt.date) -> dict[str, str]:
    """When the second dose of a series may be given, after the first; the mail says that it is no appointment."""
    vaccine = lot.vaccine
    if new.dose_number != "1" or (vaccine.doses_in_series or 1) < 2 or not vaccine.min_interval_days:
        return {}
    return {"second_dose_on": (given_on + dt.timedelta(days=vaccine.min_interval_days)).isoformat()}


def _same_or_refused(known: Dose, new: NewDose, by: Reach) -> Dose:
    same = known.visit_id == new.visit_id and known.location_id == by.location_id
    if not same:
        raise RuleBroken(_("This form was already used for another dose. Please open a new one."))
    return known


def _open_visit(new: NewDose, by: Reach) -> tuple[Visit, Recipient]:
    """The person, locked, and the visit as it then is: two doses of one person are recorded one after the other."""
    if by.location_id is None:
        raise RuleBroken(_("Doses are recorded at a location. Please switch to one."))
    here = (Visit.id == new.visit_id, Visit.location_id == by.location_id)
    whose = new.recipient_id or db.session.scalar(select(Visit.recipient_id).where(*here))
    person = None if whose is None else db.session.get(Recipient, whose, with_for_update=True)
    visit = db.session.scalars(select(Visit).where(*here).execution_options(populate_existing=True)).first()
    if visit is None or person is None:
        raise RuleBroken(_("This person is not checked in here today."), field="visit")
    return visit, person


def _item_here(new: NewDose, location_id: int, given_on: dt.date) -> tuple[InventoryItem, Lot]:
    """The stock the dose is drawn from, and its lot, standing still until the dose is written.

    Of a lot kept in several storage states it is the part that must be used up first; of one that is all gone, a part
    that the dose may have left with, since it was given.
    """
    still = select(Lot).where(Lot.id == new.lot_id).options(joinedload(Lot.vaccine))
    still = still.with_for_update(read=True, of=Lot).execution_options(populate_existing=True)
    lot = db.session.scalars(still).first()
    parts = stock.held(location_id, new.lot_id)
    left = [item for item in parts if item.available > 0] or late_doses.parts_it_left_with(parts, new.given_at)
    if lot is None or not left:
        raise RuleBroken(stock.used_up(), field="lot")
    item = min(left, key=lambda one: (one.was_held(new.given_at), one.hold_reason is not None, one.use_by < given_on))
    if item.was_held(new.given_at) and lot.status == "available":
        raise RuleBroken(_("These vials are on hold and must not be given."), field="lot")
    return item, lot


def _write(new: NewDose, visit: Visit, lot: Lot, given_on: dt.date, by: Reach) -> Dose:
    dose = Dose(
        key=new.key,
        recipient_id=visit.recipient_id,
        visit_id=visit.id,
        location_id=visit.location_id,
        vaccine_id=lot.vaccine_id,
        lot_id=lot.id,
        dose_number=new.dose_number,
        body_site=new.body_site,
        route=new.route,
        given_at=new.given_at,
        given_on=given_on,
        given_by_id=by.user_id,
        given_by_suffix=new.suffix or None,
        fact_sheet_on=lot.vaccine.fact_sheet_on,
        override_reason=new.override_reason.strip() or None,
        note=new.note.strip() or None,
    )
    db.session.add(dose)
    db.session.flush()
    return dose


def void(dose: Dose, by: Reach, reason: str, disposition: str) -> Dose:
    """Takes a dose record back: the dose returns to stock or goes to waste, and its proofs no longer hold.

    Raises RuleBroken for field void_reason or void_disposition, or when it is voided already.
    """
    if dose.status == "voided":
        raise RuleBroken(_("This dose is already voided."))
    if not reason.strip():
        raise RuleBroken(_("Please say why the dose is voided."), field="void_reason")
    if disposition not in ("return", "waste"):
        raise RuleBroken(_("Please say what became of the dose."), field="void_disposition")
    dose.void_reason, dose.void_disposition = reason.strip(), disposition
    dose.voided_at, dose.voided_by_id = utcnow(), by.user_id
    dose.status = "voided"
    item_id = stock.drawn_from(dose)
    stock.post(dose, by, item_id=item_id)
    if disposition == "return":
        late_doses.lose_again(dose, item_id, by)
    _tell_recall(dose.lot)
    if dose.visit is not None and dose.visit.status == "vaccinated":
        dose.visit.status = "checked_in"
    for proof in db.session.scalars(
        select(Proof).where(Proof.recipient_id == dose.recipient_id, Proof.revoked_at.is_(None))
    ):
        proof.revoked_at = utcnow()
    notices.queue("dose_voided", dose.recipient, f"void-{dose.id}", by, given_on=dose.given_on.isoformat())
    return dose
