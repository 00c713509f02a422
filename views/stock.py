"""Screens of vaccine, where it lies, and the ledger."""

from app.rules import stock_changes
from models.stock import InventoryItem, Lot, Shipment, StockMovement, Vaccine
from views.screen import Screen


class LotScreen(Screen):
    entity = Lot
    menu = "Stock"
    list_columns = ["number", "vaccine", "expires_on", "status"]
    add_columns = ["vaccine", "number", "expires_on"]
    edit_columns = ["number", "expires_on"]
    search_columns = ["number", "vaccine", "expires_on", "status"]
    acts = [stock_changes.recall, stock_changes.release]


class VaccineScreen(Screen):
    entity = Vaccine
    menu = "Stock"
    list_columns = ["short_name", "manufacturer", "cvx", "mvx", "cap_color", "is_active"]
    show_columns = [
        "name", "short_name", "manufacturer", "cvx", "mvx", "ndc_unit_of_use", "ndc_unit_of_sale", "doses_per_vial",
        "dose_volume_ml", "route", "min_age_years", "doses_in_series", "min_interval_days", "cap_color",
        "authorized_on", "fact_sheet_on", "is_active",
    ]  # fmt: skip
    add_columns = edit_columns = show_columns
    search_columns = ["name", "manufacturer", "cvx", "mvx", "is_active"]
    related = [LotScreen]


class StockMovementScreen(Screen):
    entity = StockMovement
    menu = "Stock"
    list_columns = ["at", "location", "lot", "lot.vaccine", "kind", "doses", "cause", "by"]
    search_columns = ["location", "lot", "kind", "at"]
    base_order = ("at", "desc")


class InventoryItemScreen(Screen):
    entity = InventoryItem
    menu = "Stock"
    list_columns = ["lot.vaccine", "lot", "lot.expires_on", "lot.status", "doses", "location"]
    search_columns = ["location", "lot", "doses"]
    related = [StockMovementScreen]


class ShipmentScreen(Screen):
    entity = Shipment
    menu = "Stock"
    list_columns = ["number", "lot.vaccine", "lot", "doses", "location", "expected_on", "status"]
    show_columns = [
        "number", "lot.vaccine", "lot", "doses", "location", "expected_on", "status", "received_at", "received_by",
        "condition", "temperature_ok", "storage_unit",
    ]  # fmt: skip
    add_columns = ["number", "location", "lot", "doses", "expected_on"]
    edit_columns = ["expected_on"]
    adds_with = stock_changes.order
    search_columns = ["number", "location", "lot", "status", "expected_on"]
    acts = [stock_changes.receive, stock_changes.report_lost]


SCREENS = [InventoryItemScreen, ShipmentScreen, StockMovementScreen, LotScreen, VaccineScreen]
