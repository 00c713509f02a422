"""The way to the mail server: Flask-Mail's connection with a time limit, checked certificates and plain problems."""

from __future__ import annotations

import smtplib
import ssl
from typing import Any, Self

from flask_babel import gettext as _
from flask_mail import BadHeaderError, Connection, Message
from jinja2 import TemplateError

TIME_LIMIT = 15  # seconds for each answer of the server; Flask-Mail waits for ever


class Unreachable(Exception):
    """There is no mail server to talk to: no mail is at fault."""


class Post(Connection):
    """A connection that is opened with the first mail and opened anew after a mail that failed."""

    is_down = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: Any) -> None:
        self._hang_up()

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Opens the connection; the server must show a certificate that holds where TLS is set."""
        settings = self.mail
        context = ssl.create_default_context()
        if settings.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(settings.server, settings.port, timeout=TIME_LIMIT, context=context)
        else:
            host = smtplib.SMTP(settings.server, settings.port, timeout=TIME_LIMIT)
        try:
            if settings.use_tls:
                host.starttls(context=context)
            if settings.username and settings.password:
                host.login(settings.username, settings.password)
        except BaseException:
            host.close()
            raise
        return host

    def send(self, message: Message, envelope_from: Any = None) -> None:
        """Hands one mail to the server; raises Unreachable, or whatever was wrong with the mail."""
        if self.host is None and not self.mail.suppress:
            try:
                self.host = self.configure_host()
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable from error
        try:
            super().send(message, envelope_from)
        except BaseException:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        host, self.host = self.host, None
        if host is not None:
            try:
                host.quit()
            except (OSError, smtplib.SMTPException):
                host.close()


def problem_of(error: Exception) -> str:
    """What went wrong as words for the outbox: nothing of the person, nothing the server said."""
    if isinstance(error, Unreachable):
        return _("The mail server could not be reached, or refused our sign-in.")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _("The mail server refused the address.")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("The mail server refused our sender address.")
    if isinstance(error, smtplib.SMTPResponseException):
        return _("The mail server refused the mail (code %(code)s).", code=error.smtp_code)
    if isinstance(error, OSError | smtplib.SMTPException):
        return _("The connection to the mail server broke off.")
    if isinstance(error, UnicodeError | BadHeaderError):
        return _("No mail can be sent to an address written like this.")
    if isinstance(error, TemplateError | LookupError | ValueError | TypeError):
        return _("The text of this mail could not be made.")
    return _("The mail could not be sent.")
