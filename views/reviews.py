"""The state's work on applications: the queue, the review page, and what was decided about locations."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import history
from app.rules import applications, claims, reviews
from app.rules.standing import sections_of, sent_in
from models.acts import Ask
from models.applications import APPLICATION_KINDS, APPLICATION_STATUSES, Application
from models.reviews import ChangeRequest, LocationEvent
from views.comparing import Review
from views.kinds import Column, Go, Queue
from views.page import may
from views.queues import ClaimQueue
from views.screen import Screen
from views.sent_in import parts_of
from views.timeline import timeline_of
from views.words import words_of


class LocationEventScreen(Screen):
    entity = LocationEvent
    list_columns = ["created_at", "location", "status", "reason", "by"]
    search_columns = ["created_at", "location", "status"]
    base_order = ("created_at", "desc")


class ChangeRequestScreen(Screen):
    entity = ChangeRequest
    list_columns = ["created_at", "application", "section", "path", "remark", "by", "sent_at"]
    search_columns = ["application", "sent_at"]
    base_order = ("id", "desc")


def review_url(application: Application) -> str:
    """The page on which an application is reviewed."""
    return url_for("ApplicationReview.show", pk=application.id)


class ReviewQueue(ClaimQueue):
    """Applications that wait for a decision, the longest wait first."""

    route_base = "/review-queue"
    entity = Application
    menu, label, icon, menu_verb = "Program", _l("Applications to review"), "fa-clipboard-check", "claim"
    title = _l("Applications to review")
    lead = _l("The longest wait first. Take one, so that nobody else works on it.")
    waiting = staticmethod(reviews.waiting)
    claim = staticmethod(reviews.claim)
    give_back = staticmethod(reviews.give_back)
    take_away = staticmethod(reviews.take_away)
    columns = (
        Column(_l("Organization"), lambda one: one.organization_name),
        Column(_l("Application number"), lambda one: one.number),
        Column(_l("Kind"), lambda one: APPLICATION_KINDS[one.kind]),
    )
    named = staticmethod(lambda one: one.organization_name)
    main = Go(_l("Review"), review_url, "Application", "claim", "fa-folder-open")
    look = Go(_l("Look"), review_url, "Application", "see", "fa-eye")
    nobody = (_l("No application waits."), _l("What is submitted and signed stands here, the longest wait first."))


class MyApplications(Queue):
    """What an organization has applied for, and where each stands; a coordinator sees what is of the location."""

    route_base = "/my-applications"
    entity = Application
    menu, label, icon, menu_verb = "Program", _l("My applications"), "fa-timeline", "see"
    menu_reach = "organization+location"
    title = _l("My applications")
    waiting = staticmethod(lambda by: [])
    order = (Application.id.desc(),)
    columns = (
        Column(_l("Organization"), lambda one: one.organization_name),
        Column(_l("Application number"), lambda one: one.number),
        Column(_l("Kind"), lambda one: APPLICATION_KINDS[one.kind]),
        Column(_l("Status"), lambda one: APPLICATION_STATUSES[one.status]),
    )
    named = staticmethod(lambda one: one.number)
    main = Go(_l("Follow"), review_url, "Application", "see", "fa-timeline")
    acts = (applications.start_amendment,)
    nobody = (_l("There is no application."), _l("What your organization applies for stands here."))


class ApplicationReview(Review):
    """An application beside what was submitted before."""

    route_base = "/review"
    entity = Application
    headline = staticmethod(str)
    parts = staticmethod(parts_of)
    moments = staticmethod(timeline_of)
    remark = staticmethod(
        lambda row, by, said: reviews.remark(row, by, {place_of(name): words for name, words in said.items()})
    )
    sends = staticmethod(reviews.ask_changes)
    decisions = (reviews.approve, reviews.reject)
    back = (_l("Applications to review"), "ReviewQueue.show")

    @staticmethod
    def facts(row: Application) -> list[tuple[Any, Any]]:
        return [
            (_("Kind"), APPLICATION_KINDS[row.kind]),
            (_("Submission"), row.round),
            (_("Submitted at"), words_of(row.submitted_at)),
            (_("Waits for review since"), words_of(row.ready_at)),
            (_("Taken by"), row.reviewer),
        ]

    @staticmethod
    def writes(row: Application, by: Any) -> bool:
        return row.status == "in_review" and claims.is_mine(row, by)

    @staticmethod
    def remarks(row: Application) -> dict[str, str]:
        return {f"{one.section_id}:{one.path}": one.remark for one in reviews.of_round(row)}

    @staticmethod
    def take(row: Application) -> dict[str, Any] | None:
        if row.status != "submitted" or not may("claim", "Application"):
            return None
        href = url_for("ReviewQueue.act", pk=row.id, name="claim")
        return {"label": _("Take"), "href": href, "icon": "fa-hand", "post": True}

    def seen(self, row: Application) -> None:
        history.shown("Application", [row.id])

    def asks(self, row: Application, rule: Any) -> tuple[tuple[Ask, ...], dict[str, Any]]:
        if rule is not reviews.approve:
            return super().asks(row, rule)
        asks, known = [], {}
        told = {(one["kind"], one["row_key"]): one["content"] for one in sent_in(row, g.reach)[0]}
        for section in sections_of(row):
            said = told.get((section.kind, section.row_key))
            if section.kind == "B" and said is not None:
                name = f"pin_{section.id}"
                words = _l("Provider PIN of %(place)s", place=section.name)
                asks.append(Ask(name, words, required=False, help=PIN_HELP))
                pin = section.location.provider_pin if section.location is not None else None
                known[name] = pin or (said.get("location") or {}).get("provider_pin") or ""
        return tuple(asks), known

    def consequences(self, row: Application, rule: Any) -> list[Any]:
        if rule is not reviews.approve:
            return []
        notes = [_("The organization, its locations and storage units become what the application says.")]
        told = {one["row_key"] for one in sent_in(row, g.reach)[0] if one["kind"] == "B"}
        listed = [one for one in sections_of(row) if one.kind == "B" and one.row_key in told]
        new = [one for one in listed if one.location is not None and one.location.status == "applying"]
        return notes + [
            _("%(place)s starts to work; its first manager is told by mail.", place=one.name) for one in new
        ]


PIN_HELP = _l("From VFC papers: NCA and six digits, or the six digits alone. Leave it empty where there is none.")


def place_of(name: str) -> tuple[int, str]:
    """The section and the field that the input of a remark belongs to."""
    section, _colon, path = name.partition(":")
    return (int(section) if section.isdecimal() and len(section) < 18 else 0), path


SCREENS = [LocationEventScreen, ChangeRequestScreen]
PAGES = [ReviewQueue, MyApplications, ApplicationReview]
