"""`flask upload-recipients`: the bulk upload from the shell, by the same check and match as on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from app import access, history, places
from app.commands.telling import FINDINGS, Refused, command
from app.uploads import kept_rows, stages
from app.uploads.limits import MOST_BYTES
from app.uploads.refused import FileRefused
from models.base import db, utcnow
from models.enrollment import Location
from models.people import PortalUser
from models.scope import Reach, acting

COUNTS = ("rows", "new", "changed", "same", "review", "refused")
NOTHING = {**dict.fromkeys(COUNTS, 0), "errors": [], "file_error": None}


@command(
    "upload-recipients",
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option("--location", required=True, metavar="PIN-OR-NUMBER", help="Provider PIN or number of the location."),
    click.option("--by", "username", required=True, metavar="USERNAME", help="Who uploads: must be allowed to, there."),
    click.option("--preview", is_flag=True, help="Say what would happen; write nothing."),
)
def upload_recipients(file: Path, location: str, username: str, preview: bool) -> tuple[dict[str, Any], str, int]:
    """Enter the people of a file (.xlsx or .csv), as on the upload page. 1 means that some rows were not entered."""
    place = _location(location)
    by = _person(username, place)
    data = _bytes(file)
    with acting(by):
        try:
            facts = _enter(data, file.name, by, place.id, preview)
        except FileRefused as refused:
            db.session.rollback()
            facts = {**NOTHING, "file_error": refused.reason}
    return facts, _words(facts, preview), FINDINGS if facts["errors"] or facts["file_error"] else 0


def _enter(data: bytes, name: str, by: Reach, location_id: int, preview: bool) -> dict[str, Any]:
    """Checks, and enters the good rows unless it is a preview, which leaves no row behind."""
    upload = stages.preview(data, name, by, location_id=location_id)
    if not preview:
        stages.commit(upload, by)
    told = kept_rows.summary(upload)
    if preview:
        history.write_what_was_shown()
    else:
        db.session.commit()
    refused = told["refused"] + told.get("doubled", 0)  # a person who stands in the file twice is entered once
    return {**{name: told[name] for name in COUNTS}, "refused": refused, "errors": told["errors"], "file_error": None}


def _location(given: str) -> Location:
    wanted = given.strip().upper()
    same = or_(Location.provider_pin == wanted, Location.number == wanted)
    found = db.session.scalars(select(Location).where(same)).first()
    if found is None:
        raise Refused(_("There is no location with this Provider PIN or number."))
    return found


def _person(username: str, place: Location) -> Reach:
    """The reach of the person's membership that lets them upload for the location."""
    wanted = username.strip().lower()
    user = db.session.scalars(select(PortalUser).where(func.lower(PortalUser.username) == wanted)).first()
    if user is None or not user.is_active or user.is_system:
        raise Refused(_("There is no active person with this username."))
    for membership in places.memberships_of(user, utcnow().date()):
        reach = places.reach_through(user, [membership], membership.id, current_app.config["STATE_NAME"])
        if reach and access.may(reach.profile, "Upload", "send_file") and _covers(reach, place):
            return reach
    raise Refused(_("This person may not upload recipients for this location."))


def _covers(reach: Reach, place: Location) -> bool:
    return reach.kind == "state" or (reach.kind == "location" and reach.location_id == place.id)


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError:
        raise Refused(_("The file cannot be read.")) from None


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
