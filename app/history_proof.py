"""The proof of the history: each seal is made again, and compared with what is stored and what was published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Text, cast, select

from app import database
from app.history_chain import AS_WRITTEN, SEALED, TABLE, digest, seal
from models.history import history_head
from models.scope import Reach, acting

AUDITOR = Reach.system("verify-history")
AT_ONCE = 5_000
MOST_NAMED = 1_000  # of what is broken; the rest is counted in the last line
Heads = dict[int, tuple[int, str]]  # chain -> place and seal of its last entry


@contextmanager
def one_moment(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it stands now, whatever is written meanwhile."""
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with database.reading_only(), engine.connect().execution_options(**level) as connection:
        yield connection


def heads(connection: Connection) -> Heads:
    """The last entry of each chain, as the database remembers it."""
    found = connection.execute(select(history_head).order_by(history_head.c.chain))
    return {row.chain: (row.seq, row.hash) for row in found}


def digest_of(found: Heads) -> str:
    """One digest over all heads: what is published, and what an auditor compares."""
    said = [[chain, seq, hash_] for chain, (seq, hash_) in sorted(found.items())]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


@dataclass
class Proof:
    """What is known of the chains so far, while the entries go by."""

    heads: Heads
    published: dict[tuple[int, int], str]
    rows: int = 0
    chains: int = 0
    broken: list[dict[str, Any]] = field(default_factory=list)
    chain: int | None = None
    seq: int = 0
    hash: str | None = ""

    def note(self, problem: str, chain: int, entry: int, **more: Any) -> None:
        """Names something that does not hold."""
        self.broken.append({"chain": chain, "entry": entry, "problem": problem, **more})

    def take(self, key: int, chain: int, seq: int, hash_: str, values: Any) -> None:
        """The next entry, in the order of chains and places."""
        if chain != self.chain:
            self.end_of_chain()
            self.chain, self.seq, self.hash = chain, 0, ""
            self.chains += 1
        self.rows += 1
        if seq < 1 or seq > self.heads.get(chain, (0, ""))[0]:
            self.note("inserted", chain, seq, id=key)
            return
        if seq != self.seq + 1:
            self.note("removed", chain, self.seq + 1, until=seq - 1)
            self.hash = None  # what this entry was sealed upon is gone
        if self.hash is not None and seal(self.hash, digest(chain, values)) != hash_:
            self.note("edited", chain, seq, id=key)
        self.seq, self.hash = seq, hash_
        told = self.published.pop((chain, seq), None)
        if told is not None and told != hash_:
            self.note("not as published", chain, seq, id=key)

    def end_of_chain(self) -> None:
        """Whether the chain goes as far as its head says."""
        if self.chain is None:
            return
        seq, hash_ = self.heads.pop(self.chain, (0, ""))
        if self.seq < seq:
            self.note("removed", self.chain, self.seq + 1, until=seq)
        elif self.hash != hash_:
            self.note("edited", self.chain, seq)

    def end(self) -> None:
        """What has no entry at all any more: whole chains, and entries that were published."""
        self.end_of_chain()
        for chain, (seq, _hash) in self.heads.items():
            self.chains += 1
            self.note("removed", chain, 1, until=seq)
        for chain, seq in sorted(self.published):
            self.note("published and gone", chain, seq)


@acting(AUDITOR)
def verify(engine: Engine, published: dict[tuple[int, int], str] | None = None) -> dict[str, Any]:
    """Walks the whole history once, in little memory; `published`: (chain, place) -> seal, as told outside."""
    said = [cast(TABLE.c[name], Text) if name in AS_WRITTEN else TABLE.c[name] for name in SEALED]
    query = select(TABLE.c.id, TABLE.c.chain, TABLE.c.seq, TABLE.c.hash, *said).order_by(TABLE.c.chain, TABLE.c.seq)
    with one_moment(engine) as connection:
        proof = Proof(heads(connection), dict(published or {}))
        for row in connection.execution_options(yield_per=AT_ONCE).execute(query):
            proof.take(row[0], row[1], row[2], row[3], row[4:])
        proof.end()
    broken = proof.broken[:MOST_NAMED]
    if more := len(proof.broken) - len(broken):
        broken.append({"problem": "and more", "entries": more})
    return {"rows": proof.rows, "chains": proof.chains, "broken": broken}
