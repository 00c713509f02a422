"""The second factor: six digits of an app on the phone (TOTP, RFC 6238), and ten codes for when it is lost.

The secret is encrypted with a key of the installation; of the recovery codes only hashes are kept.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import secrets
from typing import Any

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app
from sqlalchemy import delete, insert, select, update

from app import history
from app.secret_keys import key_for
from models.base import db, utcnow
from models.sign_ins import second_factor as table

CODES, STEP, WINDOW = 10, 30, 1  # recovery codes; seconds a code lasts; steps that a clock may be off
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read for another


def is_on(user_id: int) -> bool:
    """Whether this account signs in with a second factor."""
    row = _row(user_id)
    return row is not None and row.confirmed_at is not None


def secret_to_confirm(user_id: int) -> str:
    """The secret that is being set up: the same until it is confirmed, so that a page may be loaded again."""
    row = _row(user_id)
    if row is not None and (known := _read(row.secret)):
        return known
    if row is not None:
        db.session.execute(delete(table).where(table.c.user_id == user_id))
    secret = pyotp.random_base32()
    values = {"user_id": user_id, "secret": _written(secret), "last_step": 0, "recovery": "[]"}
    db.session.execute(insert(table).values(**values))
    return secret


def address(secret: str, username: str) -> str:
    """What the picture says to the app: the account's name, and whose it is."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=str(current_app.config["APP_NAME"]))


def confirm(user_id: int, code: str) -> list[str] | None:
    """Turns it on, where the code is right; answers the recovery codes, which are shown once."""
    row = _row(user_id)
    if row is None or row.confirmed_at is not None or not _takes_step(row, code):
        return None
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(CODES)]
    values = {"confirmed_at": utcnow(), "recovery": json.dumps([_hash(one) for one in codes])}
    db.session.execute(update(table).where(table.c.user_id == user_id).values(**values))
    history.changed_in_bulk("PortalUser", "second factor on", [user_id])
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def accepts(user_id: int, code: str) -> bool:
    """Whether this code opens the account now; each opens it once, also of two who send it together."""
    row = _row(user_id)
    if row is None or row.confirmed_at is None:
        return False
    typed = (code or "").strip().replace(" ", "").replace("-", "").lower()
    return _takes_step(row, typed) if typed.isdigit() and len(typed) == 6 else _takes_recovery(row, typed)


def codes_left(user_id: int) -> int:
    """How many recovery codes are left."""
    row = _row(user_id)
    return len(json.loads(row.recovery)) if row is not None else 0


def turn_off(user_id: int) -> None:
    """Takes the second factor off an account."""
    db.session.execute(delete(table).where(table.c.user_id == user_id))
    history.changed_in_bulk("PortalUser", "second factor off", [user_id])


def _row(user_id: int) -> Any:
    return db.session.execute(select(table).where(table.c.user_id == user_id)).first()


def _takes_step(row: Any, code: str) -> bool:
    """Whether the code is that of a step of the clock that was not taken yet."""
    secret = _read(row.secret)
    if secret is None or not code.isascii():
        return False
    app = pyotp.TOTP(secret, interval=STEP)
    now = int(utcnow().replace(tzinfo=dt.UTC).timestamp()) // STEP
    for step in range(now - WINDOW, now + WINDOW + 1):
        if secrets.compare_digest(app.generate_otp(step), code):
            newer = (table.c.user_id == row.user_id, table.c.last_step < step)
            return bool(db.session.execute(update(table).where(*newer).values(last_step=step)).rowcount == 1)
    return False


def _takes_recovery(row: Any, code: str) -> bool:
    left = json.loads(row.recovery)
    hashed = _hash(code)
    if hashed not in left:
        return False
    left.remove(hashed)
    same = (table.c.user_id == row.user_id, table.c.recovery == row.recovery)
    done = db.session.execute(update(table).where(*same).values(recovery=json.dumps(left))).rowcount == 1
    if done:
        history.changed_in_bulk("PortalUser", "recovery code used", [row.user_id])
    return bool(done)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key_for("second-factor")))


def _written(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def _read(kept: str) -> str | None:
    """The secret; None when the installation's key is another than it was."""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken:
        return None
