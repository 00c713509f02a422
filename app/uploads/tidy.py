"""How the text of a cell is cleaned on its way in, and made harmless on its way out."""

import unicodedata

from app.formats.tables import harmful

# Blanks of every kind, and what no eye sees: taken off both ends, never from the middle.
EDGES = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff"
)


def trim(text: str) -> str:
    """The value without blanks and zero-width characters around it, composed (NFC)."""
    text = text.strip(EDGES)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def harmless(text: str) -> str:
    """The value as it is written to a file: an apostrophe before what a spreadsheet could take for a formula."""
    return f"'{text}" if harmful(text.lstrip("'")) else text


def as_typed(text: str) -> str:
    """The value as it was before `harmless`."""
    return text[1:] if text.startswith("'") and harmful(text.lstrip("'")) else text


def cell_text(raw: str) -> str:
    """What a cell of an uploaded file says."""
    text = raw.strip(EDGES)
    if text.isascii() and text[:1] != "'":  # nearly every cell
        return text
    return as_typed(trim(text))
