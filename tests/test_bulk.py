"""Rows written in bulk below the ORM are the rows that it would have written."""

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from models.base import db
from models.bulk import insert_many
from models.recipients import RecipientLink
from models.scope import acting
from models.uploads import UploadRow
from tests import databases
from tests import factories as make

ROWS = UploadRow.__table__
# SQLite knows no lengths.
POSTGRESQL_ONLY = [{"same_key": "x" * 33}] if databases.KIND == "postgresql" else []
WORDS = ("Zoë O'Brien", 'a "b" \\ {c,NULL}', "None", "null", "", " ", "%s %(x)s :y", "\u2028\t\n", "😀")


def row_of(upload, number, **more):
    facts = {"row_version": 1, "created_at": dt.datetime(2021, 3, 25, 13, 5, 7, 123456), "upload_id": upload.id,
             "row": number, "typed": {}, "outcome": "new", "errors": [], "recipient_id": None, "same_key": None,
             "is_linked": False}  # fmt: skip
    return facts | more


def test_every_value_comes_out_as_it_went_in(app):
    with app.app_context(), acting(make.SEED):
        upload, person = make.upload(), make.recipient()
        sent = [
            row_of(upload, 1000 + number, typed={word: [word, 1, None, True]}, errors=[word], same_key=word,
                   is_linked=bool(number % 2), recipient_id=person.id if number % 3 else None)
            for number, word in enumerate(WORDS)
        ]  # fmt: skip
        connection = db.session.connection()
        insert_many(connection, ROWS, sent)
        found = select(*(ROWS.c[name] for name in sent[0])).where(ROWS.c.row >= 1000).order_by(ROWS.c.row)
        assert [dict(row._mapping) for row in connection.execute(found)] == sent


def test_what_a_column_refuses_is_refused_and_not_cut_off(app):
    with app.app_context(), acting(make.SEED):
        upload = make.upload()
        connection = db.session.connection()
        with pytest.raises(ValueError, match="upload_row needs"):
            insert_many(connection, ROWS, [{"upload_id": upload.id}])
        for wrong in ({"outcome": None}, {"upload_id": -1}, *POSTGRESQL_ONLY):
            with pytest.raises(DBAPIError), connection.begin_nested():
                insert_many(connection, ROWS, [row_of(upload, 1000), row_of(upload, 1001) | wrong])
        assert connection.scalars(select(ROWS.c.id).where(ROWS.c.row >= 1000)).all() == []


def test_people_linked_already_are_passed_over(app):
    from app.uploads.writing import _link

    with app.app_context(), acting(make.SEED):
        here, organization = make.location(), make.organization()
        known, other = make.recipient(at=here), make.recipient()
        keys = [known.id, other.id]
        assert list(_link(keys, here.id, None)) == [other.id]
        assert list(_link(keys, None, organization.id)) == keys
        assert list(_link(keys, None, organization.id)) == []
        links = db.session.scalars(select(RecipientLink).where(RecipientLink.recipient_id == other.id)).all()
        assert {(one.location_id, one.organization_id, one.how) for one in links} == {
            (here.id, None, "upload"), (None, organization.id, "upload"),
        }  # fmt: skip
