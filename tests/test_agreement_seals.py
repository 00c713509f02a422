"""What was signed cannot be changed, and one changed byte is found, on each database."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.rules import sealing
from models.agreements import Agreement, Signature
from models.base import db
from models.ink import WrittenOnce
from models.scope import acting
from tests import factories as make
from tests import signers
from tests.owner import session_of_owner

BROKEN = {
    ("agreement", "document"): {("Agreement", "document")},
    ("agreement", "document_sha256"): {("Agreement", "document"), ("Agreement", "fields"), ("Signature", "hash")},
    ("agreement", "version"): {("Agreement", "fields")},
    ("agreement", "made_at"): {("Agreement", "fields")},
    ("agreement", "digest"): {("Agreement", "fields")},
    ("signature", "statement"): {("Signature", "fields")},
    ("signature", "consent"): {("Signature", "fields")},
    ("signature", "typed_name"): {("Signature", "fields")},
    ("signature", "title"): {("Signature", "fields")},
    ("signature", "license_number"): {("Signature", "fields")},
    ("signature", "address"): {("Signature", "fields")},
    ("signature", "confirmed_by"): {("Signature", "fields")},
    ("signature", "signed_at"): {("Signature", "fields")},
    ("signature", "document_sha256"): {("Signature", "fields"), ("Signature", "hash")},
    ("signature", "digest"): {("Signature", "fields")},
}


@pytest.fixture
def signed(app):
    """A document with both signatures, made by the rules themselves."""
    found = signers.asked(app)
    signers.sign_all(app)
    return found


def broken(app):
    with app.app_context(), acting(make.SEED):
        found = sealing.verify_agreements()
        db.session.rollback()
    return {(row["entity"], row["problem"]) for row in found["broken"]}


def without_triggers(connection, table):
    """The database as somebody with all its rights may use it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return
    for verb in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_ink_{verb}"))


def one_byte(value):
    """The value with its last byte another one."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    words = str(value)
    return words[:-1] + ("1" if words[-1] != "1" else "2")


def test_nothing_is_broken_in_what_the_rules_made(app, signed):
    with app.app_context(), acting(make.SEED):
        assert sealing.verify_agreements() == {"agreements": 1, "signatures": 2, "broken": []}


def test_one_changed_byte_of_any_field_is_found(app, signed):
    for (table, column), found in BROKEN.items():
        with app.app_context(), session_of_owner() as connection:
            without_triggers(connection, table)
            first = f"id = (SELECT min(id) FROM {table})"
            value = connection.execute(text(f"SELECT {column} FROM {table} WHERE {first}")).scalar_one()
            if column.endswith("_at"):
                value = str(value)
            change = text(f"UPDATE {table} SET {column} = :value WHERE {first}")
            connection.execute(change, {"value": one_byte(value)})
            answer = sealing.verify_agreements()
        assert {(row["entity"], row["problem"]) for row in answer["broken"]} == found, (table, column)
    assert broken(app) == set(), "and nothing of it was kept"


def test_a_signature_taken_out_is_missed(app, signed):
    with app.app_context(), session_of_owner() as connection:
        without_triggers(connection, "signature")
        connection.execute(text("DELETE FROM signature WHERE id = (SELECT max(id) FROM signature)"))
        answer = sealing.verify_agreements()
    assert [(row["entity"], row["problem"]) for row in answer["broken"]] == [("SignatureRequest", "signature missing")]


@pytest.mark.parametrize("entity", [Agreement, Signature])
def test_neither_the_code_nor_the_database_changes_what_is_written(app, entity):
    with app.app_context(), acting(make.SEED):
        row = make.agreement_rows.signature() if entity is Signature else make.agreement_rows.agreement()
        key = row.id
        db.session.commit()
        row.version = "9.9"
        with pytest.raises(WrittenOnce):
            db.session.flush()
        db.session.rollback()
        db.session.delete(db.session.get_one(entity, key))
        with pytest.raises(WrittenOnce):
            db.session.flush()
        db.session.rollback()
        for statement in (f"UPDATE {entity.__tablename__} SET version = '2'", f"DELETE FROM {entity.__tablename__}"):
            with pytest.raises(DatabaseError):
                db.session.connection().execute(text(statement))
            db.session.rollback()


def test_the_command_says_what_it_found(app):
    run = app.test_cli_runner().invoke
    with app.app_context():
        make.agreement_rows.signature()
        db.session.commit()
    good = run(args=["verify-agreements", "--json"])
    assert (good.exit_code, json.loads(good.stdout)) == (0, {"agreements": 1, "signatures": 1, "broken": []})
    with app.app_context(), acting(make.SEED):
        row = make.agreement_rows.agreement(document=b"%PDF-1.5")
        number = row.number
        db.session.commit()
    bad = run(args=["verify-agreements", "--json"])
    assert bad.exit_code == 1
    (told,) = json.loads(bad.stdout)["broken"]
    assert (told["entity"], told["agreement"], told["problem"]) == ("Agreement", number, "document")
    assert number in run(args=["verify-agreements"]).stdout
