"""Shipments come in by file, once: what is wrong is named at its cell, the locations see the rest at once."""

import csv
import datetime as dt
import io

from sqlalchemy import select

from app.rules.clock import today_at
from app.uploads import shipments, stages
from models.base import db
from models.scope import Reach, acting
from models.shipments import Shipment
from models.stock import InventoryItem
from models.uploads import Upload, UploadRow
from tests import factories as make
from tests.bulk_upload.sending import act, signed_in, words
from tests.signing_in import marks

HEADERS = [column.header for column in shipments.SHIPMENTS.columns]
DAY = dt.timedelta(days=1)
STATE = Reach("state", username="state", profile="State Immunization Staff")


def listed(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADERS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def row(number, **more):
    values = {
        "Shipment Number": number,
        "Location PIN or Number": "NCA650001",
        "Lot Number": "EN6201",
        "Doses": "1,170",
    }
    return {**values, **{name.replace("_", " "): value for name, value in more.items()}}


def sent(*rows):
    """The file entered; the outcome and words of each row."""
    with acting(STATE):
        upload = stages.preview(listed(*rows), "shipments.csv", STATE, kind=shipments.KIND)
        db.session.commit()
        stages.commit(upload, STATE)
        db.session.commit()
        kept = db.session.execute(
            select(UploadRow.outcome, UploadRow.errors).where(UploadRow.upload_id == upload.id).order_by(UploadRow.row)
        )
        told = [(outcome, " ".join(error["message"] for error in errors)) for outcome, errors in kept]
    return upload, told


def world():
    """A place with a PIN, one that is suspended, a lot, and a number that two vaccines share."""
    place = make.location(provider_pin="NCA650001", number="LOC-1")
    make.location(number="LOC-2", status="approved").status = "suspended"
    make.lot(number="EN6201", vaccine=make.vaccine(short_name="Purple", ndc_unit_of_sale="59267-1000-02"))
    make.lot(number="TWO", vaccine=make.vaccine(short_name="Red"))
    make.lot(number="TWO", vaccine=make.vaccine(short_name="Blue"))
    make.lot(number="GONE").status = "recalled"
    db.session.commit()
    return place


def test_every_wrong_cell_is_named_and_the_rest_is_announced_once(app):
    with app.app_context(), acting(make.SEED):
        today = today_at(None)
        place = world()
        rows = (
            row("S1", Expected_On=f"{today + 3 * DAY:%m/%d/%Y}"),
            row("S2", Location_PIN_or_Number="650001", Shipped_On=f"{today - DAY:%Y-%m-%d}", Carrier="FedEx"),
            row("S3", Location_PIN_or_Number="loc-1", Lot_Number="two", Product="blue", Doses="40"),
            row("S4", Lot_Number="TWO"),
            row("S5", Product="Red"),
            row("S6", Location_PIN_or_Number="NCA999999", Lot_Number="EN9999", Doses="-5"),
            row("S7", Location_PIN_or_Number="LOC-2"),
            row("S8", Lot_Number="GONE"),
            row("S9", Doses="1.5", Shipped_On=f"{today + 2 * DAY:%m/%d/%Y}", Product="Nothing"),
            row("S1", Doses="7"),
            row("", Doses=""),
            row("S10", Expected_On="12/31/2069"),
        )
        upload, told = sent(*rows)
        assert [outcome for outcome, _words in told] == ["new"] * 3 + ["refused"] * 6 + ["doubled"] + ["refused"] * 2
        for number, said in (
            (3, "Please write the product"), (4, "no lot of this number"), (5, "No location has this"),
            (5, "lot is not known"), (5, "whole number"), (6, "No vaccine is sent to this location"),
            (7, "recalled"), (8, "whole number"), (8, "in the future"), (8, "No vaccine of this name"),
            (10, "Shipment Number is required"), (10, "Doses is required"), (11, "more than a year away"),
        ):  # fmt: skip
            assert said in told[number][1], (number, told[number][1])
        made = {one.number: one for one in db.session.scalars(select(Shipment))}
        assert set(made) == {"S1", "S2", "S3"} and {one.location_id for one in made.values()} == {place.id}
        assert [made[name].status for name in ("S1", "S2")] == ["expected", "in_transit"]
        assert (made["S1"].doses, made["S2"].shipped_on, made["S2"].carrier) == (1170, today - DAY, "FedEx")
        assert str(made["S3"].lot.vaccine) == "Blue"
        assert db.session.scalar(select(InventoryItem.id)) is None, "nothing is on hand before it is received"
        _again, told = sent(*rows[:3])
        assert [outcome for outcome, _words in told] == ["same"] * 3


def test_a_later_file_adds_to_what_is_under_way_and_turns_nothing_into_another(app):
    with app.app_context(), acting(make.SEED):
        today = today_at(None)
        world()
        first, _told = sent(row("S1"), row("S2"), row("S3"), row("S4"))
        made = {one.number: one for one in db.session.scalars(select(Shipment))}
        made["S2"].status = "lost"
        db.session.commit()
        later, told = sent(
            row("S1", Shipped_On=f"{today:%m/%d/%Y}", Tracking_Number="77"), row("S2", Carrier="UPS"),
            row("S3", Doses="5"), row("S4"),
        )  # fmt: skip
        assert [outcome for outcome, _words in told] == ["changed", "refused", "refused", "same"]
        assert "not under way any more" in told[1][1] and "here already, with: 1170" in told[2][1]
        assert (made["S1"].status, made["S1"].tracking_number, made["S3"].doses) == ("in_transit", "77", 1170)
        with acting(STATE):
            stages.undo(later, STATE)
            stages.undo(first, STATE)
            db.session.commit()
        assert set(db.session.scalars(select(Shipment.number))) == {"S1", "S2"}, "what somebody worked with stays"
        assert (first.rows_kept, later.rows_kept) == (2, 1)


def test_the_state_sends_it_through_the_page_and_the_location_sees_it_at_once(app, client):
    with app.app_context(), acting(make.SEED):
        place = world().id
        db.session.commit()
    data = listed(row("S1", Carrier="FedEx"), row("S2", Doses="many"))
    state = signed_in(app, client, "State Immunization Staff")
    assert "Announce vaccine on its way" in words(state.get("/upload-shipments/"))
    for ending in ("csv", "xlsx"):
        assert state.get(f"/upload-shipments/template.{ending}").status_code == 200
    answer = state.post("/upload-shipments/", data={**marks(state), "file": (io.BytesIO(data), "week 3.csv")})
    where = answer.headers["Location"]
    page = words(state.get(where))
    assert "1 shipment will be announced" in page and "many" in page and "Doses" in page
    assert state.get(f"{where}/rows-to-fix.xlsx").data.startswith(b"PK")
    assert "1 shipment was announced" in words(act(state, where, "enter"))
    for profile in ("Healthcare Location Manager", "Inventory Manager"):
        seen = signed_in(app, app.test_client(), profile, location_id=place)
        assert "S1" in words(seen.get("/shipment/list/"))
        assert seen.get("/upload-shipments/").status_code == 403 and seen.get(where).status_code in (403, 404)
    with app.app_context(), acting(make.SEED):
        elsewhere = make.location().id
        db.session.commit()
    other = signed_in(app, app.test_client(), "Healthcare Location Manager", location_id=elsewhere)
    assert "S1" not in words(other.get("/shipment/list/"))
    with app.app_context(), acting(make.SEED):
        assert db.session.scalars(select(Upload.location_id)).all() == [None]
