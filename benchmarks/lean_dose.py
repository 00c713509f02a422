"""A dose recorded by hand: the rows that the product writes, in one transaction, with the guarded balance."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from flask import request

DOSE = """INSERT INTO dose ("key", recipient_id, visit_id, location_id, vaccine_id, lot_id, dose_number, body_site,
route, given_at, given_on, given_by_id, is_historical, status, row_version, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'given', 1, ?) RETURNING id"""
MOVEMENT = """INSERT INTO stock_movement (inventory_item_id, location_id, lot_id, doses, kind, cause, at, by_id,
row_version, created_at) VALUES (?, ?, ?, -1, 'given', ?, ?, ?, 1, ?)"""
DAY = """INSERT INTO stock_day (inventory_item_id, location_id, lot_id, kind, day, doses, row_version, created_at)
VALUES (?, ?, ?, 'given', ?, -1, 1, ?)
ON CONFLICT (inventory_item_id, kind, day) DO UPDATE SET doses = stock_day.doses - 1"""
NOTICE = """INSERT INTO notice (kind, to_address, language, context, once, recipient_id, location_id, status, attempts,
next_try_at, message_id, row_version, created_at)
VALUES ('dose_given', ?, 'en', ?, ?, ?, ?, 'queued', 0, ?, ?, 1, ?)"""
HISTORY = """INSERT INTO history (at, act, method, path, outcome, shown, changed, chain, seq, hash,
row_version, created_at) VALUES (?, 'lean', 'POST', '/dose', 'done', '[]', ?, ?, 1, '', 1, ?)"""  # a chain of its own


def record(database: Any) -> str:
    """Visit, dose, balance, movement, the day's sum, notice and history of the form that was sent."""
    form, now = request.form, dt.datetime.now(dt.UTC).replace(tzinfo=None)
    at, today, visit = str(now), str(now.date()), int(form["visit"])
    with database.transaction() as cursor:

        def run(statement: str, *values: Any) -> Any:
            return database.run(cursor, statement, *values)

        found = run("SELECT recipient_id, location_id FROM visit WHERE id = ? AND status = 'checked_in'", visit)
        person, place = found.fetchone()
        email = run("SELECT email FROM recipient WHERE id = ?", person).fetchone()[0]
        lot, by = int(form["lot"]), int(form["by"])
        (vaccine,) = run("SELECT vaccine_id FROM lot WHERE id = ?", lot).fetchone()
        values = (
            form["key"],
            person,
            visit,
            place,
            vaccine,
            lot,
            form["dose_number"],
            form["body_site"],
            form["route"],
        )
        (dose,) = run(DOSE, *values, at, today, by, False, at).fetchone()
        run("UPDATE visit SET status = 'vaccinated', row_version = row_version + 1 WHERE id = ?", visit)
        (item,) = run(
            "UPDATE inventory_item SET doses = doses - 1, given = given + 1, row_version = row_version + 1 "
            "WHERE location_id = ? AND lot_id = ? AND doses > 0 RETURNING id", place, lot,
        ).fetchone()  # fmt: skip
        run(MOVEMENT, item, place, lot, f"Dose:{dose}", at, by, at)
        run(DAY, item, place, lot, today, at)
        message = f"<{uuid.uuid4()}@lean.example>"
        run(NOTICE, email or "x@people.example", "{}", f"dose-{dose}", person, place, at, message, at)
        run(HISTORY, at, json.dumps([{"entity": "Dose", "id": dose}]), -dose, at)
    return str(dose)
