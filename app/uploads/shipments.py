"""Shipments by file: what the state sends to which location, as the distributor's list has it, one row each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import or_, select

from app.rules.clock import today_at
from app.rules.stock_changes import MOST_DOSES
from app.uploads.cells import Known, Wrong
from app.uploads.columns import Column, Template
from app.uploads.kind import Kind, Menu, Words
from app.uploads.reading import Row
from app.uploads.shipments_commit import decide, enter, take_back
from models.base import db
from models.enrollment import Location
from models.shipments import Shipment
from models.stock import Lot, Vaccine
from models.uploads import Upload

MOST_ROWS = 500
FARTHEST = dt.timedelta(days=365)  # a date beyond is a slip of the pen
WHOLE = re.compile(r"[0-9]{1,9}|[0-9]{1,3}(,[0-9]{3}){1,2}")
NUMBER, PLACE, LOT, PRODUCT = "Shipment Number", "Location PIN or Number", "Lot Number", "Product"


def _said(typed: str) -> str:
    return " ".join(typed.casefold().split())


def place(typed: str, _column: Column, known: Known) -> Location:
    """A location by its Provider PIN (with or without NCA) or its number."""
    found: Location | None = known.more["places"].get(_said(typed))
    if found is None:
        raise Wrong(_l("No location has this Provider PIN or number."))
    return found


def lots(typed: str, _column: Column, known: Known) -> tuple[Lot, ...]:
    """The lots of this number; two vaccines may each have one."""
    found: tuple[Lot, ...] | None = known.more["lots"].get(_said(typed))
    if found is None:
        raise Wrong(_l("This lot is not known. Enter it in the list of lots first."))
    return found


def product(typed: str, _column: Column, known: Known) -> int:
    """A vaccine by its name or by one of its NDC."""
    found: int | None = known.more["vaccines"].get(_said(typed))
    if found is None:
        raise Wrong(_l("No vaccine of this name or NDC is known."))
    return found


def doses(typed: str, _column: Column, _known: Known) -> int:
    """A whole number of doses."""
    number = int(typed.replace(",", "")) if WHOLE.fullmatch(typed) else 0
    if not 1 <= number <= MOST_DOSES:
        raise Wrong(_l("Please give a whole number between 1 and %(most)s.", most=MOST_DOSES))
    return number


def one_lot(values: dict[str, Any], bad: set[str], _known: Known) -> Iterator[tuple[str, str, Any]]:
    """The product names which lot is meant where two have the number, and must be the lot's own."""
    found, vaccine = values["lot"] or (), values["product"]
    if "product" in bad or not found:
        return
    if vaccine is not None and all(lot.vaccine_id != vaccine for lot in found):
        yield "lot", "BUSR", _l("This product has no lot of this number.")
    elif vaccine is None and len(found) > 1:
        yield "product", "BUSR", _l("Several vaccines have a lot of this number. Please write the product.")


def dates_that_can_be(values: dict[str, Any], bad: set[str], _known: Known) -> Iterator[tuple[str, str, Any]]:
    """Nothing was shipped in the future, and nothing arrives before it was shipped, or in years."""
    today, shipped, expected = today_at(None), values["shipped_on"], values["expected_on"]
    if shipped is not None and shipped > today:
        yield "shipped_on", "BUSR", _l("This day is in the future.")
    if expected is not None and abs(expected - today) > FARTHEST:
        yield "expected_on", "BUSR", _l("This day is more than a year away.")
    elif None not in (shipped, expected) and expected < shipped:
        yield "expected_on", "BUSR", _l("This is before the day on which it was shipped.")


SHIPMENTS = Template(
    kind="shipments",
    title=_l("Shipments"),
    columns=(
        Column(NUMBER, "number", "text", True, example="SHP-00042",
               help=_l("The distributor's number; no two shipments share one."),
               aliases=("Shipment", "Shipment ID", "Number", "Número de envío", "Envío")),
        Column(PLACE, "place", place, True, example="NCA650001",
               help=_l("Where it goes: the Provider PIN or the number of the location."),
               aliases=("Provider PIN", "PIN", "Location", "Location PIN", "Location Number", "Ship To", "Centro",
                        "PIN del proveedor")),
        Column(LOT, "lot", lots, True, example="EN6201", help=_l("A lot of the list of lots."),
               aliases=("Lot", "Lote", "Número de lote")),
        Column(PRODUCT, "product", product, example="59267-1000-02",
               help=_l("The name or NDC of the vaccine; needed only where two vaccines have a lot of this number."),
               aliases=("Vaccine", "NDC", "Producto", "Vacuna")),
        Column("Doses", "doses", doses, True, example="1170", help=_l("Doses, not vials."),
               aliases=("Doses Shipped", "Quantity", "Dosis", "Cantidad")),
        Column("Expected On", "expected_on", "day", example="12/28/2026", help=_l("When it should arrive."),
               aliases=("Expected", "Delivery Date", "Expected Date", "Fecha prevista", "Previsto para")),
        Column("Shipped On", "shipped_on", "day", example="12/26/2026",
               help=_l("With a date the shipment is in transit; without, it is expected."),
               aliases=("Shipped", "Ship Date", "Fecha de envío", "Enviado el")),
        Column("Carrier", "carrier", "text", example="FedEx", aliases=("Transportista",)),
        Column("Tracking Number", "tracking_number", "text", example="6129 9999 0123",
               aliases=("Tracking", "Número de seguimiento", "Número de rastreo")),
    ),
    rules=(one_lot, dates_that_can_be),
    identity=lambda values: values["number"],
    notes=(
        _l("The location sees a shipment as soon as it is entered."),
        _l("You may send the file as often as you like: what is here already is left as is, and a later date, carrier "
           "or tracking number is added. An empty cell changes nothing."),
    ),
)  # fmt: skip


def known(rows: list[Row], _upload: Upload) -> Known:
    """The locations and lots that these rows name, and every vaccine."""
    return Known(more={"places": _places(rows), "lots": _lots(rows), "vaccines": _vaccines()})


def _typed(rows: list[Row], header: str) -> set[str]:
    return {row.typed[header].strip() for row in rows if row.typed.get(header)}


def _places(rows: Iterable[Row]) -> dict[str, Location]:
    typed = {one.upper() for one in _typed(list(rows), PLACE)}
    pins = typed | {f"NCA{one}" for one in typed}
    query = select(Location).where(or_(Location.provider_pin.in_(pins), Location.number.in_(typed)))
    found = {}
    for one in db.session.scalars(query):
        pin = _said(one.provider_pin or "")
        found |= {name: one for name in (one.number.casefold(), pin, pin.removeprefix("nca")) if name}
    return found


def _lots(rows: Iterable[Row]) -> dict[str, tuple[Lot, ...]]:
    typed = _typed(list(rows), LOT)
    query = select(Lot).where(Lot.number.in_(typed | {one.upper() for one in typed})).order_by(Lot.id)
    found: dict[str, tuple[Lot, ...]] = {}
    for one in db.session.scalars(query):
        found[_said(one.number)] = (*found.get(_said(one.number), ()), one)
    return found


def _vaccines() -> dict[str, int]:
    columns = (Vaccine.name, Vaccine.short_name, Vaccine.ndc_unit_of_use, Vaccine.ndc_unit_of_sale)
    return {
        _said(name): key for key, *names in db.session.execute(select(Vaccine.id, *columns)) for name in names if name
    }


WORDS = Words(
    title=_l("Shipments from a file"),
    file_name=_l("shipments-template"),
    lead=_l("Announce vaccine on its way to many locations at once from a spreadsheet."),
    after=_l("The locations see what is on its way to them, and confirm it when it arrives."),
    see=_l("See the shipments"),
    listed="ShipmentScreen.list",
    new=lambda n: ngettext("%(num)s shipment will be announced.", "%(num)s shipments will be announced.", n),
    fills=lambda n: ngettext("%(num)s shipment will be changed.", "%(num)s shipments will be changed.", n),
    entered=lambda n: ngettext("%(num)s shipment was announced.", "%(num)s shipments were announced.", n),
    filled=lambda n: ngettext("%(num)s shipment was changed.", "%(num)s shipments were changed.", n),
    all_known=_l("All shipments were here already; none was changed."),
    nothing_new=_l("All shipments of this file are here already. Nothing would change."),
    changed=_l("Shipments under way, and what would change."),
)
KIND = Kind(
    name="shipments",
    template=SHIPMENTS,
    table=Shipment.__table__,
    decide=lambda rows, upload: decide(rows, SHIPMENTS),
    enter=enter,
    words=WORDS,
    menu=Menu("Stock", _l("Shipments from a file"), "fa-truck-ramp-box"),
    verb="send_shipments",
    known=known,
    named_by=(NUMBER, PLACE, LOT, "Doses"),
    most_rows=MOST_ROWS,
    needs_place=False,
    take_back=take_back,
)
