"""Which language a page is in: the one chosen, else the person's own, else the browser's."""

from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import get_locale, gettext

# Numbers, days and times as a language is written here: 0.3 ml and 4:43 p.m., not Spain's 0,3 ml and 16:43.
AS_WRITTEN_HERE = {"es": "es_US"}


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
    app.extensions["babel"].locale_selector = locale
    app.jinja_env.globals.update(page_language=in_force, state_name=state_name, program_name=program_name)
