"""Kinds of columns that several entities share."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, Date, DateTime, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from models.base import BigId, about


def text(length: int, info: dict[str, Any], *, required: bool = False, **more: Any) -> Any:
    """Words of limited length; optional ones are NULL when empty."""
    return mapped_column(String(length), nullable=not required, info=info, **more)


def long_text(info: dict[str, Any], *, required: bool = False) -> Any:
    """Words without a set length."""
    return mapped_column(Text, nullable=not required, info={"format": "long", **info})


def whole(info: dict[str, Any], *, required: bool = False, **more: Any) -> Any:
    """A whole number."""
    return mapped_column(Integer, nullable=not required, info=info, **more)


def total(info: dict[str, Any]) -> Any:
    """A sum that a rule keeps; it begins at nothing."""
    return mapped_column(Integer, nullable=False, default=0, server_default="0", info=info)


def yes_no(info: dict[str, Any], *, default: bool = False) -> Any:
    """A fact that holds or does not."""
    return mapped_column(Boolean, nullable=False, default=default, info=info)


def day(info: dict[str, Any], *, required: bool = False, **more: Any) -> Any:
    """A date of the field: no time, no time zone."""
    return mapped_column(Date, nullable=not required, info={"format": "date", **info}, **more)


def instant(info: dict[str, Any], *, required: bool = False, **more: Any) -> Any:
    """A moment, in UTC."""
    return mapped_column(DateTime, nullable=not required, info={"format": "instant", **info}, **more)


def key_to(target: str, info: dict[str, Any], *, required: bool = False, index: bool = True, **more: Any) -> Any:
    """The key of a row of another entity."""
    return mapped_column(BigId, ForeignKey(target), nullable=not required, index=index, info=info, **more)


class Address:
    """A postal address and how to be reached; the county as five FIPS digits."""

    phone: Mapped[str | None] = text(10, about(_l("Phone"), format="phone", example="9195555555"))
    email: Mapped[str | None] = text(254, about(_l("E-mail"), format="email"))
    street: Mapped[str | None] = text(120, about(_l("Street")))
    street2: Mapped[str | None] = text(120, about(_l("Street, second line")))
    city: Mapped[str | None] = text(80, about(_l("City")))
    state: Mapped[str | None] = text(2, about(_l("State"), choices="us_states"))
    zip_code: Mapped[str | None] = text(10, about(_l("ZIP"), format="zip", example="27601"))
    county: Mapped[str | None] = text(5, about(_l("County"), choices="counties"))


__all__ = ["Address", "declared_attr", "dt"]
