"""Where a signed-in browser is remembered: a table beside the entities, never shown."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, String, Table

from models.base import db

sign_in_session = Table(
    "sign_in_session",
    db.metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
    Column("user_id", Integer, nullable=True),
    Column("created_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("revoked_at", DateTime, nullable=True),
    Index("ix_sign_in_session_user_id", "user_id"),
    Index("ix_sign_in_session_seen_at", "seen_at"),
)
