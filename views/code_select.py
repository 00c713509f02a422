"""A select of codes, written plainly."""

from typing import Any

from markupsafe import Markup, escape
from wtforms import widgets
from wtforms.fields.choices import Choice


class CodeSelect(widgets.Select):
    """A select whose options have a value and words alone: there may be hundreds on a page."""

    @classmethod
    def render_option(cls, choice: Choice, **_more: Any) -> Markup:
        """One option."""
        chosen = " selected" if choice.selected else ""
        words = escape(choice.label or choice.value)
        return Markup(f'<option{chosen} value="{escape(choice.value)}">{words}</option>')  # noqa: S704 - both are escaped
