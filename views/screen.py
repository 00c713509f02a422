"""Screen: the base of every generated view. A subclass of 4-8 lines is a list, a record, forms, acts and exports.

    class ShipmentScreen(Screen):
        entity = Shipment
        menu = "Stock"                                             # category of the menu; None: no entry
        list_columns = ["number", "lot.vaccine", "lot", "doses"]   # columns, relations and dotted paths
        show_columns = [...]                                       # default: list_columns
        add_columns = [...]                                        # none: there is no adding at all
        edit_columns = [...]                                       # none: there is no editing at all
        search_columns = ["number", "lot", "status"]               # none: no search; personal ones are posted
        order_columns = [...]                                      # default: the plain columns of the list
        base_order = ("expected_on", "desc")
        acts = [stock_changes.receive]                             # buttons; rule(row, by=reach, **asked)
        adds_with = rule                                           # rule(new_row, by=reach) in place of just storing;
                                                                   # as an `act`: its words on the button and after it
        edits_with = rule                                          # rule(changed_row, by=reach)
        optional_columns = ["email"]                               # may stay empty: the rule fills them in
        needed_columns = ["email"]                                 # may not stay empty: the rule asks for them
        leads = [Go(...)]                                          # buttons of a record that lead to another page
        add_label = _l("...")                                      # in place of "Add" on its button
        list_leads = [Go(...)]                                     # the same above the list; they are given no row
        related = [OtherScreen]                                    # lists below the record, where they may be seen
        export_columns = [...]                                     # default: list_columns
        lead, empty_hint = _l("..."), _l("...")                    # a sentence above the list; what to do when empty

Labels, help, choices, formats and what is personal come from the model (`about(...)`), names from
`entity.called`. Who may do what is in `access.md`: the permission is (entity, verb), the verb of an act is
its function's name (words for its button: `models.acts.act`). A field asks for a relation by its name
("location", not "location_id"). Rules never commit: the screen does, once, and shows a RuleBroken under its field.
A template gets `may(verb)`, `acts`, `leads`, `export_links`, `count_capped`.
"""

from __future__ import annotations

import re
from typing import Any

from flask import abort, jsonify, request, url_for
from flask_appbuilder import ModelView, expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import lazy_gettext as _l

from app import history
from app.fab.interface import Interface
from views import forms, listing
from views.acting import Acting
from views.exporting import Exporting
from views.listing import Listing
from views.saving import Saving
from views.words import describe, formatter

VERBS = {
    "list": "see",
    "search": "see",
    "show": "see",
    "look_up": "see",
    "add": "add",
    "edit": "edit",
    "delete": "remove",
    "export": "export",
}


class Screen(Acting, Exporting, Listing, Saving, ModelView):
    """One entity as lists, records and forms, generated from what its model declares."""

    entity: Any = None
    menu: str | None = None
    icon = ""
    acts: Any = ()
    adds_with: Any = None
    edits_with: Any = None
    optional_columns: Any = ()
    needed_columns: Any = ()
    leads: Any = ()
    list_leads: Any = ()
    add_label: Any = ""
    related: Any = ()
    api_schemas: Any = dict  # () -> name -> schema: what the API's document tells besides, in the reader's language
    export_columns: Any = None
    lead: Any = ""
    empty_hint: Any = ""

    def __init__(self, **more: Any):
        entity = self.entity
        self.route_base = self.route_base or "/" + kebab(entity.__name__)
        self.class_permission_name = entity.__name__
        self.method_permission_name = VERBS | {rule.__name__: rule.__name__ for rule in self.acts}
        without = {"add": not self.add_columns, "edit": not self.edit_columns, "action": not self.acts}
        self.exclude_route_methods = {name for name, absent in without.items() if absent}
        if not self.acts:
            self.exclude_route_methods.add("action_post")
        self._find_names()
        super().__init__(**more)
        self.collect_acts()

    def _find_names(self) -> None:
        """Every list of columns as the view's own, never shared with another app of the process."""
        self.list_columns = list(self.list_columns or ())
        self.show_columns = list(self.show_columns or self.list_columns)
        self.add_columns, self.edit_columns = list(self.add_columns or ()), list(self.edit_columns or ())
        self.export_columns = list(self.export_columns or self.list_columns)
        wanted = list(self.search_columns or ())
        self.personal_search_columns = [name for name in wanted if describe(self.entity, name).is_personal]
        self.search_columns = [name for name in wanted if name not in self.personal_search_columns]
        columns = self.entity.__mapper__.columns
        self.order_columns = list(self.order_columns or (name for name in self.list_columns if name in columns))
        self.datamodel = Interface(self.entity, shows={*self.list_columns, *self.show_columns, *self.export_columns})

    def _init_properties(self) -> None:
        """In place of FAB's, which takes every column there is wherever none is named."""
        self.base_filters, self._base_filters = [], self.datamodel.get_filters()
        shown = {*self.list_columns, *self.show_columns, *self.export_columns}
        described = {name: describe(self.entity, name) for name in shown}
        for name in {*self.add_columns, *self.edit_columns, *self.search_columns, *self.personal_search_columns}:
            described.setdefault(name, describe(self.entity, name))
        self.label_columns = {name: what.label for name, what in described.items()} | (self.label_columns or {})
        self.description_columns = {name: what.help for name, what in described.items() if what.help}
        self.formatters_columns = {name: formatter(described[name]) for name in shown}
        self._filters = self.datamodel.get_filters([*self.search_columns, *self.personal_search_columns])
        self._related_views, self.related_views = [], []
        self.validators_columns, self.add_form_extra_fields, self.edit_form_extra_fields = {}, {}, {}

    def _init_titles(self) -> None:
        one, many = self.entity.called
        self.title = self.list_title = self.list_title or many
        self.show_title = self.show_title or one
        self.add_title = self.add_title or _l("Add: %(what)s", what=one)
        self.edit_title = self.edit_title or _l("Edit: %(what)s", what=one)

    def _init_forms(self) -> None:
        """All forms, from the declared columns only."""

        def address(name: str) -> str:
            return f"{self.route_base}/look-up/{name}"

        rules = self.optional_columns, self.needed_columns
        self.add_form = forms.record_form(self.entity, self.add_columns, address, False, *rules)
        self.edit_form = forms.record_form(self.entity, self.edit_columns, address, True, *rules)
        self.search_form = listing.search_form(self.entity, self.search_columns, self._index_of, address)
        self.personal_form = listing.search_form(self.entity, self.personal_search_columns, self._index_of, address)

    def _index_of(self, column: str, operation: str) -> int:
        known = [one.arg_name for one in self._filters.get_search_filters()[column]]
        return known.index(operation)

    def get_uninit_inner_views(self) -> list[type]:
        return list(self.related)

    # -- what whoever looks may do, and what is personal -------------------------------------------

    def may(self, verb: str) -> bool:
        """Whether the profile in force may do this here, and the screen offers it."""
        permission = f"can_{verb}"
        if permission not in self.base_permissions:
            return False
        return bool(self.appbuilder.sm.has_access(permission, self.class_permission_name))

    def is_personal(self, columns: list[str]) -> bool:
        """Whether any of these columns tells something of a person."""
        return any(describe(self.entity, name).is_personal for name in columns)

    # -- one record --------------------------------------------------------------------------------

    @expose("/show/<pk>")
    @has_access
    def show(self, pk: str) -> Any:
        """One row in reach, and below it the rows that belong to it."""
        row = self.datamodel.get(pk, self._base_filters) or abort(404)
        if self.is_personal(self.show_columns):
            history.shown(self.entity.__name__, [row.id])
        widgets = self._get_show_widget(row.id, row)
        widgets["show"].template_args.update(may=self.may, acts=self.offered_acts(row))
        seen = [view for view in self._related_views if view.may("see")]
        widgets["related_views"] = [self._related_list(row, view) for view in seen]
        return self.render_template(
            self.show_template, pk=row.id, title=self.show_title, record=row, widgets=widgets, related_views=seen
        )

    def _related_list(self, row: Any, view: Any) -> Any:
        pages = listing.place_in_list(type(view).__name__)
        widget = self._get_related_view_widget(row, view, **pages)
        widget.template_args.update(
            acts=[], export_links=[], leads=[], may=lambda verb: verb in ("see", "add") and view.may(verb)
        )
        return widget

    @expose("/look-up/<string:field>", methods=["POST"])
    @has_access
    def look_up(self, field: str) -> Any:
        """Up to twenty rows that a relation may point at, by a few letters of their names."""
        form = next((made for made in self._forms() if hasattr(made.get(field), "look_up")), None)
        if form is None:
            abort(404)
        found = form[field].look_up.options(request.form.get("q", ""))
        if found and describe(self.entity, field).is_personal:
            history.shown(form[field].look_up.entity.__name__, [key for key, _words in found])
        return jsonify(results=[{"id": key, "text": words} for key, words in found])

    def _forms(self) -> list[dict[str, Any]]:
        """The inputs of every form, by the name of their column."""
        searches = (self.search_form(), self.personal_form())
        found = [{name.split("_", 1)[1]: one for name, one in form._fields.items()} for form in searches]
        if self.add_columns and self.may("add"):
            found.append(dict(self.add_form(formdata=None)._fields))
        if self.edit_columns and self.may("edit"):
            found.append(dict(self.edit_form(formdata=None)._fields))
        return found

    @classmethod
    def get_default_url(cls, **more: Any) -> str:
        return url_for(f"{cls.__name__}.list", **more)


def kebab(name: str) -> str:
    """A class's name as an address: StorageUnit -> storage-unit."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
