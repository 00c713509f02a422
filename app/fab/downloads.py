"""Defect: `/<any view>/download/<name>` serves every uploaded file to whoever may download from one view.

There is no generic download: a file is served by the page that owns it.
"""

from flask_appbuilder.views import ModelView


def install() -> None:
    """Takes the door out of every model view."""
    if "download" in ModelView.__dict__:
        del ModelView.download
