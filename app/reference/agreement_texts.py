"""The texts that are signed: each version of each agreement in both languages, as data files; English binds."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("agreements")
BINDING = "en"


@dataclass(frozen=True)
class AgreementText:
    """One version of an agreement in one language; `statements` and `consent` are what a signer says."""

    kind: str
    version: str
    dated: dt.date
    language: str
    title: str
    preamble: tuple[str, ...]
    terms: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    statements: dict[str, str]
    consent: str


@cache
def texts() -> tuple[AgreementText, ...]:
    """Every text there is; one that lacks a part cannot be read."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.toml")))


def _read(path: Path) -> AgreementText:
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    said["terms"] = tuple((term["heading"], term["words"]) for term in said["terms"])
    return AgreementText(**{**said, "preamble": tuple(said["preamble"]), "notices": tuple(said["notices"])})


def current(kind: str) -> str:
    """The version of an agreement that is signed now: the one dated last. Raises KeyError for an unknown kind."""
    known = [text for text in texts() if text.kind == kind and text.language == BINDING]
    if not known:
        raise KeyError(f"There is no agreement {kind}.")
    return max(known, key=lambda text: text.dated).version


def text_of(kind: str, language: str, version: str = "") -> AgreementText:
    """The text of a version (the current one when none is named); English where there is none in the language.

    Raises KeyError for an unknown kind or version.
    """
    wanted = version or current(kind)
    by_language = {text.language: text for text in texts() if (text.kind, text.version) == (kind, wanted)}
    return by_language[language] if language in by_language else by_language[BINDING]
