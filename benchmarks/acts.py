"""What writes or makes a file: an upload of 100 people, a proof, an export. Each beside the least it could cost."""

from __future__ import annotations

import csv
import io
import itertools
import statistics
import time
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import Engine

from app.uploads.recipients import RECIPIENTS
from benchmarks.lean import Database, replayed
from benchmarks.measuring import Figure, measured, statements_of, timed
from benchmarks.product import good, people_here, signed_in
from models.base import utcnow
from tests.clinic import Browser, Page

TURNS = 10
ROWS = 100
EXPORTS = 3
ROWS_A_SECOND = 20_000  # of an export, at least
numbers = itertools.count(int(time.time() * 10) % 10**9 * 1_000)
# What the file says in words, the table holds in codes.
CODES = {"sex": "F", "races": "W", "ethnicity": "NH", "industry": "other", "county": "37183"}
FIELDS = {column.header: column.field for column in RECIPIENTS.columns if column.field != "location_id"}
NAMES = [*FIELDS.values(), "first_key", "last_key", "public_id", "registration", "row_version", "created_at"]
INSERT = f"INSERT INTO recipient ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))})"


def everything(app: Flask, engine: Engine, url: str) -> Iterator[Figure]:
    """Each act, one after the other."""
    yield from files(app, engine, url)
    yield export(app, engine, Database(url))


def files(app: Flask, engine: Engine, url: str) -> Iterator[Figure]:
    """Those whose work does not grow with what a location has: a file that comes, a paper that goes."""
    yield from uploads(app, engine, Database(url))
    yield proofs(app, engine)


def file_of_people() -> bytes:
    """A CSV file of people whom nobody knows yet."""
    row = {
        "First Name": "Ida", "Date of Birth": "03/25/1984", "Gender": "Female", "Race": "White", "ZIP": "27601",
        "Ethnicity": "Not Hispanic or Latino", "Street": "12 Oak Street", "City": "Raleigh", "State": "NC",
        "County": "Wake", "Industry": "Other", "Lives in NC": "Y", "Works in NC": "Y",
    }  # fmt: skip
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [column.header for column in RECIPIENTS.columns])
    writer.writeheader()
    for _ in range(ROWS):
        letters = "".join(chr(97 + int(digit)) for digit in str(next(numbers)))
        writer.writerow(row | {"Last Name": f"Bench{letters}", "Email": f"{letters}@people.example"})
    return out.getvalue().encode()


def uploads(app: Flask, engine: Engine, database: Database) -> Iterator[Figure]:
    """A file of 100: read, checked, matched and reviewed; then its rows entered."""
    manager = signed_in(app, "manager.demo")
    marks, reviewed = manager.marks(), []  # type: ignore[var-annotated]

    def check() -> None:
        data: dict[str, Any] = {**marks, "file": (io.BytesIO(file_of_people()), "people.csv")}
        reviewed.append(Page(good(manager.client.post("/upload/", data=data, follow_redirects=True))))

    yield measured(f"upload: check a file of {ROWS} people", engine, [check] * (TURNS + 1))

    def enter(page: Page) -> None:
        action = next(action for action in page.actions() if action.endswith("/enter"))
        done = manager.client.post(action, data=page.form(action) | {"sure": "y"}, follow_redirects=True)
        good(done)

    def lean(_sent: Any) -> None:
        bulk_insert(database, file_of_people())

    turns = [lambda page=page: enter(page) for page in reviewed]
    note = "lean: the file parsed and its rows inserted in bulk"
    yield measured(f"upload: enter the {ROWS} people", engine, turns, lean, note=note)


def bulk_insert(database: Database, content: bytes) -> None:
    """The rows of a file straight into the table, unchecked: every column that the product writes, none from SQL."""
    now = str(utcnow())
    rows = [plain_row(row, now) for row in csv.DictReader(io.StringIO(content.decode()))]
    with database.transaction() as cursor:
        cursor.executemany(INSERT if database.is_sqlite else INSERT.replace("?", "%s"), rows)


def plain_row(row: dict[str, str], now: str) -> tuple[Any, ...]:
    """What the table holds of a row of the file, in the order of NAMES."""
    values: dict[str, Any] = {field: row[header] or None for header, field in FIELDS.items()}
    month, day, year = row["Date of Birth"].split("/")
    values |= CODES | {"birth_date": f"{year}-{month}-{day}"}
    values |= {name: values[name] == "Y" for name in ("lives_in_nc", "works_in_nc")}
    keys = row["First Name"].lower(), row["Last Name"].lower()
    return (*values.values(), *keys, uuid.uuid4().hex[:12], "uploaded", 1, now)


def proofs(app: Flask, engine: Engine) -> Figure:
    """The paper for people with doses, from the button to the PDF."""
    manager = signed_in(app, "manager.demo")
    marks = manager.marks()

    def issue(public_id: str) -> None:
        if not good(manager.client.post(f"/proof/{public_id}/print", data=marks)).data.startswith(b"%PDF"):
            raise RuntimeError("no paper was printed")

    turns = [lambda one=one: issue(one.public_id) for one in people_here(app, TURNS * 2)]
    figure = measured("proof of vaccination as PDF", engine, turns, lambda _sent: plain_paper(), product=50)
    note = f"{1_000 / figure.product:.0f} a second; lean: a bare canvas with as many words and a QR code"
    return Figure(**figure.as_json() | {"note": note})


def plain_paper() -> bytes:
    """One page by reportlab's canvas."""
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    for line in range(12):
        canvas.drawString(72, 760 - 20 * line, "Comirnaty, Pfizer, lot EN6201, given on 03/25/2021")
    square = Drawing()
    square.add(QrCodeWidget("https://vaccines.example/verify/ABCDEFGH2345ABCDEFGH2345"))
    renderPDF.draw(square, canvas, 72, 300)
    canvas.save()
    return out.getvalue()


def export(app: Flask, engine: Engine, database: Database) -> Figure:
    """Every dose of a location as CSV, streamed; lean: the same statements, written by the csv module."""
    manager: Browser = signed_in(app, "manager.demo")
    lines: list[int] = []

    def fetch() -> None:
        lines.append(good(manager.client.get("/dose/export/csv")).data.count(b"\n") - 1)

    def lean(sent: list[Any]) -> None:
        writer = csv.writer(io.StringIO())
        for one in sent:
            writer.writerows(replayed(database, [one]))

    with statements_of(engine) as sent:
        fetch()
    pairs = [(timed(fetch), timed(lambda: lean(sent))) for _ in range(EXPORTS)]
    middle = statistics.median(ours for ours, _theirs in pairs)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    rate = lines[-1] / middle * 1_000
    return Figure(
        "export the doses of a location, CSV", middle, statistics.median(one for _ours, one in pairs), ratio,
        max(ours for ours, _theirs in pairs), len(sent), note=f"{lines[-1]:,} rows, {rate:,.0f} a second",
        bars={"product": lines[-1] / ROWS_A_SECOND * 1_000},
    )  # fmt: skip
