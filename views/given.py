"""What must be typed: something, and not blanks alone."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import validators

REQUIRED = _l("Please fill this in.")


class Given(validators.InputRequired):
    """Something must be typed; blanks alone are nothing."""

    def __call__(self, form: Any, field: Any) -> None:
        super().__call__(form, field)
        if isinstance(field.raw_data[0], str) and not field.raw_data[0].strip():
            raise validators.StopValidation(REQUIRED)
