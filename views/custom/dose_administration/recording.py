"""The page of one person at the place in force: history, check-in, the dose, and taking it back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, current_app, flash, g, redirect, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import database, history
from app.rules import dose_checks, doses, recipients, visits
from app.rules.clock import today_at
from models.base import RuleBroken, db, utcnow
from models.doses import Dose
from models.enrollment import Location
from models.recipients import Recipient
from views.custom.dose_administration.forms import DoseForm, KeyForm, VoidForm, offers, said_of_all, sites
from views.page import Page, allowed, may, new_key, saved

OBSERVATION = dt.timedelta(minutes=15)


class DoseAdministration(Page):
    """Search, check in, record: one person at a time, from the stock of the place in force."""

    route_base = "/dose"
    entity = Dose
    default_view = "person"

    @expose("/person/<public_id>")
    @allowed("find", "Recipient")
    def person(self, public_id: str) -> Any:
        return self.sheet(someone(public_id))

    @expose("/person/<public_id>/check-in", methods=["POST"])
    @allowed("check_in", "Visit")
    def check_in(self, public_id: str) -> Any:
        person, form = someone(public_id), KeyForm()
        if not form.validate():
            abort(400)
        try:
            saved(lambda: visits.check_in(person, g.reach, form.key.data))
            flash(_("Checked in."), "success")
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
        return redirect(url_for("DoseAdministration.person", public_id=public_id), 303)

    @expose("/person/<public_id>/record", methods=["POST"])
    @allowed("administer")
    def record(self, public_id: str) -> Any:
        person, location, form = someone(public_id), here(), DoseForm()
        if location is None:
            abort(403)
        if not form.validate():
            return self.sheet(person, form, 422)
        said = form.said(person, location)
        database.write_from_here()
        key = saved(lambda: doses.administer(said, g.reach).id, form)
        if key is None:
            return self.sheet(person, form, 422)
        return redirect(url_for("DoseAdministration.given", pk=key), 303)

    def sheet(self, person: Recipient, form: DoseForm | None = None, code: int = 200) -> Any:
        """The person's page, with the form of the dose while the person is checked in here."""
        location = here()
        today = today_at(location)
        earlier = dose_checks.earlier_doses(person.id) if may("see", "Dose") else []
        history.shown("Dose", [dose.id for dose in earlier])
        visit, linked = visits.here_today(person, g.reach) if location else None, is_linked(person)
        values: dict[str, Any] = {"offers": [], "sites": sites(), "form": form}
        if location is not None and may("administer", "Dose") and (visit is not None or form is not None):
            proposal = doses.proposal(person, location, g.reach, earlier)
            if form is None:
                values["form"] = form = DoseForm(formdata=None)
                form.propose(proposal, visit.id, location)
            values["offers"] = offers(proposal["items"], form.lot.data, person, earlier, today)
            values["before"] = proposal["before"]
            values["against_all"] = said_of_all(values["offers"])
        return self.page(
            "dose/person.html",
            _("Recipient"),
            code,
            person=person,
            age=dose_checks.age_on(person.birth_date, today),
            earlier=earlier,
            visit=visit,
            location=location,
            key=new_key(),
            is_linked=linked,
            notes=recipients.warnings_about(person),
            edit_url=edit_url(person) if linked else None,
            here=location and location.id,
            **values,
        )

    @expose("/given/<int:pk>")
    @allowed("see")
    def given(self, pk: int) -> Any:
        dose = reached(pk)
        history.shown("Recipient", [dose.recipient_id])
        until = dose.given_at + OBSERVATION
        return self.page(
            "dose/given.html",
            _("Dose"),
            dose=dose,
            person=dose.recipient,
            observe_until=until if dose.status == "given" and utcnow() < until else None,
        )

    @expose("/given/<int:pk>/void", methods=["GET", "POST"])
    @allowed("void")
    def void(self, pk: int) -> Any:
        dose, form = reached(pk), VoidForm()
        answer = redirect(url_for("DoseAdministration.given", pk=pk), 303)
        if dose.status == "voided":
            return answer

        def work() -> Dose:
            return doses.void(dose, g.reach, form.void_reason.data or "", form.void_disposition.data)

        if form.is_submitted() and form.validate() and saved(work, form):
            flash(_("The dose record is taken back."), "success")
            return answer
        code = 422 if form.errors else 200
        history.shown("Recipient", [dose.recipient_id])
        return self.page("dose/void.html", _("Void a dose"), code, dose=dose, person=dose.recipient, form=form)


def someone(public_id: str) -> Recipient:
    """The person opened, statewide and noted in the history; 404 when there is none."""
    try:
        return recipients.by_public_id(public_id)
    except RuleBroken:
        abort(404)


def reached(pk: int) -> Dose:
    """A dose within reach, with what its page shows; 404 otherwise."""
    shown = (joinedload(Dose.recipient), joinedload(Dose.vaccine), joinedload(Dose.lot), joinedload(Dose.location))
    dose = db.session.scalars(select(Dose).where(Dose.id == pk).options(*shown, joinedload(Dose.given_by))).first()
    if dose is None:
        abort(404)
    history.shown("Dose", [dose.id])
    return dose


def here() -> Location | None:
    """The location in force, if the profile works at one."""
    return db.session.get(Location, g.reach.location_id) if g.reach.location_id else None


def is_linked(person: Recipient) -> bool:
    """Whether the place in force reaches this person's record beyond the search."""
    return db.session.scalar(select(Recipient.id).where(Recipient.id == person.id)) is not None


def edit_url(person: Recipient) -> str | None:
    """Where the registration of a person in reach is mended, for those who may."""
    is_there = "RecipientScreen.edit" in current_app.view_functions
    if not (is_there and may("edit", "Recipient")):
        return None
    return url_for("RecipientScreen.edit", pk=person.id)
