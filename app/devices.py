"""A browser in which an account has signed in before is known by a cookie: what strangers try does not hold it up.

OWASP calls it a device cookie. It is a random name, of which the table keeps a hash together with the account: nobody
makes one up, it says nothing of anybody, and it opens nothing; it has attempts of its own.
"""

from __future__ import annotations

import secrets

from flask import Response, after_this_request, current_app, request

from app.throttle import KNOWN_FOR

LENGTH = 43  # of a name


def at_hand() -> str:
    """The name of the browser that asks; "" where it has none."""
    name = request.cookies.get(current_app.config["DEVICE_COOKIE_NAME"], "")
    return name if len(name) == LENGTH else ""


def named() -> str:
    """The name of the browser that asks; it is given one where it has none, and keeps it from now on."""
    name = at_hand() or secrets.token_urlsafe(32)

    @after_this_request
    def keep(response: Response) -> Response:
        settings = current_app.config
        response.set_cookie(
            settings["DEVICE_COOKIE_NAME"], name, max_age=KNOWN_FOR, path="/", httponly=True,
            secure=settings["SESSION_COOKIE_SECURE"], samesite=settings["SESSION_COOKIE_SAMESITE"],
        )  # fmt: skip
        return response

    return name
