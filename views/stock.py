"""Screens of vaccine, where it lies, and the ledger."""

from app.rules import expiry, recalls, stock_counts, storage, storage_moves, wastage
from models.stock import InventoryItem, Lot, StockDay, StockMovement, Vaccine
from models.stock_causes import DoseCount, ExpiryCheck, ExpiryCorrection, Return, StorageMove, StorageTime, Wastage
from views.screen import Screen


class LotScreen(Screen):
    entity = Lot
    menu = "Stock"
    list_columns = ["number", "vaccine", "expires_on", "status"]
    show_columns = [*list_columns, "recalled_at"]
    add_columns = ["vaccine", "number", "expires_on"]
    edit_columns = ["number", "expires_on"]
    search_columns = ["number", "vaccine", "expires_on", "status"]
    acts = [recalls.recall, recalls.release]
    edits_with = expiry.set_right


class StorageTimeScreen(Screen):
    entity = StorageTime
    menu = "Stock"
    list_columns = ["vaccine", "state", "days", "source"]
    add_columns = list_columns
    edit_columns = ["days", "source"]
    search_columns = ["vaccine", "state"]


class VaccineScreen(Screen):
    entity = Vaccine
    menu = "Stock"
    list_columns = ["short_name", "manufacturer", "cvx", "mvx", "cap_color", "is_active"]
    show_columns = [
        "name", "short_name", "manufacturer", "cvx", "mvx", "ndc_unit_of_use", "ndc_unit_of_sale", "doses_per_vial",
        "dose_volume_ml", "route", "min_age_years", "below_age_years", "doses_in_series", "min_interval_days",
        "cap_color", "diluent", "authorized_on", "fact_sheet_on", "is_active",
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


class StockDayScreen(Screen):
    entity = StockDay
    menu = "Stock"
    list_columns = ["day", "location", "lot", "lot.vaccine", "kind", "doses"]
    search_columns = ["day", "location", "lot", "kind"]
    base_order = ("day", "desc")


class DoseCountScreen(Screen):
    entity = DoseCount
    menu = "Stock"
    list_columns = ["at", "location", "lot.vaccine", "lot", "before", "doses", "reason", "by"]
    show_columns = [*list_columns, "note"]
    search_columns = ["location", "lot", "reason", "at"]
    base_order = ("at", "desc")


class WastageScreen(Screen):
    entity = Wastage
    menu = "Stock"
    list_columns = ["at", "location", "lot.vaccine", "lot", "doses", "reason", "is_open_vial", "by"]
    show_columns = [*list_columns, "vials", "discovered_by", "disposal", "note"]
    search_columns = ["location", "lot", "reason", "is_open_vial", "at"]
    export_columns = show_columns
    base_order = ("at", "desc")


class ReturnScreen(Screen):
    entity = Return
    menu = "Stock"
    list_columns = ["at", "location", "lot.vaccine", "lot", "doses", "reason", "to", "by"]
    show_columns = [*list_columns, "vials", "instruction", "note"]
    search_columns = ["location", "lot", "reason", "to", "at"]
    base_order = ("at", "desc")


class StorageMoveScreen(Screen):
    entity = StorageMove
    menu = "Stock"
    list_columns = ["at", "location", "lot.vaccine", "lot", "doses", "from_state", "to_state", "since", "by"]
    search_columns = ["location", "lot", "to_state", "at"]
    base_order = ("at", "desc")


class ExpiryCorrectionScreen(Screen):
    entity = ExpiryCorrection
    menu = "Stock"
    list_columns = ["at", "location", "lot.vaccine", "lot", "before", "expires_on", "status"]
    show_columns = [*list_columns, "reason", "by", "decided_at", "decided_by"]
    search_columns = ["location", "lot", "status", "at"]
    base_order = ("at", "desc")
    acts = [expiry.confirm_expiry, expiry.refuse_expiry]


class ExpiryCheckScreen(Screen):
    entity = ExpiryCheck
    menu = None
    list_columns = ["checked_on", "location", "lot", "at", "by"]
    search_columns = ["location", "lot", "checked_on"]
    base_order = ("at", "desc")


class InventoryItemScreen(Screen):
    entity = InventoryItem
    menu = "Stock"
    list_columns = ["lot.vaccine", "lot", "doses", "use_by", "reserved", "lot.status", "storage_state", "location"]
    show_columns = [
        "location", "lot.vaccine", "lot", "lot.status", "lot.expires_on", "expires_on", "storage_state",
        "storage_since", "beyond_use_on", "use_by", "hold_reason", "held_since", "doses", "reserved", "received",
        "given", "wasted", "returned", "moved_in", "moved_out", "counted", "discrepancy",
    ]  # fmt: skip
    export_columns = show_columns
    search_columns = ["location", "lot", "doses", "use_by", "storage_state"]
    acts = [
        wastage.waste, wastage.waste_expired, stock_counts.raise_doses, stock_counts.recount, expiry.correct_expiry,
        storage_moves.move_some, storage.set_storage, storage.put_on_hold, storage.take_off_hold, wastage.send_back,
    ]  # fmt: skip
    related = [WastageScreen, StockMovementScreen]


SCREENS = [
    InventoryItemScreen, WastageScreen, DoseCountScreen, ReturnScreen, StorageMoveScreen, ExpiryCorrectionScreen,
    ExpiryCheckScreen, StockMovementScreen, StockDayScreen, LotScreen, VaccineScreen, StorageTimeScreen,
]  # fmt: skip
