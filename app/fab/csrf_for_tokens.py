"""Defect: an API is either open to forged browser requests (`csrf_exempt`) or closed to token calls.

Ours are never exempt; a call that carries its own bearer token needs no second one, since no other
site can make a browser send that header.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request


def carries_token() -> bool:
    """Whether this call proves itself by a bearer token."""
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def install(app: Flask) -> None:
    """Lets calls with a token pass the check against forged requests."""
    csrf: Any = app.extensions.get("csrf")
    if csrf is None:
        return
    protect = csrf.protect
    csrf.protect = lambda **how: None if carries_token() else protect(**how)
