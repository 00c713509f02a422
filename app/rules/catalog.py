"""What every installation starts with: the products and the state's priority groups, from the reference tables."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app import reference
from models.base import db
from models.recipients import PriorityGroup
from models.stock import Vaccine
from models.stock_causes import StorageTime
from models.transfers import PROGRAM_RULES, ProgramRule

READERS: dict[str, Any] = {
    "doses_per_vial": int,
    "doses_in_series": int,
    "min_interval_days": int,
    "dose_volume_ml": Decimal,
    "min_age_years": Decimal,
    "below_age_years": Decimal,
    "authorized_on": dt.date.fromisoformat,
    "fact_sheet_on": dt.date.fromisoformat,
}


def vaccines() -> dict[str, Vaccine]:
    """Every product of the reference table, by short name; those here already are left as they are."""
    found = {vaccine.short_name: vaccine for vaccine in db.session.scalars(select(Vaccine))}
    for row in reference.rows("vaccines"):
        if row["short_name"] not in found:
            values = {name: READERS.get(name, str)(text) if text else None for name, text in row.items()}
            found[row["short_name"]] = Vaccine(**{**values, "is_active": row["is_active"] == "1"})
            db.session.add(found[row["short_name"]])
    db.session.flush()
    return found


def priority_groups() -> None:
    """The five groups, and the first phases of the plan before them, by which people were sent too."""
    here = set(db.session.scalars(select(PriorityGroup.code)))
    rows = [row for row in reference.rows("priority_groups") if row["code"] not in here]
    groups = [row for row in rows if row["preset"] == "groups"]
    known = {row["code"] for row in groups}
    for row in groups + [row for row in rows if row["preset"] == "phases" and row["code"] not in known]:
        opens = dt.date.fromisoformat(row["opens_on"]) if row["opens_on"] else None
        db.session.add(PriorityGroup(code=row["code"], name=row["label"], opens_on=opens))
    db.session.flush()


def storage_times() -> None:
    """How long each product keeps in each storage state, for those the reference table names; others are left alone."""
    known = vaccines()
    here = {(time.vaccine_id, time.state) for time in db.session.scalars(select(StorageTime))}
    for row in reference.rows("storage_times"):
        vaccine = known[row["vaccine"]]
        if (vaccine.id, row["state"]) not in here:
            days = int(row["days"]) if row["days"] else None
            db.session.add(StorageTime(vaccine=vaccine, state=row["state"], days=days, source=row["source"]))
    db.session.flush()


def program_rules() -> None:
    """The steps of the program that the state may leave out; all are on at first."""
    here = set(db.session.scalars(select(ProgramRule.code)))
    db.session.add_all(
        ProgramRule(code=code, name=str(name)) for code, name in PROGRAM_RULES.items() if code not in here
    )
    db.session.flush()
