"""Screens of the files that were sent and their rows."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.rules import welcomes
from app.uploads.explaining import as_schema
from app.uploads.kinds import kind_of, kinds
from models.uploads import Upload, UploadRow
from views.kinds import Go
from views.screen import Screen

ROWS = Go(
    _l("Open the file and its rows"), lambda row: url_for(f"{kind_of(row.kind).endpoint}.review", pk=row.id), "Upload",
    lambda row: kind_of(row.kind).verb, "fa-folder-open",
)  # fmt: skip


def rows_of_files() -> dict[str, dict[str, Any]]:
    """What a row of each kind of file holds, in the reader's language."""
    return {
        f"UploadRow.{name}": as_schema(kind.template, kind.is_phased(), kind.groups()) for name, kind in kinds().items()
    }


class UploadRowScreen(Screen):
    entity = UploadRow
    menu = "Recipients"
    list_columns = ["upload", "row", "outcome"]  # not whom it was known as: before entering that may be another's
    search_columns = ["upload", "outcome"]
    api_schemas = staticmethod(rows_of_files)


class UploadScreen(Screen):
    entity = Upload
    menu = "Recipients"
    list_columns = [
        "created_at", "file_name", "kind", "by", "status", "rows_new", "rows_changed", "rows_same", "rows_review",
        "rows_refused",
    ]  # fmt: skip
    show_columns = [
        "file_name", "kind", "by", "created_at", "status", "committed_at", "undone_at", "location", "organization",
        "rows_new", "rows_changed", "rows_same", "rows_review", "rows_doubled", "rows_refused", "rows_kept",
        "is_held", "file_purged_at",
    ]  # fmt: skip
    search_columns = ["kind", "status", "location", "organization"]
    base_order = ("created_at", "desc")
    related = [UploadRowScreen]
    acts = [welcomes.welcome_rest]
    leads = [ROWS]


SCREENS = [UploadScreen, UploadRowScreen]
