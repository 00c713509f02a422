"""How a job stands in the queue: JSON, signed. Whoever can write to the queue cannot make the worker run code."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer


class ForgedPayload(ValueError):
    """A job that was not written by us, or was changed since; it is not run."""


class SignedJson(Serializer):
    """Jobs as JSON with an HMAC-SHA256 before it; huey's own way is pickle, which runs what it reads."""

    def __init__(self, secret: str):
        super().__init__()
        self._key = hashlib.sha256(b"worker queue\0" + secret.encode()).digest()

    def _mark(self, text: bytes) -> bytes:
        return hmac.new(self._key, text, hashlib.sha256).hexdigest().encode()

    def _serialize(self, data: Any) -> bytes:
        text = json.dumps(_plain(data), separators=(",", ":")).encode()
        return self._mark(text) + b"." + text

    def _deserialize(self, data: bytes) -> Any:
        mark, dot, text = bytes(data).partition(b".")
        if not dot or not hmac.compare_digest(mark, self._mark(text)):
            raise ForgedPayload("a job in the queue is not signed by us")
        return _whole(json.loads(text))


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; raises TypeError for what it cannot."""
    if isinstance(value, Message):
        return {"!": "job", "fields": [_plain(one) for one in value]}
    if isinstance(value, tuple):
        return {"!": "tuple", "items": [_plain(one) for one in value]}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {"!": "dict", "items": [[str(key), _plain(one)] for key, one in value.items()]}
    if isinstance(value, dt.datetime):
        return {"!": "time", "iso": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"!": "span", "seconds": value.total_seconds()}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a job cannot carry a {type(value).__name__}")


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = value["!"]
    if kind == "job":
        return Message(*(_whole(one) for one in value["fields"]))
    if kind == "tuple":
        return tuple(_whole(one) for one in value["items"])
    if kind == "dict":
        return {key: _whole(one) for key, one in value["items"]}
    if kind == "time":
        return dt.datetime.fromisoformat(value["iso"])
    return dt.timedelta(seconds=value["seconds"])
