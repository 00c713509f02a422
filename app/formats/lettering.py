"""Which font draws which letter: names in any script print right, from font files kept beside us."""

import re
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
PLAIN = "dejavu"
LOST = "\ufffd"
JOINERS = "\u200c\u200d"

# Vowels written after their consonant but drawn before it: the PDF library does not reorder letters.
BEFORE = (
    "\u093f\u09bf\u09c7\u09c8\u0a3f\u0abf\u0bc6\u0bc7\u0bc8\u0d46\u0d47\u0d48\u0dd9\u0dda\u0ddb\u1031\u17c1\u17c2\u17c3"
)
REORDERED = re.compile(f"(\\w[\u093c\u09bc\u0a3c\u0abc\u103b-\u103e]*)([{BEFORE}])")
# Vowels of two halves, one on each side of the consonant.
HALVES = {
    "\u09cb": "\u09c7\u09be", "\u09cc": "\u09c7\u09d7", "\u0bca": "\u0bc6\u0bbe", "\u0bcb": "\u0bc7\u0bbe",
    "\u0bcc": "\u0bc6\u0bd7", "\u0d4a": "\u0d46\u0d3e", "\u0d4b": "\u0d47\u0d3e",
}  # fmt: skip

FILES = {
    PLAIN: ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    "cjk": ("DroidSansFallback.ttf",),
    **{
        script: (f"NotoSans{script.title()}-Regular.ttf",)
        for script in (
            "arabic", "hebrew", "devanagari", "bengali", "gurmukhi", "gujarati", "tamil", "telugu",
            "kannada", "malayalam", "sinhala", "thai", "lao", "myanmar", "khmer", "ethiopic",
        )
    },
}  # fmt: skip

# First letter of each block and who draws it until the next entry (Unicode blocks, merged by script).
BLOCKS = (
    (0x0000, PLAIN), (0x0590, "hebrew"), (0x0600, "arabic"), (0x0700, PLAIN), (0x0750, "arabic"),
    (0x0780, PLAIN), (0x08A0, "arabic"), (0x0900, "devanagari"), (0x0980, "bengali"),
    (0x0A00, "gurmukhi"), (0x0A80, "gujarati"), (0x0B00, PLAIN), (0x0B80, "tamil"),
    (0x0C00, "telugu"), (0x0C80, "kannada"), (0x0D00, "malayalam"), (0x0D80, "sinhala"),
    (0x0E00, "thai"), (0x0E80, "lao"), (0x0F00, PLAIN), (0x1000, "myanmar"), (0x10A0, PLAIN),
    (0x1100, "cjk"), (0x1200, "ethiopic"), (0x13A0, PLAIN), (0x1780, "khmer"), (0x1800, PLAIN),
    (0x19E0, "khmer"), (0x1A00, PLAIN), (0x2D80, "ethiopic"), (0x2DE0, PLAIN), (0x2E80, "cjk"),
    (0xA4D0, PLAIN), (0xA8E0, "devanagari"), (0xA900, PLAIN), (0xA960, "cjk"), (0xA980, PLAIN),
    (0xA9E0, "myanmar"), (0xAA00, PLAIN), (0xAA60, "myanmar"), (0xAA80, PLAIN),
    (0xAB00, "ethiopic"), (0xAB30, PLAIN), (0xAC00, "cjk"), (0xD800, PLAIN), (0xF900, "cjk"),
    (0xFB00, PLAIN), (0xFB1D, "hebrew"), (0xFB50, "arabic"), (0xFE00, PLAIN), (0xFE30, "cjk"),
    (0xFE50, PLAIN), (0xFE70, "arabic"), (0xFF00, "cjk"), (0xFFF0, PLAIN),
)  # fmt: skip
STARTS = [start for start, _ in BLOCKS]

_loading = threading.RLock()
_drawn: dict[str, frozenset[int]] = {}


def letters_of(family: str) -> frozenset[int]:
    """The code points a family draws; its files are read and registered once a process, when first needed."""
    with _loading:
        if family not in _drawn:
            _drawn[family] = register(family)
        return _drawn[family]


def register(family: str) -> frozenset[int]:
    """Makes a family known to reportlab and to each later xhtml2pdf document; bold falls back to regular."""
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics, ttfonts
    from xhtml2pdf import default

    faces = [ttfonts.TTFont(f"{family}-{weight}", FONTS / name) for weight, name in enumerate(FILES[family])]
    for face in faces:
        pdfmetrics.registerFont(face)
    for bold in (0, 1):
        for italic in (0, 1):
            addMapping(family, bold, italic, faces[bold % len(faces)].fontName)
    default.DEFAULT_FONT[family] = family
    return frozenset.intersection(*(frozenset(face.face.charToGlyph) for face in faces))


def runs(text: str) -> Iterator[tuple[str, str]]:
    """(run of letters, family that draws it) in reading order; what no font draws becomes one mark each."""
    start, current, seen = 0, PLAIN, [drawn(letter) for letter in composed(text)]
    families: list[str] = []
    for letter, family in seen:
        stays = letter.isspace() and families and ord(letter) in letters_of(families[-1])
        families.append(families[-1] if stays else family)
    for at, family in enumerate([*families, ""]):
        if family != current:
            if at > start:
                yield "".join(letter for letter, _ in seen[start:at]), current
            start, current = at, family


def composed(text: str) -> str:
    """Letters as they are drawn: composed where Unicode can, reordered where a script does, none invisible."""
    whole = unicodedata.normalize("NFC", text)
    seen = "".join(c for c in whole if c in JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return REORDERED.sub(r"\2\1", "".join(HALVES.get(c, c) for c in seen))


def drawn(letter: str) -> tuple[str, str]:
    """The letter and the family that draws it; the replacement mark when none does."""
    for family in (BLOCKS[bisect_right(STARTS, ord(letter)) - 1][1], PLAIN):
        if ord(letter) in letters_of(family):
            return letter, family
    return LOST, PLAIN
