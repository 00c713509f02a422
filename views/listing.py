"""Lists of a screen: narrowed by address where nothing personal is asked, else by a search that is posted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_appbuilder.urltools import get_order_args
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict
from wtforms import Form

from app import history
from app.fab import page_numbers
from app.fab.filter_values import LONGEST, BadFilter
from app.fab.filters import FilterPrefix
from app.fab.interface import ManyRows
from app.fab.page_history import is_own_path
from models.base import UNSTORABLE
from models.recipients import search_key
from views import fields
from views.words import NOTHING, Described, describe

PARAMETER = re.compile(r"_flt_(\d)_(\w+)")
# People are found by how their names begin, whatever the case and accents.
SEARCH_KEYS = {"last_name": "last_key", "first_name": "first_key"}
LONG, SHORT = 24, 14  # letters of a cell that may break, and of one that may not
KEPT = "searches"  # in the server-side session: screen -> what was searched
EMPTY = Markup('<span class="c-none">{}</span>').format(NOTHING)
ENDS = {"from": _l("from"), "until": _l("until")}


@dataclass
class Cell:
    """What one column of a row says, and how wide that may become."""

    name: str
    words: str

    @property
    def look(self) -> str:
        """The class that lets long words break and keeps short ones together."""
        length = len(self.words)
        return "c-wordy" if length > LONG else "c-short" if length < SHORT else ""

    @property
    def content(self) -> str:
        """The words, or a mark where nothing is said."""
        return EMPTY if self.words in ("", NOTHING) else self.words


@dataclass
class Line:
    """One row of a list: its key and its cells, the first of which names it."""

    key: Any
    cells: Sequence[Cell]


class SearchWidget(RenderTemplateWidget):
    """The search above a list: `open_form` goes by address, `personal_form` is posted."""

    template = "screen/search.html"


class SearchForm(Form):
    """A search: nothing in it is required, nothing is written."""


def operations(what: Described) -> tuple[str, ...]:
    """By which filters a column is searched: words contain, days and numbers have two ends, the rest is equal."""
    if what.relation is not None:
        return ("rel_o_m",)
    kind = what.column.type.python_type.__name__
    if kind in ("date", "datetime", "int", "Decimal", "float") and not what.path.endswith("_id"):
        return ("from", "until")
    return ("ct",) if kind == "str" and what.info.get("choices") is None else ("eq",)


def search_form(entity: Any, columns: list[str], index_of: Any, look_up_url: Any) -> type[Form]:
    """The class of a search form; each input is named `<index of the filter>_<column>`, as FAB's parameters are."""
    made: dict[str, Any] = {}
    for name in columns:
        what = describe(entity, name)
        for operation in operations(what):
            made[f"{index_of(name, operation)}_{name}"] = _input(what, operation, look_up_url(name))
    return type(f"{entity.__name__}Search", (SearchForm,), made)


def input_names(form: type[Form]) -> list[str]:
    """The names of the inputs of a search form."""
    return [name for name in vars(form) if name[0].isdigit()]


def _input(what: Described, operation: str, url: str) -> Any:
    if operation in ENDS:
        what = Described(what.path, _join(what.label, ENDS[operation]), None, what.info, what.column)
    else:
        what = Described(what.path, what.label, None, what.info, what.column, what.relation)
    if what.relation is not None:
        return fields.relation_field(what, url, listed=False, needed=False)
    return fields.search_field(what)


def _join(label: Any, end: Any) -> Any:
    return _l("%(column)s, %(end)s", column=label, end=end)


def place_in_list(view: str) -> dict[str, Any]:
    """Which page of a view's list is asked for, and in which order."""
    column, direction = get_order_args().get(view, ("", ""))
    return {
        "order_column": column,
        "order_direction": direction,
        "page": page_numbers.get_page_args().get(view),
        "page_size": page_numbers.get_page_size_args().get(view),
    }


class Listing:
    """What a screen adds to FAB's lists."""

    search_widget = SearchWidget
    list_template = "appbuilder/general/model/list.html"

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        """One page of the rows in reach."""
        code = 200
        try:
            widgets = self._list()
        except BadFilter as wrong:
            flash(self._about(wrong), "danger")
            self._filters.clear_filters()
            widgets, code = self._get_search_widget(widgets=self._page()), 400
        page = self.render_template(
            self.list_template,
            title=self.list_title,
            widgets=widgets,
            lead=self.lead,
            empty_hint=self.what_to_do_when_empty(),
        )
        return page, code

    def what_to_do_when_empty(self) -> Any:
        """A hint below an empty list."""
        return self.empty_hint or (_("Add the first one with the button above.") if self.may("add") else "")

    def _list(self, **more: Any) -> dict[str, Any]:
        self._narrow()
        return self._get_search_widget(widgets=self._page())

    def _page(self) -> dict[str, Any]:
        return self._get_list_widget(filters=self._filters, **place_in_list(type(self).__name__))

    def _narrow(self) -> None:
        """Takes the filters of the address, and those that were posted and are kept on the server."""
        self._filters.clear_filters()
        for name in sorted(request.args):
            asked = PARAMETER.fullmatch(name)
            if asked and asked[2] in self.search_columns:
                self._filters.add_filter_index(asked[2], int(asked[1]), request.args.getlist(name))
        for name, value in self.searched().items():
            index, column = name.split("_", 1)
            if column in SEARCH_KEYS and hasattr(self.entity, SEARCH_KEYS[column]):
                self._filters.add_filter(SEARCH_KEYS[column], FilterPrefix, search_key(value))
            elif column in self.personal_search_columns:
                self._filters.add_filter_index(column, int(index), value)

    def searched(self) -> dict[str, str]:
        """What was searched here by words that belong in no address."""
        return session.get(KEPT, {}).get(type(self).__name__, {})

    @expose("/search", methods=["POST"])
    @has_access
    def search(self) -> Any:
        """Keeps a search for personal words on the server and shows the list."""
        names = () if "clear" in request.form or self.personal_form is None else input_names(self.personal_form)
        typed = {name: UNSTORABLE.sub("", request.form.get(name, "")).strip()[:LONGEST] for name in names}
        typed = {name: words for name, words in typed.items() if words}
        all_kept = {**session.get(KEPT, {}), type(self).__name__: typed}
        session[KEPT] = {screen: kept for screen, kept in all_kept.items() if kept}
        back = request.form.get("next", "")
        return redirect(back if is_own_path(back) else url_for(f"{self.endpoint}.list"), 303)

    def _about(self, wrong: BadFilter) -> str:
        label = self.label_columns.get(wrong.column)
        return _("Not narrowed: %(label)s: %(problem)s", label=label, problem=str(wrong)) if label else str(wrong)

    def _get_search_widget(self, form: Any = None, exclude_cols: Any = None, widgets: Any = None) -> dict[str, Any]:
        widgets = widgets or {}
        if not self.search_columns and not self.personal_search_columns:
            return widgets
        by_address = self.search_form(request.args, prefix="_flt_") if self.search_columns else None
        posted = self.personal_form(MultiDict(self.searched())) if self.personal_search_columns else None
        in_use = any(name.startswith("_flt_") and value for name, value in request.args.items()) or bool(
            self.searched()
        )
        widgets["search"] = self.search_widget(
            open_form=by_address,
            personal_form=posted,
            in_use=in_use,
            list_url=url_for(f"{self.endpoint}.list"),
            search_url=url_for(f"{self.endpoint}.search"),
            endpoint=self.endpoint,
        )
        return widgets

    def _get_list_widget(self, filters: Any, **more: Any) -> dict[str, Any]:
        widgets = super()._get_list_widget(filters, **more)  # type: ignore[misc]
        args = widgets["list"].template_args
        if self.is_personal(self.list_columns):
            history.shown(self.entity.__name__, args["pks"])
        args.update(
            label_columns={name: escape(self.label_columns.get(name, "")) for name in self.list_columns},
            lines=self._lines(args["pks"], args["value_columns"]),
            may=self.may,
            acts=[act for act in self.offered_acts() if act["multiple"]],
            export_links=self.export_links(),
            add_label=self.add_label,
            leads=[one for go in self.list_leads if (one := go.button(None))],
            count_capped=isinstance(args["count"], ManyRows),
        )
        return widgets

    def _lines(self, keys: Sequence[Any], values: Sequence[dict[str, Any]]) -> list[Line]:
        """The rows as they are written: once for each cell, and not in the template."""
        words = [(name, self.formatters_columns[name]) for name in self.list_columns]
        return [
            Line(key, [Cell(name, in_words(row[name])) for name, in_words in words])
            for key, row in zip(keys, values, strict=True)
        ]
