"""The mail that the worker has delivered, read as its readers do: who got what, the link in it, the code in it."""

from __future__ import annotations

import re
from email.message import EmailMessage

from flask import Flask

from tests import post_office

LINK = re.compile(r"/link/\S+")
CODE = re.compile(r"^\s+(\d{6})\s*$", re.M)


class Mailbox:
    """All mailboxes of a test, in one."""

    def __init__(self, app: Flask, office: post_office.PostOffice) -> None:
        self.app, self.office = app, office

    def mails(self, address: str, words: str = "") -> list[EmailMessage]:
        """What has come to an address, the newest last; only what says `words`, where some are given."""
        post_office.deliver(self.app)
        mine = [mail for mail in self.office.taken if str(mail["To"]) == address]
        return [mail for mail in mine if words in f"{mail['Subject']}\n{mail.get_content()}"]

    def newest(self, address: str, words: str = "") -> str:
        """The text of the newest of them."""
        found = self.mails(address, words)
        assert found, f"no mail to {address}; there are some to {sorted({str(m['To']) for m in self.office.taken})}"
        return str(found[-1].get_content())

    def link(self, address: str, words: str = "") -> str:
        """The path of the link in the newest of them."""
        found = LINK.search(self.newest(address, words))
        assert found, self.newest(address, words)
        return found[0]

    def code(self, address: str) -> str:
        """The code of six digits in the newest mail."""
        found = CODE.search(self.newest(address))
        assert found, self.newest(address)
        return found[1]
