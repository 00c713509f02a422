"""Who did what and looked at whom: one row a request or job step, written once."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, BigInteger, Column, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId, about, db, utcnow
from models.columns import instant, text
from models.ink import Ink
from models.scope import Scope


class History(Ink):
    """One entry: person, place in force, what was shown, and each change before and after."""

    __tablename__ = "history"
    called = (_l("History entry"), _l("History"))
    scope = Scope()  # the state's own: nobody else sees who looked at whom
    __table_args__ = (Index("uq_history_chain_seq", "chain", "seq", unique=True),)

    at: Mapped[dt.datetime] = instant(about(_l("At")), required=True, default=utcnow, index=True)
    request_id: Mapped[str | None] = text(36, about(_l("Request")))
    user_id: Mapped[int | None] = mapped_column(BigId, nullable=True, index=True, info=about(_l("User key")))
    username: Mapped[str | None] = text(128, about(_l("Username"), personal=True))
    profile: Mapped[str | None] = text(40, about(_l("Profile"), format="translated"))
    membership_id: Mapped[int | None] = mapped_column(BigId, nullable=True, info=about(_l("Membership key")))
    location_id: Mapped[int | None] = mapped_column(BigId, nullable=True, index=True, info=about(_l("Location key")))
    organization_id: Mapped[int | None] = mapped_column(BigId, nullable=True, info=about(_l("Organization key")))
    address: Mapped[str | None] = text(45, about(_l("From address")))
    act: Mapped[str | None] = text(120, about(_l("Act")))
    method: Mapped[str | None] = text(8, about(_l("Method")))
    path: Mapped[str | None] = text(200, about(_l("Path")))
    outcome: Mapped[str | None] = text(20, about(_l("Outcome")))
    shown: Mapped[list[Any]] = mapped_column(JSON, nullable=False, default=list, info=about(_l("Shown"), personal=True))
    changed: Mapped[list[Any]] = mapped_column(
        JSON, nullable=False, default=list, info=about(_l("Changed"), personal=True)
    )
    chain: Mapped[int] = mapped_column(BigId, nullable=False, info=about(_l("Chain")))
    seq: Mapped[int] = mapped_column(BigId, nullable=False, info=about(_l("Place in the chain")))
    hash: Mapped[str] = text(64, about(_l("Seal")), required=True)


# The last entry of each chain: what the next one is sealed upon. Whole numbers name a chain: 0 is the state's (and
# SQLite's only one), a location's key its own, an organization's key with a minus sign the organization's.
history_head = Table(
    "history_head",
    db.metadata,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
