"""Which language a page is in: the one chosen, else the person's own, else the browser's."""

from typing import Any

from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Domain, get_locale, gettext

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
    app.jinja_env.globals.update(page_language=in_force, state_name=state_name, program_name=program_name)
