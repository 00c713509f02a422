"""Defect: a broken `q` (Rison) raises errors that FAB does not expect, and a 500 follows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import prison
from flask_appbuilder import api
from prison.decoder import ParserException

LONGEST = 8_000


def loads(text: str) -> Any:
    """Rison to values; whatever is wrong with it is a ParserException, which FAB answers with 400."""
    if len(text) > LONGEST:
        raise ParserException("too long")
    try:
        return prison.loads(text)
    except ParserException:
        raise
    except Exception as error:
        raise ParserException(type(error).__name__) from error


def install() -> None:
    """Gives the API module a reader that fails in one way only."""
    api.prison = SimpleNamespace(loads=loads, dumps=prison.dumps, decoder=prison.decoder)
