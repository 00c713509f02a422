"""What becomes of each row of a file of shipments, how the good ones are announced, and how that is taken back."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from app.rules import stock_changes
from app.uploads.checking import Checked
from app.uploads.columns import Template
from app.uploads.deciding import Decided, begin
from app.uploads.kept_rows import ROWS
from models.base import RuleBroken, db
from models.scope import Reach
from models.shipments import UNDER_WAY, Shipment
from models.stock import Lot
from models.uploads import Upload

HEADINGS = {"location": "Location PIN or Number", "lot": "Lot Number", "doses": "Doses"}
ADDS = ("expected_on", "shipped_on", "carrier", "tracking_number")  # what a later file may say of a shipment under way


def decide(rows: list[Checked], template: Template) -> list[Decided]:
    """Each row against the shipments that are here now; review and entering both ask."""
    decided = begin(rows, template)
    new = [one for one in decided if one.outcome == "new"]
    for one in new:
        one.row.values["lot"] = _lot(one.row.values)
    here = _here({one.row.values["number"] for one in new})
    for one in new:
        one.known = here.get(one.row.values["number"])
        try:
            _decide(one)
        except RuleBroken as broken:
            one.refuse(HEADINGS.get(broken.field or "", ""), "BUSR", broken.message)
    return decided


def _lot(values: dict[str, Any]) -> Lot:
    """The lot that is meant; the check has made sure that there is one."""
    found: tuple[Lot, ...] = values["lot"]
    return next(lot for lot in found if values["product"] in (None, lot.vaccine_id))


def _here(numbers: set[str]) -> dict[str, Shipment]:
    query = select(Shipment).where(Shipment.number.in_(numbers))
    query = query.options(joinedload(Shipment.location), joinedload(Shipment.lot))
    return {one.number: one for one in db.session.scalars(query)}


def _decide(one: Decided) -> None:
    """The outcome of one row; raises RuleBroken with what speaks against it."""
    values, known = one.row.values, one.known
    if known is None:
        stock_changes.refuse_sending(values["place"], values["lot"])
        return
    _refuse_another(known, values)
    one.fills = {name: values[name] for name in ADDS if values[name] not in (None, getattr(known, name))}
    one.outcome = "changed" if one.fills else "same"
    if one.fills and known.status not in UNDER_WAY:
        raise RuleBroken(_("This shipment is not under way any more; it stays as it is."))
    one.old = {name: getattr(known, name) for name in one.fills}


def _refuse_another(known: Shipment, values: dict[str, Any]) -> None:
    """A number means one shipment: where it goes and what is in it does not change by a file."""
    for field, ours, theirs in (
        ("location", known.location, values["place"]),
        ("lot", known.lot, values["lot"]),
        ("doses", known.doses, values["doses"]),
    ):
        if ours != theirs:
            words = _("A shipment of this number is here already, with: %(what)s.", what=ours)
            raise RuleBroken(words, field=field)


def enter(decided: list[Decided], upload: Upload, by: Reach) -> dict[int, int]:
    """Announces the new shipments and adds to known ones, by the rules of the screen."""
    made = {}
    for one in decided:
        if one.outcome == "changed":
            _change(one.known, one.fills, by)
        elif one.outcome == "new":
            made[one.row.number] = _announced(one.row.values, by)
    db.session.add_all(made.values())
    db.session.flush()
    return {row: shipment.id for row, shipment in made.items()}


def _announced(values: dict[str, Any], by: Reach) -> Shipment:
    named = {name: values[name] for name in ("number", "doses", *ADDS)}
    with db.session.no_autoflush:
        shipment = Shipment(location=values["place"], lot=values["lot"], status="expected", **named)
        stock_changes.order(shipment, by)
        if shipment.shipped_on is not None:
            stock_changes.mark_shipped(shipment, by)
    return shipment


def _change(shipment: Shipment, fills: dict[str, Any], by: Reach) -> None:
    for name, value in fills.items():
        setattr(shipment, name, value)
    if "shipped_on" in fills and shipment.status == "expected":
        stock_changes.mark_shipped(shipment, by)


def take_back(rows: list[Any], upload: Upload) -> int:
    """Takes out announced shipments that nobody has touched since; what a file added to others stays."""
    new = {row.made_id: row.row for row in rows if row.outcome == "new" and row.made_id}
    kept = {row.row: "changed" for row in rows if row.outcome == "changed"}
    for shipment in db.session.scalars(select(Shipment).where(Shipment.id.in_(new))):
        if shipment.row_version == 1 and shipment.status in UNDER_WAY:
            db.session.delete(shipment)
        else:
            kept[new[shipment.id]] = "touched"
    for number, why in kept.items():
        statement = update(ROWS).where(ROWS.c.upload_id == upload.id, ROWS.c.row == number)
        db.session.connection().execute(statement.values(kept=why))
    db.session.flush()
    return len(kept)
