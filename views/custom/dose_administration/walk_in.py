"""Registering a person who walks in: never turned away for what is missing. Source: CVMS FAQ 20, 27 and 30."""

from __future__ import annotations

import re
from typing import Any

from flask import current_app, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import BooleanField, Field, HiddenField, validators

from app.rules import recipients, visits
from models.base import UNSTORABLE, db
from models.recipients import ALPHABET, PriorityGroup, Recipient, new_public_id
from views import asked
from views.fields import CodeField, column_field, relation_field
from views.page import Page, allowed, may, new_key, saved
from views.words import describe

PARTS = (
    (_l("Who"), ("first_name", "middle_name", "last_name", "suffix", "birth_date")),
    (_l("How to reach"), ("phone", "email", "language")),
    (_l("Address"), ("street", "street2", "city", "state", "zip_code", "county", "lives_in_nc")),
    (_l("Work"), ("employer", "industry", "works_in_nc")),
    (_l("About the person"), ("sex", "races", "ethnicity", "priority_group", "external_id")),
)
FROM_SEARCH = ("last_name", "first_name", "birth_date", "phone", "external_id")
NEEDED = ("first_name", "last_name", "birth_date")
WORDS = {
    "employer": (
        _l("Select Employer (if applicable)"),
        _l("Type a part of the name. Leave empty if not employed or retired."),
    ),
    "industry": (None, _l("Choose Other for a person who is not employed or retired.")),
    "first_name": (None, _l("The actual name, no alias: this is a medical record.")),
}


class WalkInForm(FlaskForm):
    """The fields of a recipient, as the model declares them; only names and birth date must be given."""

    public_id = HiddenField()
    key = HiddenField()
    is_another = BooleanField(_l("This is another person of the same name and birth date."))

    def of_its_own(self) -> None:
        """A number and a key made with the page: the same form sent twice registers and checks in once."""
        if not re.fullmatch(f"[{ALPHABET}]{{12}}", self.public_id.data or ""):
            self.public_id.data = new_public_id()
        if not re.fullmatch("[0-9a-f-]{36}", self.key.data or ""):
            self.key.data = new_key()

    def values(self) -> dict[str, Any]:
        """What was typed, as columns of a recipient."""
        typed = {name: self[name].data for _heading, names in PARTS for name in names}
        employer = typed.pop("employer")
        typed["races"] = ";".join(typed["races"] or []) or None
        return {**typed, "public_id": self.public_id.data, "employer_id": employer.id if employer else None}


def priority_groups() -> dict[str, str]:
    """The groups of the state's plan, in words."""
    return {group.code: str(group) for group in db.session.scalars(select(PriorityGroup).order_by(PriorityGroup.code))}


def _field(name: str) -> Field:
    what = describe(Recipient, name)
    if name == "priority_group":
        return CodeField(what.label, codes=priority_groups, validators=[validators.Optional()])
    if what.relation is not None:
        field = relation_field(what, "", listed=False, needed=False)
    else:
        field = column_field(what, needed=name in NEEDED)
    label, help_ = WORDS.get(name, (None, None))
    if label or help_:
        field.kwargs |= {"label": label or what.label, "description": help_}
        field.args = ()
    return field


for _heading, _names in PARTS:
    for _name in _names:
        setattr(WalkInForm, _name, _field(_name))


class WalkIn(Page):
    """The registration form of a walk-in; saved, the person is checked in."""

    route_base = "/walk-in"
    entity = Recipient
    default_view = "register"

    @expose("/", methods=["GET", "POST"])
    @allowed("register")
    def register(self) -> Any:
        if request.form.get("from_search") == "1":  # as with the search itself: no page that was posted
            asked.keep(type(self).__name__, FROM_SEARCH)
            return redirect(url_for("WalkIn.register", from_search=1), 303)
        typed = asked.kept(type(self).__name__) if request.method == "GET" and "from_search" in request.args else None
        form = WalkInForm() if typed is None else WalkInForm(typed, meta=asked.TAKEN)
        form.of_its_own()
        if not form.is_submitted():
            if form.state.data is None:
                form.state.data, form.lives_in_nc.data = current_app.config["STATE_CODE"], True
            return self.show(form)
        if not form.validate():
            return self.show(form, 422)
        twins = [] if form.is_another.data else self.twins(form)
        if twins:
            return self.show(form, 422, twins=twins)
        return self.save(form)

    def save(self, form: WalkInForm) -> Any:
        """Registers and, where asked, checks in: both or neither."""
        known: list[str] = []

        def work() -> tuple[Recipient, list[str]]:
            try:
                person, warnings = recipients.register(form.values(), g.reach)
            except recipients.AlreadyKnown as already:
                known.append(already.public_id)
                raise
            if "check_in" in request.form and may("check_in", "Visit"):
                visits.check_in(person, g.reach, form.key.data)
            return person, warnings

        done = saved(work, form)
        if done is None:
            return self.show(form, 422, known=known[0] if known else None)
        person, _warnings = done  # the person's page says them
        flash(_("Registered."), "success")
        return redirect(url_for("DoseAdministration.person", public_id=person.public_id), 303)

    def twins(self, form: WalkInForm) -> list[Any]:
        """People who may be this very person; the one this form has registered already is not asked about."""
        found = recipients.namesakes(form.first_name.data, form.last_name.data, form.birth_date.data)
        return [] if any(one.public_id == form.public_id.data for one in found) else found

    def show(self, form: WalkInForm, code: int = 200, **more: Any) -> Any:
        """The form, in its parts."""
        return self.page(
            "dose/walk_in.html",
            _l("Register a walk-in"),
            code,
            form=form,
            parts=PARTS,
            may_check_in=may("check_in", "Visit"),
            look_up_url=url_for("WalkIn.employers"),
            **more,
        )

    @expose("/employers", methods=["POST"])
    @allowed("register")
    def employers(self) -> Any:
        """Known organizations by a part of their name."""
        found = recipients.employers(UNSTORABLE.sub("", request.form.get("q", "")))
        return jsonify(results=[{"id": key, "text": words} for key, words in found])
