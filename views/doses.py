"""Screens of visits, doses given and proofs issued."""

from app.rules import visits
from models.doses import Dose, Proof, Visit
from views.screen import Screen


class VisitScreen(Screen):
    entity = Visit
    menu = "Doses"
    list_columns = ["visited_on", "recipient", "status", "checked_in_at", "checked_in_by", "location"]
    search_columns = ["visited_on", "status", "location"]
    base_order = ("checked_in_at", "desc")
    acts = [visits.leave]


class DoseScreen(Screen):
    entity = Dose
    menu = "Doses"
    list_columns = [
        "given_on", "recipient", "recipient.birth_date", "vaccine", "lot", "dose_number", "given_by", "status",
    ]  # fmt: skip
    show_columns = [
        "recipient", "vaccine", "lot", "dose_number", "body_site", "route", "given_at", "given_by", "given_by_suffix",
        "location", "fact_sheet_on", "override_reason", "note", "status", "void_reason", "void_disposition",
        "voided_at", "voided_by",
    ]  # fmt: skip
    search_columns = ["given_on", "vaccine", "lot", "given_by", "status", "location"]
    base_order = ("given_on", "desc")


class ProofScreen(Screen):
    entity = Proof
    menu = "Doses"
    list_columns = ["public_id", "recipient", "issued_at", "issued_by", "revoked_at"]
    search_columns = ["issued_at", "revoked_at"]
    base_order = ("issued_at", "desc")


SCREENS = [DoseScreen, VisitScreen, ProofScreen]
