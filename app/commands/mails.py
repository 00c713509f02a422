"""`flask work` and `flask deliver`: the worker, and one round of mails by hand."""

from __future__ import annotations

import logging
from typing import Any

import click
from flask import current_app
from flask_babel import gettext as _

from app import delivery
from app.commands.telling import FINDINGS, command, say
from models.base import db
from models.scope import Reach


@command("work")
def work() -> tuple[dict[str, Any], str]:
    """Run the worker until it is told to stop (SIGTERM or Ctrl-C): mails every minute, house-keeping at night."""
    from huey.consumer import logger as consumer_log

    from app import worker

    app = current_app._get_current_object()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    app.logger.setLevel(logging.INFO)
    consumer_log.setLevel(logging.WARNING)
    db.session.rollback()  # nothing of this process's own may hold the database while the jobs run
    worker.work(app, ready=lambda: say(_("The worker is running.")))
    return {"stopped": True}, _("The worker has stopped.")


@command("deliver")
def deliver() -> tuple[dict[str, Any], str, int]:
    """Send the mails that are due now, once."""
    told = delivery.deliver_due(Reach.system("worker"))
    if not current_app.config["MAIL_SERVER"]:
        return told, _("There is no mail server (MAIL_SERVER): %(n)s mails wait.", n=told["waiting"]), 0
    words = _("%(sent)s sent, %(later)s to be tried again, %(failed)s given up; %(waiting)s wait.", **told)
    return told, words, FINDINGS if told["later"] or told["failed"] else 0


COMMANDS: tuple[click.Command, ...] = (work, deliver)
