"""The worker's periodic jobs, each short enough to be begun again."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app import database, delivery, history, history_proof, history_published, sessions, throttle
from app.rules import clock, inventory_reports, lapse, ledger_check, notices, own_passwords
from app.rules.clock import today_at
from app.uploads import sealed
from models.base import db
from models.people import Membership, PortalUser
from models.scope import Reach, reach_in_force

ROUND = 50  # seconds that a round of mails may take before the next minute's round begins


def deliver(by: Reach, enough: Callable[[], bool]) -> None:
    """One round of mails."""
    end = time.monotonic() + ROUND
    told = delivery.deliver_due(by, enough=lambda: enough() or time.monotonic() > end)
    if told["sent"] or told["later"] or told["failed"]:
        current_app.logger.info("mails: %(sent)s sent, %(later)s to be tried later, %(failed)s given up", told)


def check_ledger() -> None:
    """Proves each balance; what does not agree goes to the log and into the history, for the state's staff."""
    with database.reading_only():
        found = ledger_check.check_ledger()
        db.session.rollback()
    history.entry().outcome = "findings" if found["broken"] else "done"
    history.changed_in_bulk(
        "InventoryItem",
        "check_ledger",
        items=found["items"],
        movements=found["movements"],
        broken=found["broken"][:100],
    )
    if found["broken"]:
        current_app.logger.error("ledger: %s balances do not agree; run flask check-ledger", len(found["broken"]))
        _tell_the_state("ledger_broken", findings=len(found["broken"]))


def _tell_the_state(kind: str, **said: int) -> None:
    """A mail to each state administrator, once a day."""
    today = today_at(None)
    query = (
        select(PortalUser.id, PortalUser.email, PortalUser.language)
        .join(Membership, Membership.user_id == PortalUser.id)
        .where(Membership.profile == "State Administrator", PortalUser.active)
        .distinct()
    )
    to = [(key, address, language) for key, address, language in db.session.execute(query)]
    once = f"{kind}-{today.isoformat()}"
    notices.queue_many(kind, to, None, whom="user_id", once=once, on=today.isoformat(), **said)


def inventory_report() -> None:
    """The report of the day for Vaccines.gov."""
    lines = inventory_reports.build()
    history.changed_in_bulk("InventoryReportLine", "add", lines=lines)


def verify_history() -> None:
    """Proves each entry of the history, also by what was published before, and publishes where the chains end now."""
    file = Path(current_app.config["HISTORY_HEADS_FILE"])
    before = history_published.read(file).seals if file.exists() else {}
    found = history_proof.verify(db.engine, before)
    told = history_published.publish(db.engine, file)
    history.entry().outcome = "findings" if found["broken"] else "done"
    history.changed_in_bulk(
        "History", "verify_history", rows=found["rows"], broken=found["broken"][:100], digest=told["digest"]
    )
    notices.queue_to(
        "history_digest", current_app.config["HISTORY_DIGEST_EMAIL"], None,
        f"history-{told['at']}-{told['digest'][:12]}", reach_in_force(),
        **told, findings=len(found["broken"]),
    )  # fmt: skip
    if found["broken"]:
        current_app.logger.error("history: %s findings; run flask verify-history", len(found["broken"]))


def lapse_access(by: Reach) -> None:
    """Ends access to locations that nobody used for 90 days, and warns those whose is about to end."""
    told = lapse.nightly(clock.today(), by)
    if told["lapsed"] or told["warned"]:
        current_app.logger.info("access: %s lapsed, %s warned", told["lapsed"], told["warned"])


def sweep_sessions() -> None:
    """Takes out what nobody can use any more: browser sessions, counted attempts, links that were for nobody."""
    swept = sessions.sweep()
    throttle.sweep()
    own_passwords.sweep()
    if swept:
        current_app.logger.info("sessions: %s swept", swept)


def purge_upload_files() -> None:
    """Takes out files that were sent long ago; their rows and figures stay."""
    purged = sealed.purge(dt.timedelta(days=current_app.config["UPLOAD_FILES_KEPT_DAYS"]))
    if purged:
        current_app.logger.info("upload files: %s purged", purged)
