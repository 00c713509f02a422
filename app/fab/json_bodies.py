"""Defect: a JSON body that is no object, or a sign-in that names no provider, is a 500 or an odd refusal."""

from __future__ import annotations

from typing import Any

from flask import Flask, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext as _

WRITES = ("POST", "PUT", "PATCH")
SIGN_IN = "/api/v1/security/login"
WANTED = ("username", "password", "provider")


def refuse_odd_bodies() -> Any:
    """400 in plain words, before a view sees the body."""
    if not request.path.startswith("/api/") or request.method not in WRITES or not request.is_json:
        return None
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        return jsonify(message=_("The body must be a JSON object.")), 400
    if request.path == SIGN_IN:
        missing = [name for name in WANTED if not isinstance(body.get(name), str)]
        if missing or body["provider"] not in ("db", "ldap"):
            return jsonify(message=_("Give username, password and provider (db or ldap), each as text.")), 400
    return None


class Shallow(DefaultJSONProvider):
    """JSON that is nested beyond what Python reads is no JSON, rather than the end of the request."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


def install(app: Flask) -> None:
    """Checks the body of every call that writes."""
    app.json = Shallow(app)
    app.before_request(refuse_odd_bodies)
