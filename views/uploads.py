"""Screens of the files that were sent and their rows."""

from app.rules import welcomes
from models.uploads import Upload, UploadRow
from views.screen import Screen


class UploadRowScreen(Screen):
    entity = UploadRow
    menu = "Recipients"
    list_columns = ["upload", "row", "outcome"]  # not whom it was known as: before entering that may be another's
    search_columns = ["upload", "outcome"]


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


SCREENS = [UploadScreen, UploadRowScreen]
