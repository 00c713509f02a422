"""The file itself, kept encrypted piece by piece until a job purges it: AES-256-GCM, bound to its upload and place."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from sqlalchemy import Engine, delete, insert, select, update

from app import history
from app.database import reading_only
from models.base import db, utcnow
from models.uploads import WORKING, Upload, upload_piece

PIECE = 1024 * 1024  # bytes in clear
NONCE = 12


def seal(upload_id: int, pieces: Iterable[tuple[int, bytes]], key: bytes) -> None:
    """Keeps numbered pieces of a file, encrypted."""
    connection = db.session.connection()
    for number, piece in pieces:
        nonce = secrets.token_bytes(NONCE)
        content = nonce + _cipher(key).encrypt(nonce, piece, _bound_to(upload_id, number))
        connection.execute(insert(upload_piece).values(upload_id=upload_id, number=number, content=content))


def in_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """A file from its beginning, piece by piece."""
    stream.seek(0)
    return iter(lambda: stream.read(PIECE), b"")


def digest_of(pieces: Iterable[bytes]) -> str:
    """SHA-256 of a file, by which it is known again."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def opener(upload_id: int, key: bytes) -> Callable[[], Iterator[bytes]]:
    """A function that gives the pieces in clear, each time anew, in whatever thread it is called."""
    engine = db.engine

    def pieces() -> Iterator[bytes]:
        number = 0
        while (sealed := _piece(engine, upload_id, number)) is not None:
            yield _cipher(key).decrypt(sealed[:NONCE], sealed[NONCE:], _bound_to(upload_id, number))
            number += 1

    return pieces


def _piece(engine: Engine, upload_id: int, number: int) -> bytes | None:
    """One piece, in a short transaction of its own."""
    which = (upload_piece.c.upload_id == upload_id, upload_piece.c.number == number)
    with reading_only(), engine.connect() as connection:
        return connection.scalar(select(upload_piece.c.content).where(*which))


def purge(older_than: dt.timedelta, most: int = 1_000) -> int:
    """Takes out the files of uploads so old that are not being worked on; answers how many."""
    due = (
        Upload.file_purged_at.is_(None), Upload.created_at < utcnow() - older_than, Upload.status.not_in(WORKING)
    )  # fmt: skip
    keys = list(db.session.scalars(select(Upload.id).where(*due).order_by(Upload.id).limit(most)))
    if keys:
        connection = db.session.connection()
        connection.execute(delete(upload_piece).where(upload_piece.c.upload_id.in_(keys)))
        gone = {"file_purged_at": utcnow(), "row_version": Upload.__table__.c.row_version + 1}
        connection.execute(update(Upload.__table__).where(Upload.__table__.c.id.in_(keys)).values(gone))
        history.changed_in_bulk("Upload", "purge_file", keys)
    return len(keys)


def _cipher(key: bytes):  # type: ignore[no-untyped-def]
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _bound_to(upload_id: int, number: int) -> bytes:
    return f"upload {upload_id} piece {number}".encode()
