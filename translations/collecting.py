"""Which words there are to translate: those of our code and templates, and what Flask-AppBuilder's Spanish lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask_appbuilder
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import config

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("app", "models", "views")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
STRICT = {"**.html": {"silent": "false"}}  # a template that cannot be read stops, rather than lose its words
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}

FAB = Path(flask_appbuilder.__file__).parent
FAB_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
# Flask-AppBuilder's Spanish of these is wrong: "Registrarse" for "Sign In", and a slip of the keyboard.
FAB_WRONG = ("Sign In", "Not Ends with")

Message = str | tuple[str, ...]


def ours() -> Iterator[Message]:
    """Every message of our own code and templates, and the program's name, which is a setting."""
    yield config.APP_NAME
    for folder in FOLDERS:
        for _file, _line, message, _comments, _context in extract_from_dir(ROOT / folder, METHODS, STRICT, KEYWORDS):
            yield message


def missing_in_fab(locale: str) -> Iterator[Message]:
    """The messages of Flask-AppBuilder that its own catalogue leaves in English, or says wrong."""
    with (FAB / "translations" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        theirs = read_po(file)
    for _file, _line, message, _comments, _context in extract_from_dir(FAB, FAB_METHODS, keywords=KEYWORDS):
        said = theirs.get(message)
        if said is None or not said.string or said.fuzzy or message in FAB_WRONG:
            yield message


def wanted(locale: str) -> Catalog:
    """An empty catalogue of all that is to be said in a language."""
    catalog = Catalog(locale=locale)
    for message in (*ours(), *missing_in_fab(locale)):
        catalog.add(message)
    return catalog
