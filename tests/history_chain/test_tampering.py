"""Whoever changes the history in the database by hand is found, and each honest entry holds."""

import datetime as dt
import json

from sqlalchemy import delete, insert, select, text, update

from app import history_chain, history_proof
from models.base import db
from models.history import history_head
from models.scope import acting
from tests.databases import KIND
from tests.factories import SEED
from tests.history_chain.kit import EACH, PLACES, TABLE, tampered, victim


def test_entries_that_nobody_touched_hold(written):
    found = history_proof.verify(db.engine)
    chains = 1 if KIND == "sqlite" else 1 + len(PLACES)
    with acting(SEED), db.engine.connect() as connection:
        rows = len(connection.execute(select(TABLE.c.id)).fetchall())
        assert connection.execute(select(history_head)).rowcount != 0
        assert len(history_proof.heads(connection)) == chains
    assert rows >= 2 + len(PLACES) * EACH
    assert found == {"rows": rows, "chains": chains, "broken": []}


def test_every_column_is_sealed_but_the_key_and_the_seal_itself():
    assert set(history_chain.SEALED) == {c.name for c in TABLE.columns} - {"id", "chain", "seq", "hash"}


def other(value):
    if isinstance(value, dt.datetime):
        return value + dt.timedelta(microseconds=1)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value, "and one more"]
    return f"{value or ''}x"[-8:]


def test_an_edit_of_any_column_is_found_and_named(written):
    row = victim()
    for column in (*history_chain.SEALED, "hash"):
        was = getattr(row, column)
        value = 1 if was is None and "id" in column and column != "request_id" else other(was)
        broken = tampered(update(TABLE).where(TABLE.c.id == row.id).values({column: value}))
        assert (row.chain, row.seq, "edited") in {(one["chain"], one["entry"], one["problem"]) for one in broken}, (
            column
        )
        assert tampered(update(TABLE).where(TABLE.c.id == row.id).values({column: was})) == [], column


def test_what_is_put_back_as_it_was_said_in_other_letters_is_found(written):
    row = victim()
    spaced = json.dumps(row.shown, separators=(" ,", ": "))
    assert spaced != json.dumps(row.shown)
    kind = "json" if KIND == "postgresql" else "text"
    change = text(f"UPDATE history SET shown = CAST(:said AS {kind}) WHERE id = :id").bindparams(said=spaced, id=row.id)
    assert [one["problem"] for one in tampered(change)] == ["edited"]


def test_a_removed_entry_is_found_wherever_it_stood(written):
    row = victim()
    (found,) = tampered(delete(TABLE).where(TABLE.c.id == row.id))
    assert found == {"chain": row.chain, "entry": row.seq, "problem": "removed", "until": row.seq}
    with acting(SEED), db.engine.connect() as connection:
        first = connection.execute(select(TABLE).where(TABLE.c.chain == row.chain, TABLE.c.seq == 1)).one()
    broken = tampered(delete(TABLE).where(TABLE.c.id == first.id))
    assert {"chain": row.chain, "entry": 1, "problem": "removed", "until": 1} in broken


def test_a_history_cut_off_at_its_end_is_found(written):
    row = victim()
    (found,) = tampered(delete(TABLE).where(TABLE.c.chain == row.chain, TABLE.c.seq > row.seq))
    assert (found["chain"], found["entry"], found["problem"]) == (row.chain, row.seq + 1, "removed")


def test_a_chain_that_is_gone_as_a_whole_is_found(written):
    row = victim()
    (found,) = tampered(delete(TABLE).where(TABLE.c.chain == row.chain))
    assert (found["chain"], found["entry"], found["problem"]) == (row.chain, 1, "removed")


def slipped_in(row, **more):
    values = {name: value for name, value in row._mapping.items() if name != "id"}
    return insert(TABLE).values(**{**values, **more})


def as_it_was(chain, own, end):
    return [insert(history_head).values(chain=own, seq=end[0], hash=end[1])] if chain == own else []


def test_an_entry_slipped_in_is_found_at_the_end_before_the_beginning_and_in_a_chain_of_its_own(written):
    row = victim()
    with db.engine.connect() as connection:
        end = history_proof.heads(connection)[row.chain]
    sealed = history_chain.seal(end[1], history_chain.digest(row.chain, ["something else"]))
    for chain, seq in ((row.chain, end[0] + 1), (row.chain, 0), (row.chain, -5), (12345, 1)):
        broken = tampered(slipped_in(row, chain=chain, seq=seq, hash=sealed))
        found = {(one["chain"], one["entry"]) for one in broken if one["problem"] in ("inserted", "edited")}
        assert (chain, seq) in found
        back = delete(TABLE).where(TABLE.c.chain == chain, TABLE.c.seq == seq)
        head = delete(history_head).where(history_head.c.chain == chain)
        assert tampered(back, head, *as_it_was(chain, row.chain, end)) == []


def test_the_command_says_what_does_not_hold(written, run):
    done = run("verify-history", "--json")
    assert done.exit_code == 0
    assert set(json.loads(done.stdout)) == {"rows", "chains", "broken"}
    assert "They hold." in run("verify-history").stdout
    row = victim()
    tampered(update(TABLE).where(TABLE.c.id == row.id).values(outcome="refused"))
    done = run("verify-history")
    assert done.exit_code == 1 and f"entry {row.seq}, problem edited, id {row.id}" in done.stdout
