"""A file of people, previewed and entered."""

import datetime as dt

from sqlalchemy import select

from app.uploads import kept_rows, stages
from models.base import db
from models.recipients import Recipient
from models.scope import acting
from models.uploads import UploadRow
from tests import factories as make
from tests.uploads_kit import csv_of

MANY_NAMES = [
    f"{first}{last}" for first in ("Bel", "Cor", "Dun", "Fen", "Gar") for last in ("ada", "imo", "ulu", "ety")
]


def previewed(by, *people, **more):
    upload = stages.preview(csv_of(*people), "people.csv", by, **more)
    db.session.commit()
    return upload


def entered(by, *people, **more):
    upload = previewed(by, *people, **more)
    stages.commit(upload, by)
    db.session.commit()
    return upload


def outcomes(upload):
    query = select(UploadRow.outcome).where(UploadRow.upload_id == upload.id).order_by(UploadRow.row)
    return list(db.session.scalars(query))


def messages(upload):
    return [error["message"] for error in kept_rows.summary(upload)["errors"]]


def everybody():
    """All people, whoever sees them."""
    with acting(make.SEED):
        return list(db.session.scalars(select(Recipient).order_by(Recipient.id)))


def known(**facts):
    """A person already here, at another place, like the one of the tests' rows."""
    values = {
        "first_name": "Maria", "last_name": "Lopez", "birth_date": dt.date(1984, 3, 25), "phone": "9195555555",
        "lives_in_nc": True,
    }  # fmt: skip
    with acting(make.SEED):
        somebody = make.recipient(at=make.location(), **values | facts)
        db.session.commit()
        return somebody.id
