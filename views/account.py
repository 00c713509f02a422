"""What everybody may do with their own account: change the password, set up a second factor."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import entering, second_factor, throttle
from app.formats.qr_code import qr_code
from app.rules import account_care, own_passwords, passwords
from models.base import RuleBroken, db
from models.people import PortalUser
from models.scope import acting
from views import door_forms as forms
from views.page import Page, put_in_form, saved, signed_in


class AccountPage(Page):
    """One's own account, whatever the profile in force."""

    route_base = "/account"

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """What there is to do."""
        return self.page(
            "door/account.html", _l("Your account"), has_password=bool(g.user.password),
            has_second=second_factor.is_on(g.user.id), codes_left=second_factor.codes_left(g.user.id),
        )  # fmt: skip

    @expose("/password", methods=["GET", "POST"])
    @signed_in
    def password(self) -> Any:
        """Changes the password; every other session and token of the account ends."""
        has_second = second_factor.is_on(g.user.id)
        form, code = forms.ChangePasswordForm(), 200
        if form.validate_on_submit():
            code = _guarded(form, lambda: saved(lambda: _change(form, has_second), form))
            if code == 200 and not form.errors and not form.form_errors:
                flash(_("Your password is changed. You are signed out everywhere else."), "info")
                return redirect(url_for("AccountPage.index"))
        return self.page(
            "door/form.html", _l("Change your password"), 422 if form.errors and code == 200 else code, form=form,
            button=_l("Change the password"), lead=forms.advice(has_second), username=g.user.username,
        )  # fmt: skip

    @expose("/second-factor", methods=["GET", "POST"])
    @signed_in
    def second_factor(self) -> Any:
        """Sets up a second factor, and shows the recovery codes once."""
        if second_factor.is_on(g.user.id):
            return redirect(url_for("AccountPage.index"))
        form, code, user_id = forms.CodeForm(), 200, g.user.id
        if form.validate_on_submit():
            codes = saved(lambda: _confirmed(user_id, (form.code.data or "").strip()), form)
            if codes:
                session.pop(entering.MUST_ENROLL, None)
                return self.page("door/recovery.html", _l("Keep these codes"), codes=codes)
            code = 422
            put_in_form(form, RuleBroken(_("This code is not right. Look at the clock of your phone."), field="code"))
        with_secret = _secret(user_id)
        return self.page(
            "door/second_factor.html", _l("Set up a second factor"), code, form=form, secret=with_secret,
            picture=qr_code(second_factor.address(with_secret, g.user.username)),
            is_needed=entering.MUST_ENROLL in session,
        )  # fmt: skip

    @expose("/second-factor/off", methods=["GET", "POST"])
    @signed_in
    def second_factor_off(self) -> Any:
        """Takes the second factor off, for a new phone; the password is asked once more."""
        form, code = forms.PasswordForm(), 200
        if form.validate_on_submit():
            code = _guarded(form, lambda: saved(lambda: _turn_off(form), form))
            if code == 200 and not form.errors and not form.form_errors:
                flash(_("The second factor is off."), "info")
                if _must_again():
                    session[entering.MUST_ENROLL] = True
                return redirect(url_for("AccountPage.index"))
        return self.page(
            "door/form.html", _l("Turn off the second factor"), 422 if form.errors and code == 200 else code, form=form,
            button=_l("Turn it off"), username=g.user.username,
            lead=_l("For a new phone: turn it off here, and set it up anew."),
        )  # fmt: skip


def _secret(user_id: int) -> str:
    """A page that is looked at keeps the secret it shows."""
    with entering.writing():
        secret = second_factor.secret_to_confirm(user_id)
        db.session.commit()
    return secret


def _me() -> PortalUser:
    return db.session.get_one(PortalUser, g.user.id)


def _change(form: forms.ChangePasswordForm, has_second: bool) -> PortalUser:
    with acting(own_passwords.BY):
        user = passwords.change(_me(), form.current.data or "", form.password.data or "", has_second)
        db.session.flush()
    session["epoch"] = user.session_epoch
    entering.renew_session()
    return user


def _confirmed(user_id: int, code: str) -> list[str] | None:
    codes = second_factor.confirm(user_id, code)
    if codes:
        account_care.tell(_me(), account_care.SECOND_ON)
    return codes


def _turn_off(form: forms.PasswordForm) -> bool:
    with acting(own_passwords.BY):
        passwords.is_right(_me(), form.current.data or "")
    second_factor.turn_off(g.user.id)
    account_care.tell(_me(), account_care.SECOND_OFF)
    return True


def _must_again() -> bool:
    return entering.must_enroll(_me())


def _guarded(form: Any, work: Any) -> int:
    """The status of the page; a stolen session must not try passwords without end."""
    whose = str(g.user.id)
    try:
        throttle.spend("current password", whose, throttle.CODE)
    except throttle.TooMany as many:
        put_in_form(form, RuleBroken(entering.wait_words(many), field="current"))
        return 429
    work()
    if not form.errors:
        throttle.give_back("current password", whose)
    return 200


PAGES = [AccountPage]
