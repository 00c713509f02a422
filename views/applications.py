"""Screens of applications to take part: their sections, submitted versions and timeline."""

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.rules import applications
from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from views.kinds import Go
from views.screen import Screen

OPEN_SECTION = Go(
    _l("Open the section"), lambda row: url_for("SectionSteps.overview", pk=row.id), "Section", "see", "fa-file-pen"
)
PRINT_SECTION = Go(
    _l("Print the section"), lambda row: url_for("SectionPaper.paper", pk=row.id), "Section", "see", "fa-print"
)
PRINT_VERSION = Go(
    _l("Print what was submitted"), lambda row: url_for("VersionPaper.paper", pk=row.id), "SubmittedVersion", "see",
    "fa-print",
)  # fmt: skip


class SectionScreen(Screen):
    entity = Section
    list_columns = ["application", "kind", "name", "status", "completed_at"]
    show_columns = [
        "application", "kind", "name", "status", "location", "coordinator_first_name", "coordinator_last_name",
        "coordinator_email", "invited_at", "completed_at",
    ]  # fmt: skip
    search_columns = ["name", "kind", "status"]
    acts = [applications.invite_coordinator]
    leads = [OPEN_SECTION, PRINT_SECTION]


class ApplicationEventScreen(Screen):
    entity = ApplicationEvent
    list_columns = ["created_at", "kind", "words", "by", "application"]
    base_order = ("created_at", "desc")
    search_columns = ["kind"]


class SubmittedVersionScreen(Screen):
    entity = SubmittedVersion
    menu = "Program"
    list_columns = ["application", "round", "created_at", "by"]
    base_order = ("created_at", "desc")
    search_columns = ["round"]
    leads = [PRINT_VERSION]


class ApplicationScreen(Screen):
    entity = Application
    menu = "Program"
    list_columns = ["number", "organization_name", "kind", "status", "submitted_at", "reviewer"]
    show_columns = [
        "number", "organization_name", "organization", "kind", "origin", "status", "round", "administrator_first_name",
        "administrator_last_name", "administrator_email", "language", "amends", "submitted_at", "reviewer",
        "claimed_at", "decided_at",
    ]  # fmt: skip
    add_columns = [
        "organization_name", "administrator_first_name", "administrator_last_name", "administrator_email", "language",
        "is_another",
    ]  # fmt: skip
    needed_columns = ["administrator_first_name", "administrator_last_name", "administrator_email"]
    adds_with = applications.invite
    add_title = _l("Invite an organization to enroll")
    acts = [
        applications.submit, applications.start_amendment, applications.withdraw, applications.invite_again,
        applications.revoke_invitation,
    ]  # fmt: skip
    search_columns = ["number", "organization_name", "kind", "status", "administrator_email"]
    related = [SectionScreen, ApplicationEventScreen]


SCREENS = [ApplicationScreen, SectionScreen, ApplicationEventScreen, SubmittedVersionScreen]
