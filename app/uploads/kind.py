"""What is declared of a kind of file; `app.uploads.kinds` lists the kinds and says how one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.uploads.cells import Known
from app.uploads.checking import Checked
from app.uploads.columns import Template
from app.uploads.deciding import Decided
from app.uploads.limits import MOST_BYTES, MOST_BYTES_OF_TEXT, MOST_ROWS, ROWS_AT_ONCE
from app.uploads.reading import Row, is_text
from models.scope import Reach
from models.uploads import Upload

Count = Callable[[int], str]


def _no_facts(_rows: list[Row], _upload: Upload) -> Known:
    return Known()


def _nothing() -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Words:
    """What the pages and mails call the rows of a kind; whatever is left out is said of “rows”.

    `listed` is the endpoint that shows what was entered, `see` the words of the link to it.
    """

    title: Any
    file_name: Any
    lead: Any = ""
    warning: Any = ""
    after: Any = ""
    see: Any = ""
    listed: str = ""
    new: Count = lambda n: ngettext("%(num)s new row will be entered.", "%(num)s new rows will be entered.", n)
    fills: Count = lambda n: ngettext("%(num)s record will be changed.", "%(num)s records will be changed.", n)
    joins: Count = lambda n: ""
    entered: Count = lambda n: ngettext("%(num)s new row was entered.", "%(num)s new rows were entered.", n)
    filled: Count = lambda n: ngettext("%(num)s record was changed.", "%(num)s records were changed.", n)
    all_known: Any = _l("Everything was known already; no record was changed.")
    nothing_new: Any = _l("All rows of this file are here already. Nothing would change.")
    some_known: Any = _l(
        "The good rows of this file are here already; nothing of them would change. "
        "The other rows must be corrected first."
    )
    review: Any = _l("Somebody has to decide about these rows; they are not entered.")
    changed: Any = _l("What the file would change in records that are here already.")


@dataclass(frozen=True)
class Menu:
    """Where the page of a kind stands in the menu, and what it is called there."""

    category: str
    label: Any
    icon: str = "fa-file-arrow-up"


@dataclass(frozen=True)
class Kind:
    """One kind of file. See `app.uploads.kinds` for what each part is for."""

    name: str
    template: Template
    table: Any
    decide: Callable[[list[Checked], Upload], list[Decided]]
    enter: Callable[[list[Decided], Upload, Reach], Mapping[int, int]]
    words: Words
    menu: Menu
    verb: str = "send_file"
    page: str = ""
    path: str = ""
    known: Callable[[list[Row], Upload], Known] = _no_facts
    groups: Callable[[], Mapping[str, Any]] = _nothing
    is_phased: Callable[[], bool] = lambda: False
    named_by: tuple[str, ...] = ()
    date_column: str = ""
    keeps: str = "made_id"
    most_rows: int = MOST_ROWS
    failed: tuple[str, ...] = ("refused", "review")
    needs_place: bool = True
    joining: Callable[[Upload], int] = lambda upload: 0
    lock: Callable[[], None] = lambda: None
    fits: Callable[[list[Decided], Upload], bool] = lambda decided, upload: True
    take_back: Callable[[list[Any], Upload], int] | None = None
    place_column: str = ""
    at_once: int = ROWS_AT_ONCE

    @property
    def takes_any_size(self) -> bool:
        """Whether its files may be as long as any; the rows of others are few."""
        return self.most_rows >= MOST_ROWS

    def most_bytes(self, name: str) -> int:
        """Of a file of this name."""
        return MOST_BYTES_OF_TEXT if self.takes_any_size and is_text(name) else MOST_BYTES

    @property
    def endpoint(self) -> str:
        """The name of the page's class, which its addresses are made with."""
        return self.page or f"{self.name.title()}Upload"

    @property
    def address(self) -> str:
        """The path of its page."""
        return self.path or f"/upload-{self.name}"
