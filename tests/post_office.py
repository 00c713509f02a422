"""A real SMTP server on loopback, and notices to send to it."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import update

from app import delivery, worker
from models.base import db
from models.notices import Notice
from models.scope import acting
from tests import factories


class PostOffice:
    """What the server took, and what it answers."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answer = "250 taken"
        self.answer_to_address = ""
        self.reached = threading.Event()  # a mail has come so far that it is only to be answered
        self.go_on = threading.Event()  # cleared: the answer has to wait
        self.go_on.set()
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer_to_address:
            return self.answer_to_address
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.reached.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.02)
        if self.answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer

    @property
    def ids(self) -> list[str]:
        """The Message-ID of each mail taken, in order."""
        return [str(mail["Message-ID"]) for mail in self.taken]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def opened() -> Iterator[PostOffice]:
    """The server, open for as long as the block runs."""
    office = PostOffice()
    office.port = free_port()
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        office.go_on.set()
        controller.stop()


def use(app: Flask, monkeypatch: Any, port: int) -> None:
    """Lets this app send its mail to that server."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", "127.0.0.1")
    mail = app.extensions["mail"]
    for name, value in {"server": "127.0.0.1", "port": port, "suppress": False}.items():
        monkeypatch.setattr(mail, name, value)


def waiting(app: Flask, count: int = 1, **more: Any) -> list[int]:
    """Notices that are due; answers their keys."""
    with app.app_context():
        keys = [factories.notice(**more).id for _ in range(count)]
        db.session.commit()
    return keys


def row(app: Flask, key: int) -> Notice:
    """A notice as it stands in the database now."""
    with app.app_context(), acting(factories.SEED):
        notice = db.session.get_one(Notice, key)
        db.session.expunge(notice)
        db.session.rollback()
    return notice


def change(app: Flask, key: int, **values: Any) -> None:
    """Sets columns of a notice as if time had passed."""
    with app.app_context(), acting(factories.SEED):
        db.session.execute(update(Notice).where(Notice.id == key).values(**values))
        db.session.commit()


def deliver(app: Flask) -> dict[str, int]:
    """One round of delivery, as the worker makes it."""
    with app.app_context():
        return delivery.deliver_due(worker.ACCOUNT)
