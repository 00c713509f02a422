"""Whoever waits for SQLite's write lock gets it in the order of coming, and nobody who gives up holds up the others."""

import contextlib
import sqlite3
import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app import database
from app.write_line import Line


def in_line(line, name, came, patience=60):
    """A thread that stands in line as `name` by now."""
    before = len(line._waiting)

    def stand():
        line.enter(name, patience)
        came.append(name)

    thread = threading.Thread(target=stand)
    thread.start()
    while len(line._waiting) == before and thread.is_alive():
        thread.join(0.001)
    return thread


def test_those_who_wait_go_in_the_order_in_which_they_came():
    line, came = Line(), []
    line.enter("first", 0)
    line.enter("first", 0)  # once in front, it need not wait for itself
    threads = [in_line(line, name, came) for name in ("second", "third", "fourth")]
    assert came == []
    line.leave("third")  # who is not in front lets nobody pass
    for gone, there in (("first", "second"), ("second", "third"), ("third", "fourth")):
        line.leave(gone)
        threads.pop(0).join(60)
        assert came[-1] == there
    line.leave("fourth")
    line.enter("fifth", 0)
    assert came == ["second", "third", "fourth"]


def test_who_gives_up_waiting_is_passed_over():
    line, came = Line(), []
    line.enter("first", 0)
    in_line(line, "hasty", came, patience=0).join(60)
    patient = in_line(line, "patient", came)
    line.leave("first")
    patient.join(60)
    line.leave("hasty")
    assert came == ["hasty", "patient"] and line._front == "patient"


def test_a_lock_held_elsewhere_is_told_in_time_and_leaves_the_line_free(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'line.db'}", connect_args={"check_same_thread": False})
    database.prepare(engine, row_security=False)
    with engine.begin() as ours:
        ours.execute(text("CREATE TABLE kept (number INTEGER)"))
    with contextlib.closing(sqlite3.connect(tmp_path / "line.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with engine.connect() as ours:
            ours.connection.execute("PRAGMA busy_timeout=0")
            with pytest.raises(OperationalError, match="locked"):
                ours.execute(text("INSERT INTO kept VALUES (1)"))
        other.execute("ROLLBACK")
    for number in (2, 3):  # in turn, from two connections
        with engine.begin() as ours:
            ours.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})
            assert ours.connection.execute("PRAGMA busy_timeout").fetchone() != (3,)
    with engine.connect() as ours:
        assert ours.execute(text("SELECT number FROM kept ORDER BY number")).scalars().all() == [2, 3]
    engine.dispose()
