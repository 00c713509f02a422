"""What the tests of uploads share: a person's row as people type it, and files made of such rows."""

import csv
import io

from app.uploads.recipients import RECIPIENTS

PERSON = {
    "First Name": "Maria", "Last Name": "Lopez", "Date of Birth": "03/25/1984", "Gender": "Female", "Race": "White",
    "Ethnicity": "Hispanic or Latino", "Street": "12 Oak Street", "City": "Raleigh", "State": "NC", "ZIP": "27601",
    "County": "Wake", "Phone": "9195555555", "Email": "maria@example.com", "Industry": "Health care",
    "Lives in NC": "Y", "Works in NC": "Y", "Preferred Language": "Spanish", "External ID": "E-1",
}  # fmt: skip
HEADINGS = [column.header for column in RECIPIENTS.columns]


def person(**changes):
    """A good row; names of columns with underscores for blanks."""
    return PERSON | {name.replace("_", " "): value for name, value in changes.items()}


def csv_of(*people, headings=None, delimiter=",", encoding="utf-8", end="\r\n"):
    """A CSV file of these rows."""
    headings = headings or HEADINGS
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(headings)
    writer.writerows([one.get(name, "") for name in headings] for one in people)
    return out.getvalue().encode(encoding)


def xlsx_of(rows, change=None):
    """A workbook whose first sheet has these rows of values; `change` may alter the book before it is saved."""
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def people_xlsx(*people, change=None):
    """A workbook of these people under all headings."""
    return xlsx_of([HEADINGS, *([one.get(name) for name in HEADINGS] for one in people)], change)
