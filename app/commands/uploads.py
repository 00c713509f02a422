"""`flask upload-recipients`: the bulk upload from the shell, by the same check and match as on the page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app import access, history, places
from app.commands.telling import FINDINGS, Refused, command
from app.jobs import uploads
from app.rules import clock
from app.uploads import kept_rows, reading, sealed, stages
from app.uploads.kinds import kind_of
from app.uploads.limits import APART_FROM, MEGABYTE
from app.uploads.refused import FileRefused
from models.base import RuleBroken, db
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Reach, acting
from models.uploads import Upload

COUNTS = ("rows", "new", "changed", "same", "review", "refused")
Answer = tuple[dict[str, Any], str, int]  # facts, words, exit code
MOST_TOLD = 10_000  # wrong rows of a long file that are printed; its page and the fix-file have all
NOTHING = {**dict.fromkeys(COUNTS, 0), "errors": [], "file_error": None}


@command(
    "upload-recipients",
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option(
        "--location",
        metavar="PIN-OR-NUMBER",
        help="Provider PIN or number of the location; without it, each row names its own (Location PIN).",
    ),
    click.option("--by", "username", required=True, metavar="USERNAME", help="Who uploads: must be allowed to, there."),
    click.option("--preview", is_flag=True, help="Say what would happen; write nothing."),
)
def upload_recipients(
    file: Path, location: str | None, username: str, preview: bool
) -> tuple[dict[str, Any], str, int]:
    """Enter the people of a file (.xlsx or .csv), as on the upload page. 1 means that some rows were not entered."""
    place = _location(location) if location else None
    by = _person(username, place)
    _readable(file)
    enter = _enter if file.stat().st_size < APART_FROM else _in_sets
    with acting(by):
        try:
            facts = enter(file, by, place.id if place else None, preview)
        except FileRefused as refused:
            db.session.rollback()
            facts = {**NOTHING, "file_error": refused.reason}
        except RuleBroken as broken:
            raise Refused(str(broken.message)) from None
    return facts, _words(facts, preview), FINDINGS if facts["errors"] or facts["file_error"] else 0


def _enter(file: Path, by: Reach, location_id: int | None, preview: bool) -> dict[str, Any]:
    """Checks, and enters the good rows unless it is a preview, which leaves no row behind; one transaction."""
    upload = _received(file, by, location_id, check=True)
    if not preview:
        stages.commit(stages.checked(upload), by)
    told = kept_rows.summary(upload)
    if preview:
        history.write_what_was_shown()
    else:
        db.session.commit()
    return _told(told)


def _in_sets(file: Path, by: Reach, location_id: int | None, preview: bool) -> dict[str, Any]:
    """The same set by set, as the worker does it, so that nobody who writes meanwhile waits long.

    Where this command is ended, the worker goes on; a preview is then found on the page, waiting for its sender.
    """
    key = _received(file, by, location_id, check=False).id
    db.session.commit()
    uploads.keep_rest(key, _pieces(file))
    try:
        uploads.run(key, lambda: False)
        upload = db.session.get_one(Upload, key, populate_existing=True)
        if upload.problem:
            raise FileRefused(upload.problem["code"], **upload.problem["facts"])
        if not preview:
            stages.begin_entering(upload, by)
            db.session.commit()
            uploads.run(key, lambda: False)
        return _told(kept_rows.summary(db.session.get_one(Upload, key, populate_existing=True), MOST_TOLD))
    finally:
        db.session.rollback()
        if preview:
            uploads.forget(key)


def _received(file: Path, by: Reach, location_id: int | None, check: bool) -> Upload:
    """Notes the upload and keeps the file sealed; `check` checks its rows at once."""
    kind = kind_of("recipients")
    table, rows = reading.opened(lambda: _pieces(file), file.name, kind.template, kind.is_phased())
    table.rows = list(itertools.islice(rows, kind.at_once))
    upload = stages.receive(file.name, sealed.digest_of(_pieces(file)), by, kind, table, location_id)
    uploads.keep_file(upload, _pieces(file))
    if check:
        for some in stages.in_sets(itertools.chain(table.rows, rows), stages.in_one_go(kind)):
            stages.check_some(upload, some)
    return upload


def _told(told: dict[str, Any]) -> dict[str, Any]:
    refused = told["refused"] + told.get("doubled", 0)  # a person who stands in the file twice is entered once
    return {**{name: told[name] for name in COUNTS}, "refused": refused, "errors": told["errors"], "file_error": None}


def _location(given: str) -> Location:
    wanted = given.strip().upper()
    same = or_(Location.provider_pin == wanted, Location.number == wanted)
    found = db.session.scalars(select(Location).where(same)).first()
    if found is None:
        raise Refused(_("There is no location with this Provider PIN or number."))
    return found


def _person(username: str, place: Location | None) -> Reach:
    """The reach of the person's membership that lets them upload for the location."""
    wanted = username.strip().lower()
    user = db.session.scalars(select(PortalUser).where(func.lower(PortalUser.username) == wanted)).first()
    if user is None or not user.is_active or user.is_system:
        raise Refused(_("There is no active person with this username."))
    for membership in places.memberships_of(user, clock.today()):
        reach = places.reach_through(user, [membership], membership.id, current_app.config["STATE_NAME"])
        if reach and access.may(reach.profile, "Upload", "send_file") and _covers(reach, place):
            return reach
    raise Refused(_("This person may not upload recipients for this location."))


def _covers(reach: Reach, place: Location | None) -> bool:
    if reach.kind == "state" or place is None:
        return reach.kind == "state"
    return reach.kind == "location" and reach.location_id == place.id


def _readable(file: Path) -> None:
    """Refuses what cannot be read, and what is too large to be."""
    most = kind_of("recipients").most_bytes(file.name)
    try:
        with file.open("rb"):
            size = file.stat().st_size
    except OSError:
        raise Refused(_("The file cannot be read.")) from None
    if size > most:
        raise Refused(_("The file is too large: at most %(most)s MB can be sent at once.", most=most // MEGABYTE))


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        yield from iter(lambda: stream.read(sealed.PIECE), b"")


def _words(facts: dict[str, Any], preview: bool) -> str:
    if facts["file_error"]:
        return str(facts["file_error"])
    head = _("It would be:") if preview else _("Done:")
    figures = _(
        "%(rows)s rows, %(new)s new, %(changed)s changed, %(same)s same, %(review)s to review, %(refused)s refused.",
        **{name: facts[name] for name in COUNTS},
    )
    rows = [
        _("Row %(row)s, %(column)s: %(message)s", row=one["row"], column=one["column"] or "-", message=one["message"])
        for one in facts["errors"]
    ]
    return "\n".join([f"{head} {figures}", *rows])


COMMANDS = (upload_recipients,)
