"""Defect: for each of 700 addresses two functions that build it are compiled at start, a fifth of what a start takes.

Each is compiled when an address is built with it for the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule


class LazyRule(Rule):
    """A rule of Werkzeug's whose builders wait until they are needed."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        kept = "_build_unknown" if append_unknown else "_build"

        def first(rule: Rule, **values: Any) -> tuple[str, str]:
            built = Rule._compile_builder(rule, append_unknown).__get__(rule, None)
            setattr(rule, kept, built)
            return built(**values)  # type: ignore[no-any-return]

        return first


def install(app: Flask) -> None:
    """Rules added from now on wait."""
    app.url_rule_class = LazyRule
