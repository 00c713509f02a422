"""A list as a file: the same rows, columns and words as on the screen, streamed, and noted in the history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, abort, g, request, stream_with_context, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access

from app import history
from app.database import reading_only
from app.fab.filter_values import BadFilter
from models.scope import acting
from views.words import cell, describe, getter

KINDS = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
    "csv": ("text/csv; charset=utf-8", "CSV"),
}


class Exporting:
    """What a screen adds to hand its list over as a spreadsheet."""

    def export_links(self) -> list[tuple[str, str]]:
        """What the list offers to whoever may export: (kind, address), with the filters in force."""
        if not self.may("export"):
            return []
        narrowed = {name: values for name, values in request.args.lists() if name.startswith("_flt_")}
        return [
            (label, url_for(f"{self.endpoint}.export", kind=kind, **narrowed)) for kind, (_mime, label) in KINDS.items()
        ]

    @expose("/export/<string:kind>")
    @has_access
    def export(self, kind: str) -> Any:
        """The filtered list as XLSX or CSV."""
        if kind not in KINDS:
            abort(404)
        try:
            self._narrow()
        except BadFilter:
            abort(400)
        filters = self._filters.get_joined_filters(self._base_filters)
        shown = [describe(self.entity, name) for name in self.export_columns]
        headers = [str(self.label_columns.get(what.path, what.label)) for what in shown]
        body = stream_with_context(self._stream(kind, headers, self._cells(shown, filters, kind), history.entry()))
        answer = Response(body, mimetype=KINDS[kind][0])
        answer.headers["Content-Disposition"] = f"attachment; filename={self.route_base.strip('/')}.{kind}"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    def _cells(self, shown: list[Any], filters: Any, kind: str) -> Iterator[list[Any]]:
        turn = [(getter(what), cell(what)) for what in shown]
        for rows in self.datamodel.chunks(filters, self.export_columns):
            history.shown(self.entity.__name__, [row.id for row in rows], export=kind)
            for row in rows:
                yield [to_cell(value_of(row)) for value_of, to_cell in turn]

    @staticmethod
    def _stream(kind: str, headers: list[str], rows: Iterator[list[Any]], asked: history.Entry) -> Iterator[bytes]:
        """The file in pieces, as whoever asked: by now the request's own session is closed.

        What was handed over is in the history even if the reader stops half way.
        """
        from app.formats import tables

        with acting(g.reach):
            history.begin(act=asked.act, method=asked.method, path=asked.path, address=asked.address)
            try:
                yield from tables.xlsx_stream(headers, rows) if kind == "xlsx" else tables.csv_stream(headers, rows)
            finally:
                with reading_only(False):
                    history.write_what_was_shown()
