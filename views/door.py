"""The ways in beside username and password: the second factor, a link to choose a password, a code by mail."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import authentication, devices, entering, history, second_factor, throttle
from app.rules import links, mail_codes, own_passwords
from models.base import RuleBroken, db
from models.recipients import Recipient
from models.scope import acting
from views import door_forms as forms
from views.links import closed, leads_to, opened
from views.page import Page, open_to_everyone, put_in_form, saved

MAILED, WHO = "mail_code", "who"  # names in the session
WRONG_CODE = _l("This code is not right, or it does not hold any more.")


class DoorPage(Page):
    """Pages for whoever is not signed in yet. What they answer never tells whether an account or address is known."""

    route_base = "/sign-in"

    def _form(self, form: Any, title: Any, code: int = 200, **said: Any) -> Any:
        return self.page("door/form.html", title, code, form=form, **said)

    @expose("/second-factor", methods=["GET", "POST"])
    @open_to_everyone
    def second_factor(self) -> Any:
        """The code of the second factor, after the password."""
        half = entering.half_way()
        user = self.appbuilder.sm.load_user(half["user"]) if half else None
        if half is None or user is None or user.session_epoch != half["epoch"]:
            flash(_("Please sign in again."), "info")
            return redirect(url_for("SignInView.login"))
        form, code = forms.CodeForm(), 200
        if form.validate_on_submit():
            code = _slowly(form, lambda: _take_code(user, form))
            if code == 0:
                return entering.let_in(user, half["next"])
        return self._form(
            form, _l("Second factor"), code, button=_l("Go on"),
            lead=_l("Please type the six digits that the app on your phone shows for this account."),
            small=_l("Without your phone, type one of your recovery codes. Without both, call the help desk."),
        )  # fmt: skip

    @expose("/forgotten", methods=["GET", "POST"])
    @open_to_everyone
    def forgotten(self) -> Any:
        """Asks for a link to choose a new password; the answer is the same for everybody."""
        form = forms.ForgottenForm()
        if form.validate_on_submit():
            typed = form.username.data or ""
            if _may_mail("new password", typed):
                with acting(own_passwords.BY):
                    user = authentication.someone(typed)
                saved(lambda: own_passwords.asked_for(user, typed), form)
            return self.page("door/said.html", _l("Please look into your mail"), sentence=_l(
                "If there is an account of this name with a mail address, a link to choose a new password is on its "
                "way to it. It holds for one hour."
            ))  # fmt: skip
        return self._form(
            form, _l("Forgotten password"), button=_l("Send me a link"),
            lead=_l("Type your username or your e-mail address. We send a link to the address of the account."),
        )  # fmt: skip

    @expose("/password", methods=["GET", "POST"])
    @open_to_everyone
    def password(self) -> Any:
        """Chooses a password, for whoever has opened the link of a mail."""
        link = _link_to_choose()
        user = own_passwords.person_of(link)
        has_second = second_factor.is_on(user.id)
        form = forms.NewPasswordForm()
        if form.validate_on_submit() and saved(
            lambda: own_passwords.choose(link, form.password.data or "", has_second), form
        ):
            closed()
            flash(_("Your password is set. Please sign in with it."), "info")
            return redirect(url_for("SignInView.login"))
        return self._form(
            form, _l("Choose your password"), button=_l("Set the password"), username=user.username,
            lead=forms.advice(has_second),
        )  # fmt: skip

    @expose("/code", methods=["GET", "POST"])
    @open_to_everyone
    def mail_code(self) -> Any:
        """A recipient asks for a code by mail."""
        form, code = forms.AddressForm(), 200
        if form.validate_on_submit():
            address = (form.email.data or "").strip()
            if not _may_mail("code", address):
                return redirect(url_for("DoorPage.type_code"))
            if link := saved(lambda: mail_codes.send(address, str(get_locale() or "en")), form):
                entering.renew_session()
                session[MAILED] = {"link": link.id, "email": address}
                return redirect(url_for("DoorPage.type_code"))
            code = 422
        return self._form(
            form, _l("Sign in with a code"), code, button=_l("Send me a code"),
            lead=_l("For people who were vaccinated or want to be: we send a code to the address on your record."),
        )  # fmt: skip

    @expose("/code/type", methods=["GET", "POST"])
    @open_to_everyone
    def type_code(self) -> Any:
        """The code from the mail."""
        form, code = forms.CodeForm(), 200
        if form.validate_on_submit():
            asked = session.get(MAILED) or {"link": 0, "email": ""}
            code = _slowly(form, lambda: _open_code(asked, form))
            if code == 0:
                return self._enter(_those_meant()) or redirect(url_for("DoorPage.who"))
        return self._form(
            form, _l("Your code"), code, button=_l("Go on"),
            lead=_l("If the address is on a record, a code is on its way to it. It may take a minute or two."),
            again=url_for("DoorPage.mail_code"),
        )  # fmt: skip

    @expose("/code/who", methods=["GET", "POST"])
    @open_to_everyone
    def who(self) -> Any:
        """Which person of a shared address signs in."""
        found = _those_meant()
        if not found:
            return redirect(url_for("DoorPage.mail_code"))
        if request.method == "POST":
            chosen = [person for person in found if str(person.id) == request.form.get("person")]
            if answer := self._enter(chosen):
                return answer
        history.shown("Recipient", [person.id for person in found])
        return self.page("door/who.html", _l("Who signs in?"), people=found)

    def _enter(self, people: list[Recipient]) -> Any:
        """Signs in as the one person that is meant; None when it is not one."""
        if len(people) != 1:
            return None
        history.entry().outcome = "signed in"
        user = saved(lambda: mail_codes.account_of(people[0]))
        return user and entering.let_in(user, "/", is_vouched_for=True)


def _those_meant() -> list[Recipient]:
    """The people whose record has the address that the code was sent to."""
    with acting(mail_codes.BY):
        found = (db.session.get(Recipient, key) for key in session.get(WHO) or [])
        return [person for person in found if person is not None]


def _take_code(user: Any, form: forms.CodeForm) -> None:
    """Takes the code of the second factor, or raises RuleBroken."""
    user_id = user.id
    if not authentication.by_code(user_id, form.code.data or ""):
        db.session.commit()
        raise RuleBroken(WRONG_CODE, field="code")
    history.entry().outcome = "signed in"
    db.session.commit()
    authentication.code_was_right(user_id)


def _open_code(asked: dict[str, Any], form: forms.CodeForm) -> None:
    """Takes the code from the mail, or raises RuleBroken."""
    throttle.spend("mail code", str(asked["link"]), throttle.CODE)
    try:
        people = mail_codes.opened(asked["link"], asked["email"], form.code.data or "")
    except links.LinkGone:
        history.refused("mail code")
        raise RuleBroken(WRONG_CODE, field="code") from None
    keys = [person.id for person in people]
    db.session.commit()
    session.pop(MAILED, None)
    entering.renew_session()
    session[WHO] = keys
    throttle.came_in("code", asked["email"].strip().casefold(), devices.named())


def _slowly(form: Any, work: Any) -> int:
    """0 when the work is done; else the refusal stands in the form and this is the status of the page."""
    try:
        work()
    except throttle.TooMany as many:
        put_in_form(form, RuleBroken(entering.wait_words(many), field="code"))
        return 429
    except RuleBroken as broken:
        put_in_form(form, broken)
        return 422
    return 0


def _may_mail(what: str, whose: str) -> bool:
    """Whether another mail may go to this name now; nobody is told when it may not."""
    try:
        throttle.mail(what, whose.strip().casefold(), request.remote_addr or "", devices.at_hand())
    except throttle.TooMany:
        return False
    return True


def _link_to_choose() -> Any:
    try:
        return opened(own_passwords.FIRST_SIGN_IN)
    except links.LinkGone:
        return opened(own_passwords.FORGOTTEN)


for _purpose in (own_passwords.FIRST_SIGN_IN, own_passwords.FORGOTTEN):
    leads_to(_purpose, lambda _link: url_for("DoorPage.password"))

PAGES = [DoorPage]
