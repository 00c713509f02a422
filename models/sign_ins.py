"""What stands around a sign-in: how often was tried, and second factors. Tables beside the entities, never shown."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, String, Table, Text

from models.base import db

# One row for an account, an address, both together, or an address an account is known at; the key is a hash.
sign_in_guard = Table(
    "sign_in_guard",
    db.metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime, nullable=False, index=True),
    Column("free_at", DateTime, nullable=False),
)

second_factor = Table(
    "second_factor",
    db.metadata,
    Column("user_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),  # encrypted
    Column("confirmed_at", DateTime, nullable=True),
    Column("last_step", BigInteger, nullable=False),  # of the clock; a code of it or before is not taken again
    Column("recovery", Text, nullable=False),  # hashes of the codes that are left
)
