"""Screens of vaccine moved between sites."""

from app.rules import transfer_moves, transfers
from models.transfers import ProgramRule, Transfer, TransferEvent
from views.screen import Screen


class TransferEventScreen(Screen):
    entity = TransferEvent
    menu = None
    list_columns = ["at", "transfer", "status", "by", "words"]
    search_columns = ["status", "at"]
    base_order = ("at", "desc")


class TransferScreen(Screen):
    entity = Transfer
    menu = "Stock"
    list_columns = ["number", "status", "from_location", "to_location", "lot.vaccine", "lot", "doses", "kind",
                    "requested_at"]  # fmt: skip
    show_columns = [
        "number", "kind", "from_location", "to_location", "lot.vaccine", "lot", "doses", "vials", "reason", "wanted_on",
        "contact_from", "contact_to", "status", "requested_at", "requested_by", "decided_at", "decided_by",
        "dispatched_at", "storage_state", "transporter", "equipment", "temperature_packed", "received_at",
        "received_by", "doses_received", "temperature_received", "condition", "discrepancy_reason",
    ]  # fmt: skip
    add_columns = [
        "kind",
        "to_location",
        "lot",
        "storage_state",
        "doses",
        "vials",
        "reason",
        "wanted_on",
        "contact_from",
        "contact_to",
    ]
    search_columns = ["kind", "status", "lot", "requested_at"]
    export_columns = show_columns
    base_order = ("requested_at", "desc")
    adds_with = transfers.request
    acts = [
        transfers.approve_transfer, transfers.refuse_transfer, transfers.cancel_transfer,
        transfer_moves.dispatch_transfer, transfer_moves.receive_transfer,
    ]  # fmt: skip
    related = [TransferEventScreen]


class ProgramRuleScreen(Screen):
    entity = ProgramRule
    menu = "Program"
    list_columns = ["name", "is_on"]
    edit_columns = ["is_on"]
    search_columns = ["is_on"]


SCREENS = [TransferScreen, TransferEventScreen, ProgramRuleScreen]
