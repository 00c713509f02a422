"""Enrolling, as whoever applies sees it: beginning, coming in by a link, one's own sections, each in steps."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from app import throttle
from app.languages import in_force
from app.rules import applications, coordinators, joining, links, sections, standing
from app.rules.declared import gaps
from app.rules.enrollment_fields import form_of
from models.acts import Ask, act_of
from models.applications import OPEN, SECTION_KINDS, SECTION_STATUSES, Application, Section
from models.links import Link
from models.scope import Reach
from views.applications import PRINT_SECTION
from views.forms import ask_form
from views.kinds import Column, Go, Queue
from views.links import closed, leads_to, opened
from views.page import Page, may, open_to_everyone, saved
from views.steps import Steps

PURPOSES = (joining.INVITATION_LINK, joining.SELF_LINK, joining.SECTION_LINK)
for _purpose in PURPOSES:
    leads_to(_purpose, lambda link: url_for("Joining.show", purpose=link.purpose))


class Enroll(Page):
    """Asking for a link to begin with; answers the same whether the address is known or not."""

    entity = Application
    route_base = "/enroll"
    asks: ClassVar[tuple[Ask, ...]] = (
        Ask("email", _l("Your e-mail address"), help=_l("A link to begin with is sent to it.")),
    )

    @expose("/", methods=["GET"])
    @open_to_everyone
    def show(self) -> Any:
        return self.answer(ask_form(self.asks)())

    @expose("/", methods=["POST"])
    @open_to_everyone
    def send(self) -> Any:
        form = ask_form(self.asks)()
        if not form.validate():
            return self.answer(form, 422)

        def work() -> bool:
            joining.ask_to_enroll(form.email.data, in_force())
            return True

        if _may_ask() and not saved(work, form):
            return self.answer(form, 422)
        return self.page("kinds/said.html", _l("Please look into your mail"), said=_l(
            "If this address can receive mail, a link is on its way to it. It holds for two days."))  # fmt: skip

    def answer(self, form: Any, code: int = 200) -> Any:
        """The question for the address."""
        lead = _l(
            "For whoever will be the Organization Administrator. You complete Section A of the CDC Provider Agreement; "
            "each location's Vaccine Coordinator completes Section B; then the Chief Medical Officer and the Chief "
            "Executive Officer sign."
        )
        return self.page("kinds/ask.html", _l("Enroll an organization"), code, form=form, lead=lead, label=_l("Go on"))


def _may_ask() -> bool:
    """Whether mails may still be asked for from this network address; nobody is told when not."""
    try:
        throttle.spend("mails from enrollment", request.remote_addr or "", throttle.ADDRESS)
    except throttle.TooMany:
        return False
    return True


class Joining(Page):
    """What whoever followed a link of an enrollment must still say: nothing, a name and a password, an organization."""

    entity = Application
    route_base = "/enroll/join"
    names: ClassVar[tuple[Ask, ...]] = (
        Ask("first_name", _l("First name")),
        Ask("last_name", _l("Last name")),
        Ask("password", _l("Password"), "secret", help=_l("At least 15 characters.")),
    )
    organization: ClassVar[tuple[Ask, ...]] = (
        Ask("organization", _l("Legal name of the organization")),
        Ask("is_another", _l("It is another organization"), "yes_no", required=False,
            help=_l("Tick only when told of one that is known already.")),
    )  # fmt: skip

    @expose("/<purpose>", methods=["GET"])
    @open_to_everyone
    def show(self, purpose: str) -> Any:
        return self._with(purpose, lambda link, form: self.answer(link, form))

    @expose("/<purpose>", methods=["POST"])
    @open_to_everyone
    def send(self, purpose: str) -> Any:
        return self._with(purpose, self._accept)

    def _with(self, purpose: str, then: Any) -> Any:
        """Does something with the link that this browser has opened, or says that it does not hold."""
        try:
            link = opened(purpose if purpose in PURPOSES else "")
        except links.LinkGone as gone:
            return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message)
        return then(link, ask_form(self._asks(link))())

    def _asks(self, link: Link) -> tuple[Ask, ...]:
        names = () if joining.account_of(link) else self.names
        return (*names, *(self.organization if link.purpose == joining.SELF_LINK else ()))

    def _accept(self, link: Link, form: Any) -> Any:
        if not form.validate():
            return self.answer(link, form, 422)
        said = {field.name: field.data for field in form if field.name in joining.Newcomer.__dataclass_fields__}
        newcomer = joining.Newcomer(**{name: value for name, value in said.items() if value}, language=in_force())
        user = saved(lambda: joining.accept(link, newcomer), form)
        if user is None:
            return self.answer(link, form, 422)
        closed()
        flash(_("You are registered. Please sign in: your username is %(name)s, and your e-mail address works too.",
                name=user.username), "success")  # fmt: skip
        return redirect(self.appbuilder.get_url_for_login_with(url_for("MySections.show")), 303)

    def answer(self, link: Link, form: Any, code: int = 200) -> Any:
        """What is still to be said, or just the button."""
        return self.page(
            "kinds/ask.html", _l("Enroll an organization"), code, form=form, lead=_invites(link), label=_l("Register"),
        )  # fmt: skip


def _invites(link: Link) -> Any:
    if link.purpose == joining.SECTION_LINK:
        return _l("You are invited as the primary Vaccine Coordinator of a location, to complete its Section B.")
    return _l("You will be the Organization Administrator of an organization that enrolls.")


def _open_sections(reach: Reach) -> list[Any]:
    return [Section.application.has(Application.status.in_(OPEN)), Section.status != "taken_out"]


class MySections(Queue):
    """The sections of one's own that wait to be filled in."""

    entity = Section
    route_base = "/my-enrollment"
    menu = "Program"
    menu_verb = "edit"
    label = _l("Enrollment: sections to fill in")
    icon = "fa-file-pen"
    title = _l("Enrollment: sections to fill in")
    lead = _l("Each section is saved as far as you have come, and may be filled in by several people.")
    waiting = _open_sections
    order = (Section.application_id, Section.kind, Section.id)
    options = (joinedload(Section.application),)
    columns = (
        Column(_l("Section"), lambda row: SECTION_KINDS[row.kind]),
        Column(_l("For"), lambda row: row.name),
        Column(_l("Status"), lambda row: SECTION_STATUSES[row.status]),
        Column(_l("Answers missing"), lambda row: str(len(gaps(form_of(row.kind), row.content)))),
        Column(_l("Remarks"), lambda row: str(len(row.remarks or ()))),
    )
    named = str
    main = Go(_l("Fill in"), lambda row: url_for("SectionSteps.overview", pk=row.id), "Section", "edit", "fa-pen")
    acts = (coordinators.invite_coordinator,)
    nobody = (_l("No section waits for you."), _l("What you submitted stands under Applications."))


class SectionSteps(Steps):
    """Section A or B in steps."""

    entity = Section
    route_base = "/section-steps"
    save = sections.save_section

    @staticmethod
    def form_for(row: Section) -> Any:
        return form_of(row.kind)

    def is_open(self, row: Section) -> bool:
        return row.application.status in OPEN and row.status != "taken_out"

    def around(self, row: Section) -> dict[str, Any]:
        application = row.application
        return {
            "about": f"{row.name}, {application.number}",
            "back": url_for("MySections.show") if may("edit", "Section") else url_for("SectionScreen.list"),
            "back_words": _("All sections"),
            "acts": [*_acts(application), {**(PRINT_SECTION.button(row) or {}), "quiet": True}],
        }


def _acts(application: Application) -> list[dict[str, Any]]:
    """Submitting, where all sections are complete and whoever looks may do it."""
    complete = all(section.status == "complete" for section in standing.sections_of(application))
    if not complete or application.status not in OPEN or not may("submit", "Application"):
        return []
    said = act_of(applications.submit)
    href = url_for("ApplicationScreen.action", name="submit", pk=application.id)
    return [{"label": said.label, "href": href, "icon": said.icon, "post": True, "confirm": said.confirm}]


PAGES = [Enroll, Joining, MySections, SectionSteps]
