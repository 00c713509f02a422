"""What becomes of each checked row: new, changed, same, doubled, to review, or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.rules.recipients import marks, share_a_mark
from app.uploads.checking import CellError, Checked
from app.uploads.columns import Template
from app.uploads.matching import candidates, looks_alike, same_people

ADDRESS = ("street", "street2", "city", "state", "zip_code", "county")
# Facts of a known person that an upload may add where they are missing; it never replaces any.
FILLS = (
    "middle_name", "suffix", "sex", "races", "ethnicity", "phone", "email", "employer_id", "industry",
    "priority_group", "language", "external_id",
)  # fmt: skip
MOST_ALIKE = 100  # rows of one name and birth date that further ones in the file are compared with


def key_of(identity: Any) -> str | None:
    """What two rows of one thing share, in 32 characters that an index serves."""
    return None if identity is None else hashlib.blake2b(repr(identity).encode(), digest_size=16).hexdigest()


@dataclass(slots=True)
class Decided:
    """A row and its outcome; `known` is the stored row it is, `fills` what it gets, `old` what it had there."""

    row: Checked
    outcome: str
    identity: Any = None
    known: Any = None
    fills: dict[str, Any] = field(default_factory=dict)
    old: dict[str, Any] = field(default_factory=dict)
    is_linked: bool = False
    is_compared: bool = True  # whether rows further on in the file are compared with it
    _key: str | None = None

    @property
    def key(self) -> str | None:
        """`key_of` its identity, worked out once."""
        if self._key is None:
            self._key = key_of(self.identity)
        return self._key

    @property
    def location_id(self) -> int | None:
        """The place that the row itself names, where the file is split by location."""
        found: int | None = self.row.values.get("location_id")
        return found

    def refuse(self, column: str, code: str, message: Any) -> None:
        """Says what is wrong with the row after all, under a column's heading ("" for the whole row)."""
        self.note("refused", code, message, column)

    def note(self, outcome: str, code: str, message: Any, column: str = "") -> None:
        """Gives the row another outcome, and the reason."""
        self.outcome = outcome
        self.row.errors.append(CellError(self.row.number, column, code, str(message)))


def begin(rows: list[Checked], template: Template) -> list[Decided]:
    """Each row as new, as doubled where an earlier one has the same identity, or refused where the check says so."""
    decided = _identified(rows, template)
    first: dict[Any, int] = {}
    for one in decided:
        if one.outcome == "new" and one.identity is not None:
            number = first.setdefault(one.identity, one.row.number)
            if number != one.row.number:
                one.note("doubled", "DBLD", _("The same stands in row %(row)s.", row=number))
    return decided


def _identified(rows: list[Checked], template: Template) -> list[Decided]:
    what = template.identity or (lambda values: None)
    return [Decided(row, "refused") if row.errors else Decided(row, "new", what(row.values)) for row in rows]


Earlier = dict[Any, list[tuple[int, dict[str, Any]]]]  # identity -> numbers of earlier rows and their values


def decide(
    rows: list[Checked],
    template: Template,
    earlier: Callable[[list[Decided]], Earlier] = lambda good: {},
    entered: Callable[[set[int]], set[int]] = lambda keys: set(),
) -> list[Decided]:
    """The outcome of every row of people, in the order of the file. Preview and commit both ask here.

    `earlier` gives the rows of the same people in sets of the file before this one; `entered` says which of these
    people the file itself has entered, who are no strangers that a row may look like.
    """
    decided = _identified(rows, template)
    good = [one for one in decided if one.outcome == "new"]
    _within_the_file(good, earlier(good))
    good = [one for one in good if one.outcome == "new"]
    found = candidates((place, one.identity) for place, one in enumerate(good))
    own = entered({row.id for some in found.values() for row in some}) if found else set()
    for place, one in enumerate(good):
        if strangers := [row for row in found.get(place, ()) if row.id not in own]:
            _against_known(one, strangers)
    return decided


def _within_the_file(rows: Iterable[Decided], seen: Earlier) -> None:
    """Names the earlier row when a person stands in the file twice, or seems to.

    Compared are the first of a name and birth date, so many as people may have them: somebody whom a file names a
    hundred thousand times costs it no more than the hundredth.
    """
    for one in rows:
        earlier = seen.setdefault(one.identity, [])
        mine = marks(one.row.values) if earlier else ()
        for number, theirs in earlier:
            if share_a_mark(mine, marks(theirs)):
                one.note("doubled", "DBLD", _("The same person stands in row %(row)s.", row=number))
                break
        else:
            if earlier:
                first = earlier[0][0]
                message = _("Row %(row)s has the same name and date of birth. Is it the same person?", row=first)
                one.note("review", "LIKE", message)
        one.is_compared = len(earlier) < MOST_ALIKE
        if one.is_compared:
            earlier.append((one.row.number, one.row.values))


def _against_known(one: Decided, found: list[Any]) -> None:
    """The very same person, someone alike, or nobody known."""
    same = same_people(one.row.values, one.identity, found)
    if len(same) == 1:
        one.known = same[0]
        one.fills = missing_facts(same[0]._mapping, one.row.values)
        one.old = {name: same[0]._mapping[name] for name in one.fills}
        one.outcome = "changed" if one.fills else "same"
    elif same:
        one.note("review", "LIKE", _("Several people known here have this name and date of birth."))
    elif any(looks_alike(one.identity, row) for row in found):
        message = _("This looks like someone already known. Check the name and date of birth; it was not entered.")
        one.note("review", "LIKE", message)


def missing_facts(known: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What the file knows and the record does not; an address only where it does not contradict the one stored."""
    fields = FILLS
    if all(not known[name] or not values[name] or known[name] == values[name] for name in ADDRESS):
        fields += ADDRESS
    return {name: values[name] for name in fields if values[name] and not known[name]}
