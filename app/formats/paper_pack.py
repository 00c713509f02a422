"""The paper pack: blank forms of one location, for the hours in which the console cannot be reached.

Source: CVMS FAQ 22, paper forms are used offline and entered as soon as access returns.
"""

from __future__ import annotations

import io
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from app.formats import lettering
from app.formats import words as said

LEFT, RIGHT, TOP = 54, 558, 738  # points on Letter paper
LINE, MOST = 30, 100


def fields() -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """What a form asks: headings, and under each the rows of blanks."""
    return (
        (
            _("Recipient"),
            (
                (_("Last name"), _("First name"), _("Middle name")),
                (_("Date of birth"), _("Sex"), _("Phone")),
                (_("Street"), _("City"), _("ZIP")),
                (_("E-mail"), _("Race"), _("Ethnicity")),
            ),
        ),
        (
            _("Dose"),
            (
                (_("Date"), _("Time"), _("Dose number")),
                (_("Vaccine"), _("Lot number"), _("Expires on")),
                (_("Body site"), _("Route"), _("Fact sheet given")),
                (_("Given by"), _("Title"), _("Signature")),
            ),
        ),
        (_("Afterwards"), ((_("Entered on"), _("Entered by"), _("Note")),)),
    )


def paper_pack(place: str, number: str, forms: int, help_desk: str, language: str) -> bytes:
    """So many blank forms as one PDF, in `language`; each names the location and its PIN or number.

    Raises ValueError for fewer forms than one or more than MOST.
    """
    if not 1 <= forms <= MOST:
        raise ValueError(f"1 to {MOST} forms")
    from reportlab.lib.pagesizes import letter
    from reportlab.pdfgen.canvas import Canvas

    lettering.letters_of(lettering.PLAIN)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, lang=language)
    with force_locale(said.known(language)):
        canvas.setTitle(_("Paper forms of %(place)s", place=place))
        for n in range(1, forms + 1):
            _form(canvas, place, number, _("Form %(n)s of %(all)s", n=n, all=forms), help_desk)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def _form(canvas: Any, place: str, number: str, count: str, help_desk: str) -> None:
    down = TOP
    _text(canvas, LEFT, down, _("Vaccination on paper"), 18)
    down -= 22
    _text(canvas, LEFT, down, f"{place} · {number}", 11)
    canvas.drawRightString(RIGHT, down, count)
    down -= 18
    _text(canvas, LEFT, down, _("Only while the console cannot be reached. Enter it as soon as it can be."), 10)
    for heading, rows in fields():
        down -= 34
        _text(canvas, LEFT, down, heading, 13)
        for row in rows:
            down -= LINE + 12
            _blanks(canvas, down, row)
    _text(canvas, LEFT, 54, _("Questions: %(address)s", address=help_desk), 9)


def _blanks(canvas: Any, down: float, labels: tuple[str, ...]) -> None:
    """A row of blanks, each with its label below the line."""
    wide = (RIGHT - LEFT - 12 * (len(labels) - 1)) / len(labels)
    for position, label in enumerate(labels):
        start = LEFT + position * (wide + 12)
        canvas.line(start, down, start + wide, down)
        _text(canvas, start, down - 10, label, 8)


def _text(canvas: Any, across: float, down: float, words: str, size: float) -> None:
    canvas.setFont(f"{lettering.PLAIN}-0", size)
    canvas.drawString(across, down, words)
