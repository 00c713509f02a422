"""Signing by the link of one's mail: read, agree, type the name, confirm, sign; or decline with a reason."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, redirect, request, send_file, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField, validators

from app import history
from app.formats import page_pictures
from app.rules import agreement_documents as documents
from app.rules import links, signing
from models.agreements import SignatureRequest
from models.base import RuleBroken, utcnow
from models.links import Link
from models.scope import acting
from views.custom.agreement_signing.papers import DOCUMENT
from views.fields import REQUIRED, STYLE, storable, stripped
from views.links import again_for, leads_to, seen
from views.page import Page, open_to_everyone, put_in_form, saved

NEEDED = validators.InputRequired(REQUIRED)


class SignForm(FlaskForm):
    """What a signer says; the rules say whether it holds."""

    consent = BooleanField(_l("I agree to sign electronically"))
    typed_name = StringField(
        _l("Your full name, as your signature"),
        filters=[stripped],
        render_kw={**STYLE, "autocomplete": "name"},
        validators=[NEEDED, storable, validators.Length(max=160)],
    )
    code = StringField(
        _l("Code from your mail"),
        description=_l("Six digits."),
        filters=[stripped],
        render_kw={**STYLE, "inputmode": "numeric", "autocomplete": "one-time-code"},
        validators=[storable, validators.Length(max=20)],
    )


class DeclineForm(FlaskForm):
    """Why somebody does not sign."""

    reason = TextAreaField(
        _l("Reason"),
        filters=[stripped],
        render_kw={**STYLE, "rows": 3},
        validators=[NEEDED, storable, validators.Length(max=2000)],
    )


def as_signer(work: Callable[[], Any]) -> Any:
    """Does the work with the reach of the signing page: whoever holds a link may have no account at all."""
    with acting(signing.SIGNER):
        return work()


class AgreementSigning(Page):
    """The document of one link, and what its holder does with it."""

    route_base = "/agreement-signing"
    entity = SignatureRequest
    default_view = "show"

    # -- what the link is for ----------------------------------------------------------------------

    def _held(self) -> tuple[Link, SignatureRequest]:
        """The link that this browser opened last and its request, whatever became of them; raises LinkGone."""
        link = seen(documents.SIGN)
        return link, as_signer(lambda: signing.request_of(link))

    def _open(self) -> tuple[Link, SignatureRequest]:
        """The same while it can still be signed; raises LinkGone."""
        link, asked = self._held()
        if asked.status == "asked":
            links.held(link.id, documents.SIGN)
        return link, asked

    # -- reading -----------------------------------------------------------------------------------

    @expose("/")
    @open_to_everyone
    def show(self) -> Any:
        try:
            _link, asked = self._open()
        except links.LinkGone as gone:
            return self._gone(gone)
        return self._answer(asked, SignForm(), DeclineForm())

    def _gone(self, gone: RuleBroken) -> Any:
        again = url_for("AgreementSigning.again")
        return self.page("link.html", _l("This link does not open anything"), 410, gone=gone.message, again=again)

    @expose("/again", methods=["POST"])
    @open_to_everyone
    def again(self) -> Any:
        """A new link in place of the one this browser opened; the answer is the same to all."""
        try:
            link = seen(documents.SIGN)
            as_signer(lambda: saved(lambda: signing.ask_for_new_link(link)))
        except links.LinkGone:
            pass
        return self.page("link.html", _l("A new link"), asked_again=True)

    def _answer(self, asked: SignatureRequest, form: Any, declining: Any, code: int = 200) -> Any:
        """The page as the request stands: to be signed, signed, or not waited for any more."""
        history.shown("SignatureRequest", [asked.id])
        agreement = asked.agreement
        if asked.status != "asked":
            return self.page("agreement/done.html", _l("Agreement"), code, asked=asked, agreement=agreement)
        words = page_pictures.words_of_pages(as_signer(lambda: agreement.document))
        return self.page(
            "agreement/sign.html",
            signing.text_for(asked).title,
            code,
            asked=asked,
            agreement=agreement,
            text=signing.text_for(asked),
            page_words=words,
            form=form,
            declining=declining,
            code_sent=asked.code_word is not None and asked.code_until > utcnow(),
            signed_in=self._is_fresh(asked),
            has_account=signing.may_confirm_by_sign_in(asked, self._user()),
        )

    @expose("/document")
    @open_to_everyone
    def document(self) -> Any:
        """The stored bytes, as they were made."""
        try:
            _link, asked = self._held()
        except links.LinkGone as gone:
            return self._gone(gone)
        history.shown("Agreement", [asked.agreement_id])
        content = as_signer(lambda: asked.agreement.document)
        return send_file(io.BytesIO(content), "application/pdf", as_attachment=True, download_name=DOCUMENT)

    @expose("/pages/<int:number>.png")
    @open_to_everyone
    def picture(self, number: int) -> Any:
        """One page of the stored bytes as a picture, for phones whose browsers show no PDF."""
        try:
            _link, asked = self._held()
            image = page_pictures.picture(as_signer(lambda: asked.agreement.document), number)
        except (links.LinkGone, IndexError):
            abort(404)
        return send_file(io.BytesIO(image), "image/png")

    # -- doing -------------------------------------------------------------------------------------

    @expose("/code", methods=["POST"])
    @open_to_everyone
    def send_code(self) -> Any:
        """Sends the code to the address of the link; what was typed so far is kept."""
        try:
            link, asked = self._open()
        except links.LinkGone as gone:
            return self._gone(gone)
        form = SignForm()
        try:
            as_signer(lambda: saved(lambda: signing.send_code(signing.request_of(link, lock=True))))
            flash(_("A code of six digits is on its way to %(address)s. It holds for 10 minutes.", address=asked.email))
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
        return self._answer(as_signer(lambda: signing.request_of(link)), form, DeclineForm())

    @expose("/", methods=["POST"])
    @open_to_everyone
    def sign(self) -> Any:
        try:
            link, asked = self._open()
        except links.LinkGone as gone:
            return self._gone(gone)
        form = SignForm()
        if asked.status == "asked" and not self._signed(link, asked, form):
            again = as_signer(lambda: signing.request_of(link))
            if again.status != "signed":  # tapped twice: the other request has signed meanwhile
                return self._answer(again, form, DeclineForm(formdata=None), 422)
        return redirect(url_for("AgreementSigning.show"), 303)

    def _signed(self, link: Link, asked: SignatureRequest, form: Any) -> bool:
        """Signs, or says in the form why not. A try of the code is counted before it is looked at."""
        if not form.validate():
            return False
        name, consents, code = form.typed_name.data, form.consent.data, form.code.data or ""
        fresh = self._is_fresh(asked)
        try:
            signing.check_typed(asked, name, consents)
            if not fresh:
                as_signer(lambda: saved(lambda: signing.count_try(signing.request_of(link, lock=True))))
            as_signer(lambda: saved(lambda: self._sign_now(link, name, consents, code, fresh)))
        except RuleBroken as broken:
            put_in_form(form, broken)
            return False
        return True

    def _sign_now(self, link: Link, name: str, consents: bool, code: str, fresh: bool) -> Any:
        asked = signing.request_of(link, lock=True)
        if asked.status != "signed":
            links.held(link.id, documents.SIGN)
        if fresh:
            confirmed = signing.by_sign_in(asked, self._user(), self._signed_in_at())
        elif asked.status == "signed":
            confirmed = signing.Confirmed("code")
        else:
            confirmed = signing.by_code(asked, code)
        still = link if asked.status == "asked" else None
        return signing.sign(asked, name, consents, confirmed, request.remote_addr or "", still)

    @expose("/decline", methods=["POST"])
    @open_to_everyone
    def decline(self) -> Any:
        try:
            link, asked = self._open()
        except links.LinkGone as gone:
            return self._gone(gone)
        form = DeclineForm()
        try:
            if asked.status == "asked" and form.validate():
                work = lambda: signing.decline(signing.request_of(link, lock=True), form.reason.data, link)  # noqa: E731
                as_signer(lambda: saved(work))
        except RuleBroken as broken:
            put_in_form(form, broken)
        if form.errors:
            return self._answer(as_signer(lambda: signing.request_of(link)), SignForm(formdata=None), form, 422)
        return redirect(url_for("AgreementSigning.show"), 303)

    # -- who is at the other end -------------------------------------------------------------------

    def _user(self) -> Any:
        return g.user if g.user.is_authenticated else None

    def _signed_in_at(self) -> dt.datetime | None:
        at = session.get("signed_in_at")
        return dt.datetime.fromisoformat(at) if at else None

    def _is_fresh(self, asked: SignatureRequest) -> bool:
        """Whether the signer signed in as themselves a few minutes ago."""
        try:
            signing.by_sign_in(asked, self._user(), self._signed_in_at())
        except RuleBroken:
            return False
        return True


leads_to(documents.SIGN, lambda _link: url_for("AgreementSigning.show"))
again_for(documents.SIGN, signing.ask_for_new_link)
again_for(documents.COPY, signing.ask_for_new_copy)
