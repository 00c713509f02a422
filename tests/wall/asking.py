"""Past SQLAlchemy: what a cursor of the driver gets, and what COPY hands out."""

from models.base import db
from tests import databases

POSTGRESQL = databases.KIND == "postgresql"


def by_cursor(statement, values=None):
    """What a cursor of the driver gets, past SQLAlchemy."""
    with db.session.connection().connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def copied(statement):
    """What COPY hands out."""
    with db.session.connection().connection.cursor() as cursor, cursor.copy(statement) as copy:
        return {int(row[0]) for row in copy.rows()}
