"""Keys for one purpose each, derived from the one secret of the installation."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app


def key_for(purpose: str) -> bytes:
    """Thirty-two bytes that only this purpose uses: what leaks of one key tells nothing of another."""
    settings = current_app.config
    secret = str(settings["ENCRYPTION_KEY"] or settings["SECRET_KEY"]).encode()
    return hmac.new(secret, b"console:" + purpose.encode(), hashlib.sha256).digest()
