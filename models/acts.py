"""What a screen must know of a rule to offer it as a button: plain words on the function, no web.

    @act(
        label=_l("Void"),
        confirm=_l("Take this dose record back?"),
        asks=(Ask("reason", _l("Reason"), "long"), Ask("disposition", _l("What became of it"), "choice", DISPOSITIONS)),
    )
    def void(dose: Dose, by: Reach, reason: str, disposition: str) -> Dose: ...

A rule without the decorator is a button too, named after its function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KINDS = ("text", "long", "choice", "date", "number", "yes_no", "secret", "row")


@dataclass(frozen=True)
class Ask:
    """One thing a person must say before an act: its parameter's name, label and kind.

    `choices` is what `about(choices=...)` takes: a dict code -> label, or the name of a table; of a "row" it is
    the entity. `start(row)` gives what the input begins with, where one row is asked about.
    """

    name: str
    label: Any
    kind: str = "text"
    choices: Any = None
    required: bool = True
    help: Any = None
    start: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise TypeError(f"Ask() does not know the kind {self.kind}")


@dataclass(frozen=True)
class Act:
    """A rule as a button: `may_do(row)` says whether it makes sense for a row as it stands."""

    label: Any
    confirm: Any = None
    asks: tuple[Ask, ...] = ()
    icon: str = ""
    done: Any = None
    on_many: bool = True
    may_do: Callable[[Any], bool] | None = None


def act(
    label: Any,
    confirm: Any = None,
    asks: tuple[Any, ...] = (),
    icon: str = "",
    done: Any = None,
    on_many: bool = True,
    may_do: Callable[[Any], bool] | None = None,
) -> Callable[[Any], Any]:
    """Says of a rule what its button reads; `asks` may be plain tuples (name, label, kind, choices)."""
    wanted = tuple(ask if isinstance(ask, Ask) else Ask(*ask) for ask in asks)

    def mark(rule: Any) -> Any:
        rule.act = Act(label, confirm, wanted, icon, done, on_many, may_do)
        return rule

    return mark


def act_of(rule: Any) -> Act:
    """What is said of a rule; a rule without words is named after its function."""
    said = getattr(rule, "act", None)
    return said if isinstance(said, Act) else Act(rule.__name__.replace("_", " ").capitalize())
