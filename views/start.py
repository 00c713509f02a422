"""The start page of each profile: key figures and next steps, declared as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import abort, g, redirect, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import access
from app.rules import lapse, readiness
from app.rules.clock import today_at
from models.access_requests import AccessRequest
from models.applications import Application
from models.doses import Dose, Visit
from models.enrollment import Location, Organization
from models.notices import Notice
from models.people import Membership
from models.recipients import Recipient
from models.scope import Reach
from models.shipments import UNDER_WAY, Shipment
from models.stock import InventoryItem
from models.transfers import RESERVING, Transfer
from models.uploads import Upload
from views.figures import drawn, values_of


@dataclass(frozen=True)
class Figure:
    """One number on a start page: rows of an entity in reach that meet a condition."""

    label: Any
    entity: Any
    where: Callable[[Reach], list[Any]] = lambda reach: []
    total: Any = None
    href: str = ""


@dataclass(frozen=True)
class Step:
    """One thing to do next, shown to those who may."""

    label: Any
    help: Any
    href: str
    entity: str
    verb: str
    reach: str = ""  # only for this kind of reach


def _today(_reach: Reach) -> Any:
    return today_at(None)


EXPIRES = "InventoryItemScreen.list"
FIGURES = {
    "reviews": Figure(
        _l("Applications to review"), Application, lambda r: [Application.status == "submitted"], href="/review-queue/"
    ),
    "waiting": Figure(_l("Checked in, waiting"), Visit, lambda r: _waiting(r), href="/queue"),
    "given_today": Figure(
        _l("Doses given today"),
        Dose,
        lambda r: [Dose.given_on == _today(r), Dose.status == "given"],
        href="DoseScreen.list",
    ),
    "on_hand": Figure(_l("Doses on hand"), InventoryItem, total=InventoryItem.doses, href="InventoryItemScreen.list"),
    "expected": Figure(
        _l("Shipments expected"), Shipment, lambda r: [Shipment.status.in_(UNDER_WAY)], href="ShipmentScreen.list"
    ),
    "moving": Figure(
        _l("Transfers waiting for a step"),
        Transfer,
        lambda r: [Transfer.status.in_((*RESERVING, "in_transit"))],
        href="TransferScreen.list",
    ),
    "expires": Figure(
        _l("Doses to be used within 30 days"), InventoryItem, lambda r: _expires(30), InventoryItem.doses, EXPIRES
    ),
    "expires_soon": Figure(
        _l("Doses to be used within 7 days"), InventoryItem, lambda r: _expires(7), InventoryItem.doses, EXPIRES
    ),
    "unregistered": Figure(
        _l("Invited, not yet registered"),
        Recipient,
        lambda r: [Recipient.registration == "uploaded"],
        href="RecipientScreen.list",
    ),
    "people": Figure(_l("Recipients"), Recipient, href="RecipientScreen.list"),
    "uploads": Figure(_l("Uploads waiting for you"), Upload, lambda r: [Upload.status == "reviewed"], href="/upload/"),
    "mail": Figure(_l("Mail waiting"), Notice, lambda r: [Notice.status == "queued"], href="NoticeScreen.list"),
    "undelivered": Figure(
        _l("Mail not deliverable"), Notice, lambda r: [Notice.status == "failed"], href="NoticeScreen.list"
    ),
    "locations": Figure(
        _l("Locations giving vaccine"), Location, lambda r: [Location.status == "approved"], href="LocationScreen.list"
    ),
    "organizations": Figure(_l("Organizations"), Organization, href="OrganizationScreen.list"),
    "asking": Figure(
        _l("Asking for access"),
        AccessRequest,
        lambda r: [AccessRequest.status == "waiting"],
        href="AccessRequestScreen.list",
    ),
    "lapsing": Figure(_l("Access that lapses"), Membership, lapse.lapsing, href="/lapsing/"),
    "my_doses": Figure(_l("My doses"), Dose, lambda r: [Dose.status == "given"], href="DoseScreen.list"),
}


def _expires(days: int) -> list[Any]:
    return [InventoryItem.doses > 0, InventoryItem.use_by <= today_at(None) + dt.timedelta(days=days)]


def _waiting(reach: Reach) -> list[Any]:
    return [Visit.status == "checked_in", Visit.visited_on == _today(reach)]


STEPS = (
    Step(
        _l("Enrollment"),
        _l("Fill in your sections, see what is missing, submit."),
        "/my-enrollment",
        "Section",
        "edit",
    ),
    Step(
        _l("Review applications"),
        _l("Take the one that waits longest; remark, and decide."),
        "/review-queue/",
        "Application",
        "claim",
    ),
    Step(_l("Find a person"), _l("Search the whole state, see earlier doses, check in."), "/find", "Recipient", "find"),
    Step(
        _l("Who is waiting"), _l("People checked in here today, the longest wait first."), "/queue", "Visit", "check_in"
    ),
    Step(
        _l("Everyone vaccinated here"),
        _l("Filter by day, product, lot or vaccinator, and export."),
        "DoseScreen.list",
        "Dose",
        "export",
    ),
    Step(
        _l("Send a file of people"),
        _l("From a spreadsheet of any length; you look at every row first."),
        "/upload",
        "Upload",
        "send_file",
    ),
    Step(
        _l("Receive a shipment"),
        _l("Check what arrived and put it into stock."),
        "ShipmentScreen.list",
        "Shipment",
        "receive",
    ),
    Step(_l("Shipments from a file"), _l("Announce what is sent."), "/upload-shipments/", "Upload", "send_shipments"),
    Step(_l("Vaccine inventory"), _l("What is on hand, by lot."), "InventoryItemScreen.list", "InventoryItem", "see"),
    Step(
        _l("Bring in your team"),
        _l("Give access to several people at once from a spreadsheet."),
        "/upload-onboarding/",
        "Upload",
        "send_team",
    ),
    Step(
        _l("Account history"),
        _l("Everything that happened to the stock, and everyone vaccinated from it."),
        "AccountHistoryScreen.list",
        "AccountHistory",
        "see",
    ),
    Step(_l("Move vaccine"), _l("To another site: ask, dispatch, receive."), "TransferScreen.list", "Transfer", "add"),
    Step(_l("Recall a lot"), _l("First see how far it reaches."), "RecallScreen.list", "Recall", "add"),
    Step(_l("Who works here"), _l("Give and end access of your team."), "MembershipScreen.list", "Membership", "add"),
    Step(
        _l("Invite an organization to enroll"),
        _l("Its administrator gets a link by mail."),
        "ApplicationScreen.add",
        "Application",
        "add",
    ),
    Step(
        _l("Organizations and locations"),
        _l("Enter and keep those who take part."),
        "LocationScreen.list",
        "Location",
        "add",
    ),
    Step(
        _l("My doses and proof"),
        _l("See your doses and print your proof."),
        "/my-vaccinations",
        "Proof",
        "issue",
        "self",
    ),
    Step(_l("History"), _l("Who did what and looked at whom."), "HistoryScreen.list", "History", "see"),
)

STARTS: dict[str, tuple[str, ...]] = {
    "State Administrator": ("reviews", "organizations", "locations", "on_hand", "expected", "mail", "undelivered"),
    "State Immunization Staff": (
        "reviews",
        "locations",
        "people",
        "given_today",
        "on_hand",
        "expected",
        "moving",
        "undelivered",
    ),
    "Help Desk": ("organizations", "locations", "expected"),
    "Auditor": ("organizations", "locations", "on_hand"),
    "Organization Administrator": ("locations", "on_hand", "expected"),
    "Vaccine Coordinator": ("on_hand", "expected", "lapsing"),
    "Healthcare Location Manager": (
        "waiting",
        "given_today",
        "on_hand",
        "expires_soon",
        "expires",
        "expected",
        "moving",
        "unregistered",
        "uploads",
        "asking",
        "lapsing",
    ),
    "Healthcare Provider": ("waiting", "given_today", "on_hand"),
    "Front Desk": ("waiting", "unregistered"),
    "Inventory Manager": ("on_hand", "expires_soon", "expires", "expected", "moving"),
    "Organization Portal": ("people", "unregistered", "uploads"),
    "Recipient": ("my_doses",),
}

# Whose start page shows what the location still has to do before its first day.
GET_READY = ("Healthcare Location Manager", "Vaccine Coordinator")


def start_url() -> str:
    """Where whoever is signed in begins."""
    return url_for("StartView.start")


def address(href: str) -> str:
    """A path as it is, or that of an endpoint."""
    return href if href.startswith("/") else url_for(href)


def getting_ready(reach: Reach) -> list[dict[str, Any]]:
    """The steps of a new location, with a link for those who may do them."""
    if reach.profile not in GET_READY:
        return []
    return [
        {
            "label": task.label,
            "help": task.help,
            "done": done,
            "href": address(task.href) if access.may(reach.profile, task.entity, task.verb) and not done else "",
        }
        for task, done in readiness.steps(reach)
    ]


class StartView(BaseView):
    """The start page of the profile in force."""

    route_base = "/start"
    default_view = "start"

    @expose("/")
    def start(self) -> Any:
        reach = g.reach
        if reach is None:
            return redirect(self.appbuilder.get_url_for_login) if not g.user.is_authenticated else abort(403)
        shown = [FIGURES[name] for name in STARTS[reach.profile]]
        shown = [figure for figure in shown if access.may(reach.profile, figure.entity.__name__, "see")]
        values = values_of(shown, reach)
        figures = [(figure.label, value, address(figure.href)) for figure, value in zip(shown, values, strict=True)]
        steps = [
            (step.label, step.help, address(step.href))
            for step in STEPS
            if access.may(reach.profile, step.entity, step.verb) and step.reach in ("", reach.kind)
        ]
        return self.render_template(
            "start.html",
            title=_("Welcome, %(name)s", name=g.user.first_name),
            figures=figures,
            ready=getting_ready(reach),
            charts=drawn(reach.profile),
            next_steps=steps,
        )
