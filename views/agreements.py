"""Screens of agreements, their signatures, and redistribution agreements."""

from app.rules import agreement_documents, redistribution_agreements
from models.agreements import Agreement, RedistributionAgreement, RedistributionPlace, Signature, SignatureRequest
from views.screen import Screen


class SignatureScreen(Screen):
    entity = Signature
    list_columns = ["signed_at", "role", "typed_name", "agreement", "confirmed_by"]
    show_columns = [
        "agreement", "role", "typed_name", "title", "license_state", "license_number", "email", "statement", "consent",
        "signed_at", "address", "confirmed_by", "user", "version", "language", "document_sha256", "digest",
    ]  # fmt: skip
    search_columns = ["role", "signed_at", "confirmed_by"]
    base_order = ("signed_at", "desc")


class SignatureRequestScreen(Screen):
    entity = SignatureRequest
    list_columns = ["asked_at", "role", "name", "email", "agreement", "status"]
    show_columns = [
        "agreement", "role", "name", "title", "email", "license_state", "license_number", "status", "asked_at",
        "ended_at", "decline_reason", "links_sent", "codes_sent",
    ]  # fmt: skip
    search_columns = ["role", "status", "asked_at"]
    base_order = ("asked_at", "desc")
    acts = [agreement_documents.send_link_again]


class AgreementScreen(Screen):
    entity = Agreement
    menu = "Program"
    icon = "fa-file-signature"
    list_columns = ["number", "kind", "organization", "made_at", "version", "language"]
    show_columns = [
        "number", "kind", "organization", "application", "redistribution", "version", "dated", "language", "made_at",
        "made_by", "document_sha256", "digest",
    ]  # fmt: skip
    search_columns = ["number", "kind", "organization", "made_at"]
    base_order = ("made_at", "desc")
    related = [SignatureRequestScreen, SignatureScreen]
    show_template = "agreement/show.html"


class RedistributionPlaceScreen(Screen):
    entity = RedistributionPlace
    list_columns = ["location", "agreement"]
    search_columns = ["agreement"]
    acts = [redistribution_agreements.take_out]


TYPED = [
    "cold_chain", "cmo_name", "cmo_title", "cmo_email", "cmo_license_state", "cmo_license_number", "ceo_name",
    "ceo_title", "ceo_email",
]  # fmt: skip


class RedistributionAgreementScreen(Screen):
    entity = RedistributionAgreement
    menu = "Program"
    icon = "fa-truck"
    list_columns = ["number", "organization", "status", "submitted_at", "decided_at"]
    show_columns = [
        "number", "organization", "status", "returned_because", *TYPED, "submitted_at", "decided_at", "decided_by",
    ]  # fmt: skip
    add_columns = ["organization", *TYPED]
    edit_columns = TYPED
    adds_with = redistribution_agreements.start
    edits_with = redistribution_agreements.change
    search_columns = ["number", "organization", "status", "submitted_at"]
    acts = [
        redistribution_agreements.add_place, redistribution_agreements.ask_to_sign,
        redistribution_agreements.call_back, redistribution_agreements.approve, redistribution_agreements.send_back,
        redistribution_agreements.reject, redistribution_agreements.end_agreement,
    ]  # fmt: skip
    related = [RedistributionPlaceScreen, AgreementScreen]


SCREENS = [
    AgreementScreen, RedistributionAgreementScreen, SignatureRequestScreen, SignatureScreen, RedistributionPlaceScreen,
]  # fmt: skip
