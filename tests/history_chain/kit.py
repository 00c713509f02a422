"""Entries as requests write them, and what somebody with the database's own rights does to them."""

from sqlalchemy import select, text

from app import history, history_proof
from models.base import db
from models.history import History
from models.scope import Reach, acting
from tests.databases import KIND
from tests.factories import SEED
from tests.owner import by_owner

TABLE = History.__table__
PLACES, EACH = (7, 9), 6
TRIGGERS = {
    "sqlite": ("DROP TRIGGER IF EXISTS history_ink_update", "DROP TRIGGER IF EXISTS history_ink_delete"),
    "postgresql": ("ALTER TABLE history DISABLE TRIGGER history_ink",),
}


def at(place):
    return Reach(kind="location", user_id=1, username="nurse", location_id=place) if place else SEED


def write(place=None, n=1):
    """Entries as requests write them, at one place; what they say is as awkward as it comes."""
    for number in range(n):
        with acting(at(place)):
            history.begin(act=f"entry {number}", path="/märz/\x00\ud800", method="GET")
            history.shown("Recipient", [number, "Ñandú", None, 1.5])
            db.session.commit()


def tampered(*statements):
    """What somebody with the database's own rights does, past the product and its triggers; the proof after it."""
    with by_owner() as connection:
        for statement in (*map(text, TRIGGERS[KIND]), *statements):
            connection.execute(statement)
        if KIND == "postgresql":
            connection.execute(text("ALTER TABLE history ENABLE TRIGGER history_ink"))
    return history_proof.verify(db.engine)["broken"]


def victim():
    """An entry from the middle of a place's chain."""
    with acting(SEED), db.engine.connect() as connection:
        of_place = select(TABLE).where(TABLE.c.location_id == PLACES[0]).order_by(TABLE.c.seq)
        return connection.execute(of_place).fetchall()[EACH // 2]
