"""Defect: an API makes a new parent for an unknown key, and writes whatever a nested object says.

`POST {"recipient": {"id": 777, ...}}` made a patient at a foreign location, and through a relation
to User an account with a chosen password. Only keys of rows in reach are taken.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError
from marshmallow_sqlalchemy.fields import Related
from sqlalchemy import select

from app.fab.keys import key_from


def deserialize(field: Any, value: Any, *_args: Any, **_more: Any) -> Any:
    """The row that a key names; raises ValidationError when it is no key or no row in reach."""
    target = field.related_model
    key = None if isinstance(value, bool) or not isinstance(value, int | str) else key_from(value, target.id)
    if key is None:
        raise ValidationError(_("Give the key of an existing record: a whole number."))
    with field.session.no_autoflush:
        row = field.session.scalars(select(target).where(target.id == key)).one_or_none()
    if row is None:
        raise ValidationError(_("Not found."))
    return row


def install() -> None:
    """Replaces how marshmallow-sqlalchemy reads a relation."""
    Related._deserialize = deserialize
