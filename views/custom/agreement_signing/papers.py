"""The papers of agreements: the document as it was signed, and with its signatures, for each of the parties."""

from __future__ import annotations

import io
from typing import Any

from flask import abort, send_file, url_for
from flask_appbuilder import expose
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app import history
from app.rules import agreement_documents as documents
from app.rules import agreement_papers, links
from app.rules.signing import SIGNER
from models.agreements import Agreement
from models.base import db
from models.scope import acting
from views.links import leads_to, opened
from views.page import Page, allowed, open_to_everyone, saved

DOCUMENT, SIGNED = "agreement.pdf", "agreement-signed.pdf"


def as_file(content: bytes, name: str) -> Any:
    """A PDF for the one who asked, kept in no cache."""
    answer = send_file(io.BytesIO(content), "application/pdf", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store, private, max-age=0"
    return answer


class AgreementPapers(Page):
    """Downloads for whoever is signed in and sees the agreement."""

    route_base = "/agreement-papers"
    entity = Agreement
    default_view = "document"

    def _agreement(self, number: str) -> Agreement:
        found = db.session.scalars(select(Agreement).where(Agreement.number == number)).first()
        if found is None:
            abort(404)
        history.shown("Agreement", [found.id])
        return found

    @expose("/<number>/document.pdf")
    @allowed("see")
    def document(self, number: str) -> Any:
        """The stored bytes."""
        return as_file(self._agreement(number).document, DOCUMENT)

    @expose("/<number>/signed.pdf")
    @allowed("see")
    def signed(self, number: str) -> Any:
        """The stored bytes with the sheet of signatures."""
        return as_file(agreement_papers.signed_paper(self._agreement(number)), SIGNED)


class SignedCopy(Page):
    """The signed document by the link of a mail, once."""

    route_base = "/signed-copy"
    entity = Agreement
    default_view = "show"

    @expose("/")
    @open_to_everyone
    def show(self) -> Any:
        try:
            opened(documents.COPY)
        except links.LinkGone as gone:
            return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message)
        return self.page("agreement/copy.html", _l("Your copy of the signed agreement"))

    @expose("/", methods=["POST"])
    @open_to_everyone
    def hand_over(self) -> Any:
        """Hands the file over and uses the link up; the second of two at once gets nothing."""
        try:
            link = opened(documents.COPY)
            with acting(SIGNER):
                content = saved(lambda: self._used(link))
        except links.LinkGone as gone:
            return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message)
        return as_file(content, SIGNED)

    def _used(self, link: Any) -> bytes:
        agreement = db.session.get(Agreement, int(link.subject.removeprefix("agreement:")))
        if agreement is None:
            raise links.LinkGone
        links.use(link)
        history.shown("Agreement", [agreement.id])
        return agreement_papers.signed_paper(agreement)


leads_to(documents.COPY, lambda _link: url_for("SignedCopy.show"))

PAGES = [AgreementPapers, SignedCopy]
