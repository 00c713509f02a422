"""Screens of the files that were sent and their rows."""

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
        "created_at", "file_name", "by", "status", "rows_new", "rows_changed", "rows_same", "rows_review",
        "rows_refused",
    ]  # fmt: skip
    show_columns = [
        "file_name", "by", "created_at", "status", "committed_at", "location", "organization",
        "rows_new", "rows_changed", "rows_same", "rows_review", "rows_doubled", "rows_refused",
    ]  # fmt: skip
    search_columns = ["status", "location", "organization"]
    base_order = ("created_at", "desc")
    related = [UploadRowScreen]


SCREENS = [UploadScreen, UploadRowScreen]
