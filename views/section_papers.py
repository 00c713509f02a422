"""Sections A and B as papers to print: one section as it stands, or all of them as they were submitted."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select

from app import history
from app.formats.agreement_pdf import sheet_pdf
from app.languages import in_force, state_name
from app.rules.agreements import facts_of_section
from models.applications import SECTION_STATUSES, Section, SubmittedVersion
from models.base import db
from views.custom.agreement_signing.papers import as_file
from views.page import Page, allowed


def _issuer() -> str:
    return _("State of %(name)s", name=state_name())


class SectionPaper(Page):
    """One section as it stands now."""

    entity = Section
    route_base = "/section-paper"
    default_view = "paper"

    @expose("/<int:pk>")
    @allowed("see")
    def paper(self, pk: int) -> Any:
        section = db.session.scalars(select(Section).where(Section.id == pk)).first() or abort(404)
        history.shown("Section", [pk], printed=True)
        said = {"kind": section.kind, "name": section.name, "content": section.content}
        below = f"{section.application.number} · {section.name} · {SECTION_STATUSES[section.status]}"
        title = _("CDC COVID-19 Vaccination Program Provider Agreement, Section %(kind)s", kind=section.kind)
        return as_file(
            sheet_pdf(title, _issuer(), below, list(facts_of_section(said)), in_force()), f"section-{section.kind}.pdf"
        )


class VersionPaper(Page):
    """All sections as they were submitted."""

    entity = SubmittedVersion
    route_base = "/submitted-paper"
    default_view = "paper"

    @expose("/<int:pk>")
    @allowed("see")
    def paper(self, pk: int) -> Any:
        version = db.session.scalars(select(SubmittedVersion).where(SubmittedVersion.id == pk)).first() or abort(404)
        history.shown("SubmittedVersion", [pk], printed=True)
        groups = [group for section in version.content["sections"] for group in facts_of_section(section)]
        below = f"{version.application.number} · {version.application.organization_name}"
        title = _("CDC COVID-19 Vaccination Program Provider Agreement, Sections A and B")
        return as_file(sheet_pdf(title, _issuer(), below, groups, in_force()), "sections.pdf")


PAGES = [SectionPaper, VersionPaper]
