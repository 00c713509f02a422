"""What a vaccinator says of a dose, and of a dose taken back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    TextAreaField,
    validators,
)
from wtforms.fields.choices import SelectChoice

from app.fab.keys import LARGEST
from app.rules import dose_checks, expiry
from app.rules.clock import local, to_utc
from app.rules.doses import NewDose
from models.base import choices_of, utcnow
from models.doses import DISPOSITIONS, Dose
from models.enrollment import Location
from models.recipients import Recipient
from models.stock import PLACEHOLDER_EXPIRY
from views.fields import STYLE, Between, column_field, stripped
from views.page import new_key
from views.words import describe

FIRST_SITES = ("LD", "RD")
NEEDED = _l("Please choose one.")
KEY = {"validators": [validators.InputRequired(NEEDED), Between(1, LARGEST)]}
WALL = "%Y-%m-%dT%H:%M"


def _of_dose(name: str, needed: bool) -> Field:
    return column_field(describe(Dose, name), needed=needed)


class KeyForm(FlaskForm):
    """An act that needs no more than its idempotency key."""

    key = HiddenField(validators=[validators.Regexp(r"^[0-9a-f-]{36}$", message=_l("Please open the form anew."))])


class DoseForm(KeyForm):
    """Everything is proposed; the lot is checked by the rule, so that a form sent twice is answered the same."""

    visit = HiddenField(validators=[validators.Regexp(r"^\d{1,18}$", message=_l("Please open the form anew."))])
    lot = IntegerField(_l("Lot"), **KEY)
    body_site = _of_dose("body_site", True)
    dose_number = _of_dose("dose_number", True)
    given_at = DateTimeLocalField(
        _l("Given at"), format=[WALL, "%Y-%m-%dT%H:%M:%S"], render_kw=STYLE, validators=[validators.InputRequired()]
    )
    route = _of_dose("route", True)
    suffix = _of_dose("given_by_suffix", False)
    fact_sheet_given = BooleanField(_l("Fact sheet given to the person"))
    expiry_checked = BooleanField(_l("I looked up the expiry of this lot; it may be given today"))
    override_reason = TextAreaField(
        _l("Reason for giving it all the same"),
        filters=[stripped],
        render_kw={**STYLE, "rows": 2},
        validators=[validators.Optional(), validators.Length(max=400)],
    )
    note = TextAreaField(
        _l("Note (optional)"),
        filters=[stripped],
        render_kw={**STYLE, "rows": 2},
        validators=[validators.Optional(), validators.Length(max=2000)],
    )

    def validate_given_at(self, field: Any) -> None:
        """A year that no clock of ours knows is refused here; the rest is the rule's."""
        if field.data is not None and not 1900 <= field.data.year <= 2200:
            raise validators.ValidationError(_("Please give the day and time."))

    def propose(self, proposal: dict[str, Any], visit_id: int, location: Location) -> None:
        """Fills in what is known before anything is said."""
        self.key.data, self.visit.data = new_key(), str(visit_id)
        self.lot.data = proposal["lot_id"]
        for name in ("body_site", "route", "suffix", "dose_number"):
            self[name].data = proposal[name]
        self.given_at.data = local(utcnow(), location).replace(second=0, microsecond=0, tzinfo=None)
        self.fact_sheet_given.data = True

    def said(self, person: Recipient, location: Location) -> NewDose:
        """What was said, for the rule."""
        return NewDose(
            key=self.key.data,
            visit_id=int(self.visit.data),
            lot_id=self.lot.data,
            dose_number=self.dose_number.data,
            body_site=self.body_site.data,
            route=self.route.data,
            given_at=to_utc(self.given_at.data, location),
            suffix=self.suffix.data,
            fact_sheet_given=self.fact_sheet_given.data,
            expiry_checked=self.expiry_checked.data,
            override_reason=self.override_reason.data or "",
            note=self.note.data or "",
            recipient_id=person.id,
        )


class VoidForm(FlaskForm):
    """Why a record is taken back, and what became of the dose."""

    void_reason = TextAreaField(
        _l("Reason"),
        filters=[stripped],
        render_kw={**STYLE, "rows": 3},
        validators=[validators.InputRequired(_l("Please say why the dose is voided.")), validators.Length(max=400)],
    )
    void_disposition = RadioField(
        _l("What became of the dose"),
        choices=[SelectChoice(code, words) for code, words in DISPOSITIONS.items()],
        validate_choice=False,
        validators=[validators.AnyOf(DISPOSITIONS, message=_l("Please say what became of the dose."))],
    )


def sites() -> tuple[list[Any], list[Any]]:
    """The body sites, the two arms first and the rest apart."""
    codes = choices_of(describe(Dose, "body_site").info) or {}
    first = [(code, codes[code]) for code in FIRST_SITES if code in codes]
    return first, [(code, words) for code, words in codes.items() if code not in FIRST_SITES]


def offers(
    items: list[Any], chosen: Any, person: Recipient, earlier: list[Dose], today: dt.date
) -> list[dict[str, Any]]:
    """The lots to choose from, each with what speaks against giving it to this person today.

    The chosen one comes first, then those that nothing speaks against. A lot in several storage states is one; its
    first part is the one that is drawn from.
    """
    looked_up = expiry.looked_up(items, today)
    lots: dict[int, list[Any]] = {}
    for item in items:
        lots.setdefault(item.lot_id, []).append(item)
    found = [
        {
            "lot": first.lot,
            "vaccine": first.lot.vaccine,
            "doses": first.available + sum(item.available for item in others),
            "use_by": first.use_by,
            "expiry_unknown": first.expiry == PLACEHOLDER_EXPIRY,
            "to_look_up": first.expiry == PLACEHOLDER_EXPIRY and first.id not in looked_up,
            "against": dose_checks.warnings(person, first.lot.vaccine, today, earlier),
        }
        for first, *others in lots.values()
    ]
    return sorted(found, key=lambda one: (one["lot"].id != chosen, bool(one["against"])))


def said_of_all(offered: list[dict[str, Any]]) -> list[str]:
    """The warnings that every lot shares: said once, above them, instead of on each."""
    return (
        [words for words in offered[0]["against"] if all(words in one["against"] for one in offered)] if offered else []
    )
