"""Agreements on Letter paper: the document that is signed, and the sheet of signatures that is added to its bytes."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.formats import words as said
from app.formats.proof_pdf import lettered
from app.reference.agreement_texts import BINDING, AgreementText

Facts = Sequence[tuple[Any, Any]]
Group = tuple[Any, Facts]
BLUE, GREY, PALE = "#1f4e79", "#46545f", "#f1f5f9"
EMBEDDED = "document-as-signed.pdf"
ROLES = {
    "cmo": _l("Chief Medical Officer or equivalent"),
    "ceo": _l("Chief Executive Officer or Chief Fiduciary"),
}


@dataclass(frozen=True)
class Paper:
    """What a document says: the texts, the facts of the organization in groups, and who is to sign."""

    number: str
    issuer: str
    organization: str
    language: str
    texts: Sequence[AgreementText]
    groups: Sequence[Group] = ()
    signers: Sequence[Group] = ()
    made_on: str = ""


@dataclass
class Flow:
    """The paragraphs of a paper as they are gathered; each run of letters gets the font that draws it."""

    story: list[Any] = field(default_factory=list)

    def add(self, style: str, words: Any) -> None:
        """One paragraph."""
        from reportlab.platypus import Paragraph

        self.story.append(Paragraph(str(lettered(words)), styles()[style]))

    def list(self, entries: Sequence[tuple[str, str]]) -> None:
        """Numbered paragraphs, each with a heading."""
        from reportlab.platypus import Paragraph

        for number, (heading, words) in enumerate(entries, 1):
            markup = f"<b>{number}. {lettered(heading)}.</b> {lettered(words)}"
            self.story.append(Paragraph(markup, styles()["body"]))

    def facts(self, heading: Any, facts: Facts) -> None:
        """A group of facts: its heading, then each label with its value in two columns."""
        from reportlab.lib import colors
        from reportlab.platypus import Paragraph, Table, TableStyle

        self.add("h3", heading)
        rows = [
            [Paragraph(str(lettered(label)), styles()["label"]), Paragraph(str(lettered(value)), styles()["body"])]
            for label, value in facts
        ]
        if not rows:
            return
        look = TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#b9c6d2")),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
        self.story.append(Table(rows, colWidths=(170, 334), style=look, hAlign="LEFT"))


@functools.cache
def styles() -> dict[str, Any]:
    """The kinds of paragraphs."""
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    from app.formats.lettering import PLAIN, letters_of

    letters_of(PLAIN)  # makes the font known
    body = ParagraphStyle("body", fontName=f"{PLAIN}-0", fontSize=9.5, leading=13, spaceAfter=5)
    bold = {"parent": body, "fontName": f"{PLAIN}-1", "keepWithNext": 1}
    return {
        "body": body,
        "label": ParagraphStyle("label", parent=body, textColor=HexColor(GREY), fontSize=8.5),
        "small": ParagraphStyle("small", parent=body, textColor=HexColor(GREY), fontSize=8, leading=11),
        "issuer": ParagraphStyle("issuer", textColor=HexColor(BLUE), **bold),
        "h1": ParagraphStyle("h1", **{**bold, "fontSize": 16, "leading": 20, "spaceBefore": 6, "spaceAfter": 6}),
        "h2": ParagraphStyle(
            "h2", textColor=HexColor(BLUE), **{**bold, "fontSize": 12, "leading": 16, "spaceBefore": 10}
        ),
        "h3": ParagraphStyle("h3", **{**bold, "fontSize": 10, "spaceBefore": 8}),
    }  # fmt: skip


def agreement_pdf(paper: Paper) -> bytes:
    """The document that is signed, in its language, with the binding English text after a translation."""
    flow = Flow()
    with force_locale(said.known(paper.language)):
        first = paper.texts[0]
        flow.add("issuer", paper.issuer)
        flow.add("h1", first.title)
        flow.add("body", paper.organization)
        flow.add(
            "small",
            _(
                "Agreement number %(number)s. Version %(version)s of the text, of %(day)s. Made on %(made)s.",
                number=paper.number,
                version=first.version,
                day=said.day_in_letters(first.dated.isoformat(), paper.language),
                made=said.day_in_letters(paper.made_on, paper.language),
            ),
        )
        for heading, facts in paper.groups:
            flow.facts(heading, facts)
        for text in paper.texts:
            _terms(flow, text, is_translation=text.language != BINDING)
        flow.add("h2", _("Who signs"))
        for heading, facts in paper.signers:
            flow.facts(heading, facts)
        return printed(flow, _("Agreement %(number)s", number=paper.number), first.title)


def _terms(flow: Flow, text: AgreementText, is_translation: bool) -> None:
    with force_locale(text.language):
        flow.add("h2", _("Terms (translation)") if is_translation else _("Terms (the binding text)"))
        for words in text.preamble:
            flow.add("body", words)
        flow.list(text.terms)
        flow.add("h3", _("Notices"))
        for words in text.notices:
            flow.add("body", words)
        for role, words in text.statements.items():
            flow.add("h3", _("Statement of the %(role)s", role=ROLES[role]))
            flow.add("body", words)


def sheet_pdf(title: str, issuer: str, subtitle: str, groups: Sequence[Group], language: str) -> bytes:
    """Facts in groups as a paper to print, as Section A or B of an application."""
    flow = Flow()
    with force_locale(said.known(language)):
        flow.add("issuer", issuer)
        flow.add("h1", title)
        flow.add("body", subtitle)
        for heading, facts in groups:
            flow.facts(heading, facts)
        return printed(flow, subtitle, title)


def signed_pdf(document: bytes, number: str, sha256: str, signatures: Sequence[Group], language: str) -> bytes:
    """The document's pages, then a sheet of its signatures; the exact bytes that were signed are attached."""
    import pypdf

    flow = Flow()
    with force_locale(said.known(language)):
        flow.add("h1", _("Signatures"))
        flow.add("body", _("Agreement %(number)s", number=number))
        flow.add(
            "body",
            _(
                "Each person named below read the document on the pages before this one, agreed to sign it "
                "electronically, and signed it. The file that was signed is attached to this one, byte for byte."
            ),
        )
        flow.facts(_("The document"), [(_("SHA-256 of the document"), sha256)])
        for heading, facts in signatures:
            flow.facts(heading, facts)
        sheet = printed(flow, _("Agreement %(number)s", number=number), _("Signatures"))
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(document))
    writer.append(io.BytesIO(sheet))
    writer.add_attachment(EMBEDDED, document)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def printed(flow: Flow, foot: str, title: str) -> bytes:
    """The paper as PDF, with a line at the foot of each page: what it is, and which page of how many."""
    from reportlab.platypus import SimpleDocTemplate

    out = io.BytesIO()
    paper = SimpleDocTemplate(
        out, pagesize=(612, 792), leftMargin=54, rightMargin=54, topMargin=50, bottomMargin=60,
        title=title, author="", creator="", lang="en",
    )  # fmt: skip
    paper.build(flow.story, canvasmaker=functools.partial(_counted, foot=foot))
    return out.getvalue()


def _counted(*args: Any, foot: str, **more: Any) -> Any:
    """A canvas that knows at the end how many pages there are."""
    from reportlab.pdfgen.canvas import Canvas

    class Counted(Canvas):
        kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self.kept = [*self.kept, dict(self.__dict__)]
            self._startPage()

        def save(self) -> None:
            pages = self.kept
            for number, page in enumerate(pages, 1):
                self.__dict__.update(page)
                self.setFont(styles()["small"].fontName, 8)
                self.drawString(60, 36, foot)
                self.drawRightString(552, 36, _("Page %(n)s of %(all)s", n=number, all=len(pages)))
                super().showPage()
            super().save()

    return Counted(*args, **more)
