"""Spanish is complete: every message has its words, the compiled file is the written one, and old words go out."""

import re

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from flask_babel import force_locale, gettext

from translations import catalogue, collecting

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
ENDS = {".": ".", "?": "?", ":": ":", "…": "…"}
HINT = "run `make translations`, and give the messages it names their words in translations/es/LC_MESSAGES/messages.po"
# What Flask-AppBuilder 5.3 shows in English on a Spanish page.
OF_FAB = {
    "Add": "Agregar",
    "Edit": "Editar",
    "Show": "Mostrar",
    "Delete": "Eliminar",
    "Are you sure you want to delete this item?": "¿Confirma que desea eliminar este elemento?",
    "Not a valid choice": "No es una opción válida",
    "Select Value": "Elija un valor",
    "Sign In": "Iniciar sesión",
    "Not Ends with": "No termina con",
}


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return collecting.wanted("es")


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    return catalogue.read("es")


def said(catalog: Catalog) -> list[tuple[str, str]]:
    """Each English text and its Spanish, the two forms of a plural apart."""
    pairs = []
    for message in catalog:
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else message.id
            words = [message.string] if isinstance(message.id, str) else message.string
            pairs += zip(ids, words, strict=True)
    return pairs


def test_every_message_is_in_the_catalogue_and_none_besides(wanted, spanish):
    assert len(wanted) > 900, "words of the code, the templates, the paper and the tables"
    assert {m.id for m in wanted} - {m.id for m in spanish} == set(), HINT
    assert {m.id for m in spanish} - {m.id for m in wanted} == set(), HINT
    assert not spanish.obsolete, HINT


def test_every_message_has_its_words(spanish):
    assert catalogue.untranslated(spanish) == [], HINT
    assert [message.id for message in spanish if message.id and message.fuzzy] == []


def test_messages_of_every_kind_of_source_are_found(wanted):
    for message in (
        "Record dose",  # a template
        "This lot has expired.",  # a rule
        "COVID-19 vaccination record",  # the paper
        "Black or African American",  # a table
        ("%(num)s cell", "%(num)s cells"),  # a plural
        "Vaccine Management",  # a setting
        "Are you sure you want to delete this item?",  # Flask-AppBuilder
    ):
        assert message in wanted


def test_placeholders_are_kept(spanish):
    wrong = [
        (english, words)
        for english, words in said(spanish)
        if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(words))
    ]
    assert wrong == []


def test_a_sentence_ends_as_it_does_in_english(spanish):
    wrong = [(english, words) for english, words in said(spanish) if ENDS.get(english[-1]) != ENDS.get(words[-1])]
    assert wrong == []


def test_spanish_is_written_as_spanish(spanish):
    for english, words in said(spanish):
        assert words.count("¿") == words.count("?"), words
        assert words.count("«") == words.count("»"), words
        assert "“" not in words and words == words.strip() + " " * english.endswith(" "), words


def test_people_are_addressed_with_respect(spanish):
    """Usted, never tú: in words that only one of the two uses."""
    familiar = re.compile(r"\b(?:tú|contigo|tus?|tienes|puedes|debes|quieres|eres|estás|haz)\b", re.I)
    assert [words for _english, words in said(spanish) if familiar.search(words)] == []


@pytest.mark.parametrize(
    ("message", "beginning"),
    [
        ("Required", "obligatori"),
        ("Optional", "opcional"),
        ("Optional now", "opcional"),
        ("What to fix", "qué corregir"),
    ],
)
def test_words_by_which_the_upload_knows_its_own_template(spanish, message, beginning):
    assert spanish[message].string.casefold().startswith(beginning)


def test_our_words_win_over_those_of_the_framework(app):
    with app.test_request_context(), force_locale("es"):
        assert {message: gettext(message) for message in OF_FAB} == OF_FAB


def test_what_the_program_reads_is_what_is_written(spanish):
    compiled = catalogue.path_of("es", "mo").read_bytes()
    assert compiled == catalogue.as_mo(spanish), HINT
    with catalogue.path_of("es", "mo").open("rb") as file:
        assert read_mo(file)["Lot"].string == "Lote"


def test_bringing_it_up_to_date_again_changes_nothing():
    assert catalogue.as_po("es", catalogue.updated("es")) == catalogue.path_of("es").read_bytes(), HINT


def test_a_new_message_waits_by_name_and_an_old_one_goes_out(monkeypatch, wanted):
    today = Catalog(locale="es")
    for message in ("Lot", "A word that nobody translated", ("%(num)s new thing", "%(num)s new things"), "White"):
        today.add(message)
    monkeypatch.setattr(catalogue, "wanted", lambda _locale: today)
    updated = catalogue.updated("es")
    assert catalogue.untranslated(updated) == ["%(num)s new thing", "A word that nobody translated"]
    assert updated["Lot"].string == "Lote" and updated["White"].string == "Blanca"
    written = catalogue.as_po("es", updated).decode()
    assert "Glossary" in written and "Vacuna" not in written


def test_half_a_plural_is_not_said():
    catalog = Catalog(locale="es")
    catalog.add(("%(num)s row", "%(num)s rows"), ("%(num)s fila", ""))
    assert catalogue.untranslated(catalog) == ["%(num)s row"]
