"""The proof of vaccination as a one-page PDF on Letter paper. Nothing of the person reaches a log."""

import functools
import io
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from flask_babel import force_locale, gettext
from markupsafe import Markup, escape

from app.formats import lettering, qr_code
from app.formats import words as said

Content = Mapping[str, Any]
Words = Callable[..., str]

HERE = Path(__file__).parent
QUIET = ("xhtml2pdf", "reportlab", "svglib", "arabic_reshaper")
# Sizes of print to try, in points: letters, and the room above and below each dose.
SIZES = ((10.5, 5), (9.5, 3.5), (8.5, 2.5), (7.5, 1.5), (6.5, 1), (5, 0.5))
# Share of the width of each column, in percent.
SHARES = {"number": 9, "product": 20, "manufacturer": 16, "lot": 13, "given_on": 15, "clinic": 27}
# Points across the page and down it for the doses; height of a line and width of a letter, of their size.
WIDE, ROOM, LINE, LETTER = 504, 390, 1.3, 0.58


class ProofFailed(Exception):
    """The paper could not be made; the message says nothing of the person."""


def proof_pdf(content: Content, verify_url: str, language: str, words: Words | None = None) -> bytes:
    """The paper of a person's doses, in `language` ("en" or "es"), with a QR code of `verify_url`.

    `content`: name, birth_date, issued_on (ISO dates), issuer, public_id, doses (each: number, product,
    manufacturer, lot, given_on, clinic). `words` translates our own labels (default: gettext in `language`).
    Raises ProofFailed.
    """
    language = said.known(language)
    silence()
    with force_locale(language):
        try:
            return one_page(content, verify_url, language, words or gettext)
        except ProofFailed:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever the library throws
            # The cause may quote the person: only its kind is said, and it is not chained.
            kind = type(problem).__name__
    raise ProofFailed(f"The paper could not be made ({kind}).")


def one_page(content: Content, verify_url: str, language: str, words: Words) -> bytes:
    """The paper in the largest print in which it fits on one page."""
    for size, pad in SIZES[likely(content["doses"]) :]:
        html = proof_html(content, verify_url, language, words, size, pad)
        paper, pages = printed(html)
        if pages == 1:
            return paper
    raise ProofFailed("The paper does not fit on one page.")


def likely(doses: Sequence[Content]) -> int:
    """The first size of print in which so many doses may fit: a guess that saves printing in vain."""
    for at, (size, pad) in enumerate(SIZES):
        if sum(tall(dose, size) + 2 * pad for dose in doses) <= ROOM:
            return at
    return len(SIZES) - 1


def tall(dose: Content, size: float) -> float:
    """Points in height a dose takes, by the widest of its texts."""
    lines = (
        math.ceil(len(str(dose[key] or "")) * size * LETTER / (WIDE * share / 100 - 10))
        for key, share in SHARES.items()
    )
    return max(2, *lines) * size * LINE


def proof_html(content: Content, verify_url: str, language: str, words: Words, size: float, pad: float) -> str:
    """The page as HTML, each run of letters wrapped in the font that draws it."""
    return template().render(
        content=content,
        verify_url=verify_url,
        language=language,
        size=size,
        pad=pad,
        name_size=name_size(content["name"], size),
        shares=SHARES,
        code=qr_code.qr_code(verify_url),
        _=words,
        lettered=lettered,
        digits=functools.partial(said.day_in_digits, language=language),
        letters=lambda day, length="long": said.day_in_letters(day, language, length),
    )


@functools.cache
def template() -> jinja2.Template:
    """The page kept beside this file; every value is escaped, a missing one is an error."""
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return room.get_template("proof.html")


def lettered(text: Any) -> Markup:
    """Text as runs, each in the font that draws its script; a dash when there is none."""
    if text is None or not str(text).strip():
        return escape(said.DASH)
    return Markup("").join(
        escape(run) if family == lettering.PLAIN else Markup('<font face="{}">{}</font>').format(family, run)
        for run, family in lettering.runs(str(text))
    )


def name_size(name: str, size: float) -> float:
    """Points of the name: large, less so when it is long."""
    for letters, more in ((28, 9.5), (44, 5.5), (80, 3.5)):
        if len(name) <= letters:
            return size + more
    return size + 1.5


def printed(html: str) -> tuple[bytes, int]:
    """The HTML as PDF and its number of pages. Any error or warning fails: a paper is right or is not made."""
    import pypdf
    from reportlab import rl_config
    from xhtml2pdf import pisa
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    rl_config.useA85 = 0  # streams as bytes, not as text made in Python: a tenth faster, a fifth smaller
    nothing_but_fonts = ResourceAccessPolicy(allow_remote=False, base_dir=None, extra_roots=(lettering.FONTS,))
    out = io.BytesIO()
    result = pisa.pisaDocument(io.StringIO(html), dest=out, resource_policy=nothing_but_fonts)
    if result.err or result.warn:
        raise ProofFailed(f"The paper could not be made ({result.err} errors, {result.warn} warnings).")
    return out.getvalue(), len(pypdf.PdfReader(out).pages)


def silence() -> None:
    """Keeps the libraries' loggers shut: they quote the HTML, and with it the person."""
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
