"""Screens of applications to take part: their sections, submitted versions and timeline."""

from models.applications import Application, ApplicationEvent, Section, SubmittedVersion
from views.screen import Screen


class SectionScreen(Screen):
    entity = Section
    list_columns = ["application", "kind", "name", "status", "completed_at"]
    show_columns = [
        "application", "kind", "name", "status", "location", "coordinator_first_name", "coordinator_last_name",
        "coordinator_email", "invited_at", "completed_at",
    ]  # fmt: skip
    search_columns = ["name", "kind", "status"]


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


class ApplicationScreen(Screen):
    entity = Application
    menu = "Program"
    list_columns = ["number", "organization_name", "kind", "status", "submitted_at", "reviewer"]
    show_columns = [
        "number", "organization_name", "organization", "kind", "origin", "status", "round", "administrator_first_name",
        "administrator_last_name", "administrator_email", "language", "amends", "submitted_at", "reviewer",
        "claimed_at", "decided_at",
    ]  # fmt: skip
    search_columns = ["number", "organization_name", "kind", "status", "administrator_email"]
    related = [SectionScreen, ApplicationEventScreen]


SCREENS = [ApplicationScreen, SectionScreen, ApplicationEventScreen, SubmittedVersionScreen]
