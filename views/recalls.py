"""Screens of recalls: the dry run, the recall in force, and its report."""

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.rules import recalls
from models.recalls import Recall, RecallPlace
from views.kinds import Go
from views.screen import Screen

EVERYONE = Go(
    _l("Everyone vaccinated with this lot"),
    lambda recall: url_for("DoseScreen.list", _flt_0_lot=recall.lot_id, _flt_0_status="given"),
    "Dose",
    "export",
    "fa-users",
)


class RecallPlaceScreen(Screen):
    entity = RecallPlace
    menu = None
    list_columns = ["recall", "location", "on_hand", "on_the_way", "doses", "people"]
    search_columns = ["recall", "location"]
    export_columns = ["recall", "recall.lot.vaccine", "location.number", *list_columns[1:], "location.phone"]


class RecallScreen(Screen):
    entity = Recall
    menu = "Stock"
    list_columns = ["lot.vaccine", "lot", "status", "locations", "on_hand", "doses", "people", "asked_at"]
    show_columns = [
        "lot.vaccine", "lot", "reason", "status", "locations", "on_hand", "transfers", "in_transit", "doses", "people",
        "proofs", "notices", "asked_at", "asked_by", "in_force_at", "in_force_by", "lifted_at",
    ]  # fmt: skip
    add_columns = ["lot", "reason"]
    search_columns = ["lot", "status", "asked_at"]
    export_columns = show_columns
    base_order = ("asked_at", "desc")
    adds_with = recalls.plan
    acts = [recalls.put_in_force]
    leads = [EVERYONE]
    related = [RecallPlaceScreen]


SCREENS = [RecallScreen, RecallPlaceScreen]
