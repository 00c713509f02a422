"""The API of each screen: `/api/v1/<entity>` with the screen's columns, rules, access, words and checks.

What is sent goes through the very form of the screen, so that both refuse the same things in the same
words. A relation is the key of a row in reach, never an object; a key that is not sent stays as stored.
A call proves itself by a bearer token, or by a browser's cookie with its CSRF token (X-CSRFToken) and the
place it was made for (X-Place).
"""

from __future__ import annotations

import sys
from typing import Any

from flask import Response, request
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.exceptions import InvalidOrderByColumnFABException
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from app import again, history, outages
from app.fab.interface import MOST_A_PAGE, ManyRows
from views.api_schemas import Converter
from views.edge import Refusal, committed, removed
from views.forms import VERSION, RecordForm

VERBS = {"get": "see", "get_list": "see", "info": "see", "post": "add", "put": "edit", "delete": "remove"}
LARGEST_PAGE = 1_000_000


class EntityApi(ModelRestApi):
    """One entity over JSON; `screen` is the view whose twin it is."""

    screen: Any = None
    allow_browser_login = True
    csrf_exempt = False
    max_page_size = MOST_A_PAGE
    model2schemaconverter = Converter

    def response_500(self, **kwargs: Any) -> Any:
        """Flask-AppBuilder answers so for whatever it catches; that the database is away is no fault of ours."""
        error = sys.exc_info()[1]
        again.if_passing(error)
        return outages.noted(error) if isinstance(error, outages.OUTAGES) else super().response_500(**kwargs)

    def _init_properties(self) -> None:
        """In place of FAB's, which takes every column there is wherever none is named."""
        screen = self.screen
        self.base_filters, self._base_filters = [], self.datamodel.get_filters()
        self._filters = self.datamodel.get_filters(self.search_columns)
        self.list_select_columns, self.show_select_columns = self.list_columns, self.show_columns
        self.label_columns, self.description_columns = screen.label_columns, screen.description_columns
        self.edit_query_rel_fields, self.add_query_rel_fields, self.order_rel_fields = {}, {}, {}

    def add_apispec_components(self, api_spec: Any) -> None:
        """The document of the API has what the screen declares besides; it is made anew for each reader."""
        super().add_apispec_components(api_spec)
        for name, schema in self.screen.api_schemas().items():
            api_spec.components.schema(name, schema)

    def _init_titles(self) -> None:
        self.title = self.screen.list_title

    list_title = property(lambda self: str(self.screen.list_title))
    show_title = property(lambda self: str(self.screen.show_title))
    add_title = property(lambda self: str(self.screen.add_title))
    edit_title = property(lambda self: str(self.screen.edit_title))

    def _label_columns_json(self, cols: Any = None) -> dict[str, str]:
        return {name: str(self.label_columns[name]) for name in cols or () if name in self.label_columns}

    def _description_columns_json(self, cols: Any = None) -> dict[str, str]:
        return {name: str(self.description_columns[name]) for name in cols or () if name in self.description_columns}

    def _get_field_info(self, field: Any, filter_rel_field: Any, page: Any = None, page_size: Any = None) -> Any:
        return {
            "name": field.name,
            "label": str(self.label_columns.get(field.name, field.name)),
            "description": str(self.description_columns.get(field.name, "")),
            "type": field.__class__.__name__,
            "required": field.required,
        }

    # -- reading ---------------------------------------------------------------------------------

    def _sanitize_page_args(self, page: Any, page_size: Any) -> tuple[int, int]:
        if not 0 <= (page or 0) <= LARGEST_PAGE or (page_size or 1) < 1:
            raise BadRequest(_("There is no such page."))
        return page or 0, min(page_size or self.page_size, MOST_A_PAGE)

    def _handle_order_args(self, rison_args: dict[str, Any]) -> tuple[str, str]:
        column = rison_args.get("order_column", "")
        if column and column not in self.order_columns:
            raise InvalidOrderByColumnFABException(_("This list cannot be ordered by that."))
        return (column, rison_args.get("order_direction", "asc")) if column else self.base_order or ("", "")

    def pre_get(self, data: dict[str, Any]) -> None:
        if self.screen.is_personal(self.screen.show_columns):
            history.shown(self.screen.entity.__name__, [data["id"]])

    def pre_get_list(self, data: dict[str, Any]) -> None:
        data["count_is_capped"] = isinstance(data["count"], ManyRows)
        if self.screen.is_personal(self.screen.list_columns):
            history.shown(self.screen.entity.__name__, data["ids"])

    # -- writing ---------------------------------------------------------------------------------

    def post_headless(self) -> Response:
        row = self.screen.entity()
        return self._write(self.screen.add_form, row, self.screen.write_new, new=True)

    def put_headless(self, pk: Any) -> Response:
        row = self.datamodel.get(pk)
        if row is None:
            return self.response_404()
        return self._write(self.screen.edit_form, row, self.screen.write_changed, new=False)

    def delete_headless(self, pk: Any) -> Response:
        row = self.datamodel.get(pk)
        if row is None:
            return self.response_404()
        refusal = removed(lambda: self.datamodel.delete(row))
        return self.response(200, message="OK") if refusal is None else self._refuse(refusal)

    def _write(self, form_class: type[RecordForm], row: Any, write: Any, new: bool) -> Response:
        if not request.is_json:
            return self.response_400(message=_("The body must be a JSON object."))
        sent = request.get_json()
        wrong = wrong_shapes(form_class, sent)
        form = form_class(as_typed(form_class, sent), meta={"csrf": False})
        form.sent = set(sent)
        if not new:
            form.forget_omitted(row)
            if hasattr(row, VERSION) and VERSION not in sent:
                wrong[VERSION] = [_("Say which version of the record this changes.")]
            if VERSION in sent and str(sent[VERSION]) != str(getattr(row, VERSION, "")):
                return self._refuse(Refusal(_("This was changed by someone else meanwhile."), VERSION, 409))
        if not form.validate() or wrong:
            errors = {name: [str(one) for one in found] for name, found in form.errors.items() if name}
            return self.response(422, message=_("Please look at these fields again."), errors=errors | wrong)

        def work() -> None:
            form.fill(row)
            write(row)

        refusal = committed(work)
        if refusal is not None:
            return self._refuse(refusal)
        schema = self.show_model_schema
        return self.response(201 if new else 200, id=row.id, result=schema.dump(row, many=False))

    def _refuse(self, refusal: Refusal) -> Response:
        body: dict[str, Any] = {"message": str(refusal.message)}
        if refusal.field:
            body["errors"] = {refusal.field: [str(refusal.message)]}
        return self.response(refusal.code, **body)


def wrong_shapes(form_class: type[RecordForm], sent: dict[str, Any]) -> dict[str, list[str]]:
    """What no input can be: unknown names, and lists and objects where a value belongs."""
    known = {*form_class.described, VERSION}
    wrong = {name: [_("There is no such field.")] for name in sent if name not in known}
    for name, value in sent.items():
        if name in known and (
            isinstance(value, list | dict) or (isinstance(value, bool) and not is_yes_no(form_class, name))
        ):
            wrong[name] = [_("Give one value.")]
    return wrong


def is_yes_no(form_class: type[RecordForm], name: str) -> bool:
    """Whether an input takes true and false."""
    what = form_class.described.get(name)
    return what is not None and what.column is not None and what.column.type.python_type is bool


def as_typed(form_class: type[RecordForm], sent: dict[str, Any]) -> MultiDict[str, str]:
    """JSON values as a browser would send them."""
    words = {None: "", True: "y", False: "n"}
    typed = {}
    for name, value in sent.items():
        if isinstance(value, bool) or value is None:
            typed[name] = words[value]
        elif not isinstance(value, list | dict):
            typed[name] = str(value)
    return MultiDict(typed)


def api_of(screen: Any) -> type[EntityApi]:
    """The API class that is the twin of a screen."""
    name = screen.entity.__name__
    absent = {"post": not screen.add_columns, "put": not screen.edit_columns}
    version = [VERSION] if hasattr(screen.entity, VERSION) else []
    return type(
        f"{name}Api",
        (EntityApi,),
        {
            "screen": screen,
            "datamodel": screen.datamodel,
            "resource_name": name.lower(),
            "class_permission_name": name,
            "method_permission_name": dict(VERBS),
            "exclude_route_methods": {method for method, is_absent in absent.items() if is_absent},
            "list_columns": ["id", *screen.list_columns],
            "show_columns": ["id", *screen.show_columns, *version],
            "add_columns": list(screen.add_columns),
            "edit_columns": list(screen.edit_columns),
            "search_columns": list(screen.search_columns),  # personal ones would stand in the address
            "order_columns": ["id", *screen.order_columns],
            "base_order": screen.base_order,
            "openapi_spec_tag": str(name),
        },
    )
