"""The files by which the demo's people were sent: one of the employer, one of the first location."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from app import reference
from app.uploads.columns import Column
from app.uploads.recipients import COLUMNS
from models.base import db
from models.enrollment import Location, Organization
from models.people import PortalUser
from models.recipients import Recipient
from models.uploads import Upload, UploadRow

# What a hurried person typed wrong: field, text, code and message of the error.
SLIPS = (
    ("birth_date", "31/12/1990", "DATA", "There is no such day. The month comes first: MM/DD/YYYY."),
    ("phone", "555-01", "DATA", "A phone number has ten digits, for example 9195555555."),
)


def sent_by_employer(employer: Organization, by: PortalUser, people: list[Recipient], at: dt.datetime) -> Upload:
    """The employer's file: everyone in it was new, but for two rows that were refused."""
    upload = _upload("employees.xlsx", by, people, at, organization=employer)
    _refused(upload, people)
    return upload


def sent_by_location(location: Location, by: PortalUser, people: list[Recipient], at: dt.datetime) -> Upload:
    """The location's file of those it invited."""
    return _upload("patients-65-and-older.csv", by, people, at, location=location)


def _upload(name: str, by: PortalUser, people: list[Recipient], at: dt.datetime, **place: Any) -> Upload:
    upload = Upload(
        file_name=name, sha256=hashlib.sha256(name.encode()).hexdigest(), by=by, rows_new=len(people), committed_at=at,
        **place,
    )  # fmt: skip
    upload.status = "reviewed"
    upload.status = "committed"
    db.session.add(upload)
    for number, person in enumerate(people, start=2):
        typed = as_typed(person)
        db.session.add(UploadRow(upload=upload, row=number, typed=typed, outcome="new", recipient=person))
    return upload


def _refused(upload: Upload, people: list[Recipient]) -> None:
    upload.rows_refused = len(SLIPS)
    for number, (field, text, code, message) in enumerate(SLIPS, start=2 + len(people)):
        column = next(column for column in COLUMNS if column.field == field)
        typed = {**as_typed(people[number % len(people)]), "First Name": "Pat", "Last Name": "Dowd"}
        typed[column.header] = text
        errors = [{"column": column.header, "code": code, "message": message}]
        db.session.add(UploadRow(upload=upload, row=number, typed=typed, outcome="refused", errors=errors))


def as_typed(person: Recipient) -> dict[str, str]:
    """The cells of a person's row, as somebody would have filled them in."""
    cells = {
        column.header: _cell(column, getattr(person, column.field)) for column in COLUMNS if column.kind != "location"
    }
    return {header: text for header, text in cells.items() if text}


def _cell(column: Column, value: Any) -> str:
    if column.field == "employer_id" or value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, dt.date):
        return value.strftime("%m/%d/%Y")
    if column.table and column.table != "us_states":
        words = {row["code"]: row["label"] for row in reference.rows(column.table)}
        return "; ".join(words[code] for code in str(value).split(";"))
    return str(value)
