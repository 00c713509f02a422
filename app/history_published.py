"""What is published of the history each night: the chains' heads in a file outside the database, their digest by mail.

Whoever can rewrite the whole database can seal it anew from end to end; what was published before then disagrees.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.history_proof import Heads, digest_of, heads, one_moment
from models.base import utcnow


class NotAsWritten(Exception):
    """A line of the file does not lead to the digest that it names; the message is its number."""


@dataclass
class Published:
    """All that a file says: the seals named in it, and its last line."""

    seals: dict[tuple[int, int], str] = field(default_factory=dict)
    heads: Heads = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)


def read(file: Path) -> Published:
    """Reads a file of published heads, each line with those that have moved; raises NotAsWritten."""
    found = Published()
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                break  # the machine stopped while this was written
            try:
                told = json.loads(line)
                moved = {int(chain): (int(seq), str(hash_)) for chain, seq, hash_ in told["heads"]}
                at, digest = str(told["at"]), str(told["digest"])
            except (ValueError, KeyError, TypeError):
                raise NotAsWritten(number) from None
            found.heads |= moved
            for chain, (seq, hash_) in moved.items():
                found.seals.setdefault((chain, seq), hash_)  # what was said first counts
            if digest_of(found.heads) != digest:
                raise NotAsWritten(number)
            found.last = {"at": at, "digest": digest}
    return found


def publish(engine: Engine, file: Path) -> dict[str, Any]:
    """Adds tonight's line to the file, on disk before this returns; what it says, for the mail. Raises NotAsWritten."""
    before = read(file).heads if file.exists() else {}
    with one_moment(engine) as connection:
        now = heads(connection)
    moved = [[chain, *head] for chain, head in sorted(now.items()) if before.get(chain) != head]
    at = utcnow().isoformat(timespec="seconds")
    told = {"at": at, "digest": digest_of(before | now), "heads": moved}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as out:
        out.seek(0)
        out.truncate(out.read().rfind(b"\n") + 1)
        out.write(json.dumps(told, separators=(",", ":")).encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())
    return {"at": at, "digest": told["digest"], "chains": len(now), "entries": sum(seq for seq, _hash in now.values())}
