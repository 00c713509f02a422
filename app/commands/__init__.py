"""The commands of the product: `flask --help` lists them."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Adds every command of the product to `flask`."""
    from app.commands import accounts, agreements, backups, data, database, history, mails, stock, uploads

    for module in (database, accounts, agreements, backups, data, history, mails, stock, uploads):
        for command in module.COMMANDS:
            app.cli.add_command(command)


__all__ = ["register"]
