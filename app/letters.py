"""Writes the mails: `templates/email/<kind>.<language>.txt`, the subject on the first line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_date
from flask import current_app
from flask_babel import force_locale
from flask_mail import Message

from app.languages import state_name
from app.rules import signing_codes

LANGUAGES = ("en", "es")


def write(kind: str, language: str, context: dict[str, Any], to_address: str, message_id: str) -> Message:
    """The mail as it goes out; raises jinja2.TemplateError for a kind without a text."""
    subject, body = words(kind, language, context)
    message = Message(
        subject=subject,
        recipients=[to_address],
        body=body,
        sender=current_app.config["MAIL_DEFAULT_SENDER"],
        extra_headers={"Auto-Submitted": "auto-generated", "Content-Language": language},
    )
    message.msgId = message_id
    return message


def words(kind: str, language: str, context: dict[str, Any]) -> tuple[str, str]:
    """Subject and body in the language of the reader; a language without a text is answered in English."""
    language = language if language in LANGUAGES else "en"
    settings = current_app.config
    if "code_word" in context:  # the code itself is in no table: it is made for this mail alone
        context = context | {"code": signing_codes.code_of(context["code_word"])}
    with force_locale(language):
        text = current_app.jinja_env.get_template(f"email/{kind}.{language}.txt").render(
            said=context,
            on=lambda value: _day(value, language),
            portal=settings["PORTAL_URLS"]["recipient"],
            provider=settings["PORTAL_URLS"]["provider"],
            enrollment=settings["PORTAL_URLS"]["enrollment"],
            state=state_name(),
            help_desk=settings["HELP_DESK_EMAIL"],
        )
    subject, _, body = text.partition("\n")
    return subject.strip(), body.strip() + "\n"


def _day(value: str, language: str) -> str:
    """An ISO date as people write it: January 21, 2021; 21 de enero de 2021."""
    return format_date(dt.date.fromisoformat(value), "long", locale=language)
