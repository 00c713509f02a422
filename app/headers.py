"""What every answer tells the browser: run and load only what is ours, show it in no frame, tell no other site."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from werkzeug.exceptions import SecurityError

POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TWO_YEARS = 63_072_000  # seconds


def csp_nonce() -> str:
    """The mark of this answer's own scripts; Flask-AppBuilder's templates ask for it by this name."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def policy() -> str:
    """The content security policy of this answer: a script runs only with the mark."""
    script = {"script-src": f"'nonce-{csp_nonce()}'"}
    return "; ".join(f"{name} {value}" for name, value in (POLICY | script).items())


def put(response: Response) -> Response:
    """Sets the headers on an answer."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", policy())
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={TWO_YEARS}; includeSubDomains")
    return response


def _other_host(_error: SecurityError) -> Response:
    return Response("Unknown host.", 400, mimetype="text/plain")  # a page of ours would need an address of ours


def hosts_of(app: Flask) -> list[str] | None:
    """Under which names the console answers: those set, in production else those of its own addresses."""
    if named := app.config["TRUSTED_HOSTS"]:
        return list(named)
    if not app.config["PRODUCTION"]:
        return None
    ours = (app.config["PUBLIC_URL"], *app.config["PORTAL_URLS"].values())
    return sorted({urlsplit(url).hostname or "" for url in ours} | {"127.0.0.1", "localhost"})


def install(app: Flask) -> None:
    """Sets the headers on each answer, and refuses requests for another host."""
    app.config["TRUSTED_HOSTS"] = hosts_of(app)
    app.after_request(put)
    app.register_error_handler(SecurityError, _other_host)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
