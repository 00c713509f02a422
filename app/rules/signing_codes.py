"""One-time codes of six digits: made of a random word with the installation's key, so that no table holds one."""

from __future__ import annotations

import hmac
import secrets

from app.secret_keys import key_for

DIGITS = 6


def new_word() -> str:
    """A random word; the code can be computed of it by whoever has the key, and by nobody else."""
    return secrets.token_urlsafe(16)


def code_of(word: str) -> str:
    """The six digits that belong to a word."""
    made = hmac.digest(key_for("signing codes"), word.encode(), "sha256")
    return f"{int.from_bytes(made[:8]) % 10**DIGITS:0{DIGITS}}"


def fits(word: str | None, typed: str) -> bool:
    """Whether this is the code of the word; blanks in between do not matter."""
    digits = "".join(typed.split())
    return bool(word) and hmac.compare_digest(code_of(word or "").encode(), digits.encode())
