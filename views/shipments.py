"""Screens of vaccine on its way."""

from app.rules import stock_changes
from models.shipments import Shipment
from views.screen import Screen


class ShipmentScreen(Screen):
    entity = Shipment
    menu = "Stock"
    list_columns = ["number", "status", "lot.vaccine", "lot", "doses", "doses_received", "expected_on", "location"]
    show_columns = [
        "number", "location", "lot.vaccine", "lot", "doses", "expected_on", "carrier", "tracking_number", "shipped_on",
        "status", "received_at", "received_by", "doses_received", "lot_received", "expiry_on_box", "condition",
        "temperature_ok", "storage_unit", "issue",
    ]  # fmt: skip
    add_columns = ["number", "location", "lot", "doses", "expected_on", "carrier", "tracking_number"]
    edit_columns = ["expected_on", "carrier", "tracking_number"]
    search_columns = ["number", "location", "lot", "status", "expected_on"]
    export_columns = show_columns
    adds_with = stock_changes.order
    acts = [stock_changes.mark_shipped, stock_changes.receive, stock_changes.report_lost]


SCREENS = [ShipmentScreen]
