"""Whole numbers as a person reads them: in thousands, in words for so many as well."""

import pytest
from flask import render_template_string
from flask_babel import force_locale, ngettext

ROWS = '{{ ngettext("%(num)s row in the file", "%(num)s rows in the file", n) }}'


@pytest.mark.parametrize(
    ("number", "english", "spanish"),
    [
        (1, "1 row in the file", "1 fila en el archivo"),
        (999, "999 rows in the file", "999 filas en el archivo"),
        (1_048_576, "1,048,576 rows in the file", "1,048,576 filas en el archivo"),
    ],
)
def test_so_many_are_written_as_the_language_writes_them(app, number, english, spanish):
    for language, words in (("en", english), ("es_US", spanish)):
        with app.test_request_context(), force_locale(language):
            assert ngettext("%(num)s row in the file", "%(num)s rows in the file", number) == words
            assert render_template_string(ROWS, n=number) == words


def test_a_figure_is_written_likewise_and_what_is_no_number_as_it_is(app):
    with app.test_request_context(), force_locale("en"):
        figure = '{% import "macros.html" as m %}{{ m.figure("Doses", value) }}'
        assert "1,234,567" in render_template_string(figure, value=1_234_567)
        assert "10,000+" in render_template_string(figure, value="10,000+")
