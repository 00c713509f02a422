"""What a password may be: long, and not one that is guessed first; no rules of composition, no expiry.

NIST SP 800-63B-4, 3.1.1.2: 15 characters where it is the only factor, 8 beside a second one, a list of common words.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from werkzeug.security import check_password_hash, generate_password_hash

from app import reference
from models.base import RuleBroken
from models.people import PortalUser

SHORTEST, SHORTEST_WITH_SECOND, LONGEST = 15, 8, 200
OWN_LETTERS = 4  # that must be left when common, local and personal words are taken out
LOOKS = str.maketrans("013457@$!", "oleastasi")  # digits and signs that stand for letters


def check(password: str, user: Any = None, has_second: bool = False, field: str = "password") -> str:
    """The password, where it may be one; raises RuleBroken at `field`."""
    shortest = SHORTEST_WITH_SECOND if has_second else SHORTEST
    if len(password or "") < shortest:
        raise RuleBroken(_("The password must have %(n)s characters or more.", n=shortest), field=field)
    if len(password) > LONGEST or "\x00" in password:
        raise RuleBroken(_("The password must have %(n)s characters or fewer.", n=LONGEST), field=field)
    if is_guessed_first(password, names_of(user)):
        raise RuleBroken(
            _("This password is among the first that are tried: it is common, or made of names and local words."),
            field=field,
        )
    return password


def give(user: PortalUser, password: str, has_second: bool = False, field: str = "password") -> PortalUser:
    """Gives an account this password and ends all its sessions and tokens."""
    user.password = generate_password_hash(check(password, user, has_second, field))
    user.session_epoch += 1
    user.row_version += 1
    return user


def is_right(user: PortalUser, current: str) -> None:
    """Raises RuleBroken where this is not the account's password."""
    if not user.password or not check_password_hash(user.password, current or ""):
        raise RuleBroken(_("This is not your current password."), field="current")


def change(user: PortalUser, current: str, new: str, has_second: bool = False) -> PortalUser:
    """Gives one's own account a new password; the current one must be right."""
    is_right(user, current)
    if new == current:
        raise RuleBroken(_("This is the password you have already."), field="password")
    return give(user, new, has_second)


def names_of(user: Any) -> list[str]:
    """What a guesser knows of a person."""
    if user is None:
        return []
    said = (user.first_name, user.last_name, user.username, (user.email or "").split("@")[0])
    return [part for words in said for part in re.split(r"[^a-z]+", (words or "").casefold()) if len(part) > 2]


def is_guessed_first(password: str, names: list[str]) -> bool:
    """Whether a password is common, runs or repeats itself, or is made of known words with little else."""
    typed = password.casefold()
    if typed in common() or re.sub(r"[\W\d_]+$", "", typed) in common() or len(set(typed)) < 5 or _runs(typed):
        return True
    return any(_is_made_of({*local(), *names}, form) for form in (typed, typed.translate(LOOKS)))


def _is_made_of(words: set[str], typed: str) -> bool:
    """Whether hardly a letter is left when these words are taken out."""
    letters = left = "".join(letter for letter in typed if letter.isalpha())
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left != letters and len(left) < OWN_LETTERS


def _runs(typed: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in zip(typed, typed[1:], strict=False)}
    return steps <= {0, 1, -9} or steps <= {0, -1, 9}  # 12345..., 98765..., round the 9


def _lines(name: str) -> list[str]:
    text = (Path(reference.__file__).parent / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def common() -> frozenset[str]:
    """The passwords that people choose most."""
    return frozenset(_lines("common_passwords.txt"))


@cache
def local() -> frozenset[str]:
    """Words of this programme and state."""
    counties = {re.sub(r"[^a-z]", "", row["label"].casefold()) for row in reference.rows("counties")}
    return frozenset(_lines("local_words.txt")) | {name for name in counties if len(name) > 2}
