"""Which language a page is in: the one chosen, else the person's own, else the browser's."""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Domain, format_decimal, get_locale, gettext
from jinja2 import pass_context

# Numbers, days and times as a language is written here: 0.3 ml and 4:43 p.m., not Spain's 0,3 ml and 16:43.
AS_WRITTEN_HERE = {"es": "es_US"}


class KeptDomain(Domain):  # type: ignore[misc]
    """Flask-Babel's words, whose catalog is found without spelling out the locale's name for each word of a page."""

    def __init__(self, domain: str):
        super().__init__(domain=domain)
        self.kept: dict[Any, Any] = {}

    def get_translations(self) -> Any:
        """The catalog of the language in force, which may change within a request."""
        now = get_locale()
        if now is None:
            return super().get_translations()
        if now not in self.kept:
            self.kept[now] = super().get_translations()
        return self.kept[now]

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        """Words for so many, and how many as the language writes it."""
        words: str = self.get_translations().ungettext(singular, plural, num)
        return words % ({"num": grouped(num)} | variables)


def grouped(value: Any) -> Any:
    """A whole number as the language writes it, 12,345; anything else as it is."""
    return format_decimal(value) if isinstance(value, int) and abs(value) >= 1_000 else value


def _in_templates(plain: Any) -> Any:
    """Jinja's own words for so many, with the number written likewise."""

    @pass_context
    def ngettext(context: Any, singular: str, plural: str, num: int, **variables: Any) -> Any:
        return plain(context, singular, plural, num, **({"num": grouped(num)} | variables))

    return ngettext


def locale() -> str:
    """The language of this request and how its numbers are written."""
    code = choose()
    return AS_WRITTEN_HERE.get(code, code)


def in_force() -> str:
    """The code of the language that is shown now."""
    now = get_locale()
    return now.language if now else "en"


def choose() -> str:
    """The language asked for."""
    known = current_app.config["LANGUAGES"]
    default = current_app.config["BABEL_DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    chosen = session.get("locale")
    if chosen in known:
        return chosen
    own = getattr(g.get("user"), "language", None)
    return own if own in known else request.accept_languages.best_match(list(known)) or default


def state_name() -> str:
    """The state as the reader calls it: North Carolina, Carolina del Norte."""
    name = current_app.config["STATE_NAME"]
    return gettext(name)


def program_name() -> str:
    """The program as the reader calls it."""
    name = current_app.config["APP_NAME"]
    return gettext(name)


def install(app: Flask) -> None:
    """Replaces Flask-AppBuilder's choice, which ignores Accept-Language and fills every session."""
    babel = app.extensions["babel"]
    babel.locale_selector = locale
    babel.instance.domain_instance = KeptDomain(babel.instance.domain)
    words = app.jinja_env.globals
    words.update(page_language=in_force, state_name=state_name, program_name=program_name, grouped=grouped)
    words["ngettext"] = _in_templates(words["ngettext"])
