"""The pages of a PDF as pictures and as words: read on any device, from the stored bytes themselves."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SHARP = 1.6  # pixels to a point: readable on a phone when enlarged, small enough to send
_one_at_a_time = threading.Lock()  # PDFium may not be called by two threads at once


@contextmanager
def _opened(document: bytes) -> Iterator[Any]:
    import pypdfium2

    with _one_at_a_time:
        pdf = pypdfium2.PdfDocument(document)
        try:
            yield pdf
        finally:
            pdf.close()


def words_of_pages(document: bytes) -> list[str]:
    """The words of each page, for whoever reads by ear or by finger."""
    with _opened(document) as pdf:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in pdf]


def picture(document: bytes, number: int) -> bytes:
    """Page `number`, counted from 1, as PNG; raises IndexError where there is none."""
    with _opened(document) as pdf:
        if not 1 <= number <= len(pdf):
            raise IndexError(number)
        image = pdf[number - 1].render(scale=SHARP, grayscale=True).to_pil()
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
