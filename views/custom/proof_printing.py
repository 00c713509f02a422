"""Proof printing: the paper for staff and for the person, and the page that says whether a paper holds."""

from __future__ import annotations

import io
from typing import Any

from flask import abort, current_app, flash, g, redirect, send_file, url_for
from flask_appbuilder import expose
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import history
from app.languages import in_force, state_name
from app.rules import proofs
from app.rules.clock import local
from models.base import RuleBroken, db
from models.doses import Dose, Proof
from models.recipients import Recipient
from views.page import Page, allowed, open_to_everyone, saved

FILE_NAME = "proof-of-vaccination.pdf"


class ProofPrinting(Page):
    """One button prints the proof: for staff of people in reach, for a recipient of oneself."""

    route_base = "/proof"
    entity = Proof
    default_view = "issue"

    @expose("/<public_id>/print", methods=["POST"])
    @allowed("issue")
    def issue(self, public_id: str) -> Any:
        person = db.session.scalars(select(Recipient).where(Recipient.public_id == public_id)).first()
        if person is None:
            abort(404)
        try:
            proof = saved(lambda: proofs.issue(person, g.reach))
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
            return redirect(back_to(person), 303)
        answer = send_file(io.BytesIO(paper(proof, language_of(person))), "application/pdf", download_name=FILE_NAME)
        answer.headers["Cache-Control"] = "no-store, private, max-age=0"
        return answer


class Verification(Page):
    """Says of a paper's number whether the proof holds, and then what the paper says; nothing else, to anybody."""

    route_base = "/verify"
    entity = Proof
    default_view = "verify"

    @expose("/<public_id>")
    @open_to_everyone
    def verify(self, public_id: str) -> Any:
        proof = proofs.verify(public_id)
        if proof is not None:
            history.shown("Proof", [proof.id])
        said = None if proof is None else {**proof.content, "issued_on": local(proof.issued_at, None).date()}
        return self.page("proof/verify.html", _("Check of a proof of vaccination"), proof=said)


class MyVaccinations(Page):
    """A recipient's own doses, those of each person one may act for, and the proof."""

    route_base = "/my-vaccinations"
    entity = Proof
    default_view = "show"
    label, icon, menu_verb = _l("My vaccinations"), "fa-syringe", "issue"
    menu_reach = "self"

    @expose("/")
    @allowed("issue")
    def show(self) -> Any:
        if g.reach.kind != "self":
            abort(404)
        people = db.session.scalars(select(Recipient).order_by(Recipient.birth_date)).all()
        shown = (joinedload(Dose.vaccine), joinedload(Dose.lot), joinedload(Dose.location))
        query = select(Dose).where(Dose.status == "given").options(*shown).order_by(Dose.given_on, Dose.id)
        doses = db.session.scalars(query).all()
        history.shown("Recipient", [person.id for person in people])
        history.shown("Dose", [dose.id for dose in doses])
        theirs = [(person, [dose for dose in doses if dose.recipient_id == person.id]) for person in people]
        return self.page("proof/mine.html", _("My vaccinations"), people=theirs)


def paper(proof: Proof, language: str) -> bytes:
    """The PDF of a proof, with the address that verifies it."""
    from app.formats.proof_pdf import proof_pdf

    said = {
        **proof.content,
        "public_id": proof.public_id,
        "issued_on": local(proof.issued_at, None).date().isoformat(),
    }
    with force_locale(language):
        said["issuer"] = _("State of %(name)s", name=state_name())
    return proof_pdf(said, f"{current_app.config['PUBLIC_URL']}/verify/{proof.public_id}", language)


def language_of(person: Recipient) -> str:
    """The paper is in the language of the page for oneself, else in the person's own."""
    mine = in_force()
    is_ours = person.language in current_app.config["LANGUAGES"]  # "other" is a preference, but no language of ours
    return person.language if is_ours and g.reach.kind != "self" else mine


def back_to(person: Recipient) -> str:
    """Where a refused print leads back to."""
    if g.reach.kind == "self":
        return url_for("MyVaccinations.show")
    return url_for("DoseAdministration.person", public_id=person.public_id)


PAGES = [ProofPrinting, Verification, MyVaccinations]
