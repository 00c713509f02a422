"""A file of any kind through its stages: received, checked, reviewed, entered, taken back.

Each stage goes forward in sets of rows. A set is one piece of work in the session's transaction, together with the
cursor that says how far it went: what is committed is done, what is not is begun again, whoever takes it up.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from app import history
from app.uploads import kept_rows
from app.uploads.checking import check
from app.uploads.deciding import Decided
from app.uploads.kind import Kind
from app.uploads.kinds import kind_of
from app.uploads.reading import Row, Table, read
from models.base import RuleBroken, db, utcnow
from models.scope import Reach
from models.uploads import OUTCOMES, Upload

IN_ONE_GO = 2_000  # rows of a set where no transaction ends with it
AS = ("kind", "user_id", "username", "profile", "membership_id", "location_id", "organization_id", "place_name")


def preview(
    data: bytes,
    file_name: str,
    by: Reach,
    location_id: int | None = None,
    organization_id: int | None = None,
    most_rows: int | None = None,
    table: Table | None = None,
    kind: Kind | None = None,
) -> Upload:
    """Reads, checks and matches a file and keeps the result for review; enters nobody.

    The place is the one of `by` unless given. Raises FileRefused when the file cannot be taken at all.
    Who holds a lock while reading gives the `table` read before. The kind is recipients unless given.
    """
    kind = kind or kind_of("recipients")
    if table is None:
        table = read(data, file_name, kind.template, kind.is_phased(), most_rows or kind.most_rows)
    upload = receive(file_name, hashlib.sha256(data).hexdigest(), by, kind, table, location_id, organization_id)
    for rows in in_sets(table.rows, in_one_go(kind)):
        check_some(upload, rows)
    return checked(upload)


def in_one_go(kind: Kind) -> int:
    """How many rows make a set where all of them are one transaction anyway."""
    return max(kind.at_once, IN_ONE_GO)


def in_sets(rows: Iterable[Row], most: int) -> Iterable[list[Row]]:
    """The rows, so many at a time."""
    rows = iter(rows)
    while some := list(itertools.islice(rows, most)):
        yield some


def receive(
    file_name: str,
    sha256: str,
    by: Reach,
    kind: Kind,
    table: Table,
    location_id: int | None = None,
    organization_id: int | None = None,
) -> Upload:
    """Notes that a file has come; its rows are still to be checked."""
    if location_id is None and organization_id is None:
        location_id, organization_id = _place_of(by, kind, table)
    upload = Upload(
        kind=kind.name,
        location_id=location_id,
        organization_id=organization_id,
        file_name="".join(filter(str.isprintable, file_name))[-200:],
        sha256=sha256,
        by_id=by.user_id,
        stage_at=utcnow(),
        sent_as=sent_as(by),
        fits_place=False,
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def sent_as(by: Reach) -> dict[str, Any]:
    """Who sends, as what, where and in which language: for the work that goes on without them."""
    locale = get_locale()
    facts = asdict(by)
    return {name: facts[name] for name in AS} | {"language": locale.language if locale else "en"}


def sender_of(upload: Upload) -> tuple[Reach, str]:
    """The same, taken up again: the reach and the language."""
    facts = dict(upload.sent_as or {})
    language = facts.pop("language", "en")
    return Reach(**facts), language


def _place_of(by: Reach, kind: Kind, table: Table) -> tuple[int | None, int | None]:
    if by.kind in ("location", "system") and by.location_id:
        return by.location_id, None
    if by.kind == "organization" and by.organization_id:
        return None, by.organization_id
    headings = [column.header for column in table.columns if column.field == kind.place_column]
    if not kind.needs_place or any(row.typed.get(header) for header in headings for row in table.rows):
        return None, None
    raise RuleBroken(_("Please choose the location or organization that the people belong to."), field="location")


def check_some(upload: Upload, rows: list[Row], decided: list[Decided] | None = None) -> None:
    """Checks and matches a set of rows, unless that is `decided` before, and keeps them for review."""
    kind = kind_of(upload.kind)
    if decided is None:
        decided = decide_rows(rows, upload)
    kept_rows.store(upload, decided)
    fits = upload.fits_place or kind.fits(decided, upload)  # asked before the upload changes: one UPDATE a set
    tally = Counter(one.outcome for one in decided)
    for outcome in OUTCOMES:
        name = f"rows_{outcome}"
        setattr(upload, name, (getattr(upload, name) or 0) + tally[outcome])
    upload.fits_place = fits
    _advance(upload, rows[-1].number, len(rows))
    history.changed_in_bulk("UploadRow", "add", upload=upload.id, rows=len(decided))
    if kind.keeps == "recipient_id":
        history.shown("Recipient", [one.known.id for one in decided if one.known is not None], upload=upload.id)
    db.session.flush()


def checked(upload: Upload) -> Upload:
    """All rows are checked: it waits for its sender."""
    upload.status = "reviewed"
    _begin_stage(upload)
    db.session.flush()
    return upload


def commit(upload: Upload, by: Reach) -> Upload:
    """Enters the good rows of a reviewed upload in one go; checks and matches them once more, as things stand now."""
    kind_of(upload.kind).lock()
    begin_entering(upload, by)
    while enter_some(upload, by, IN_ONE_GO):
        pass
    return upload


def begin_entering(upload: Upload, by: Reach) -> Upload:
    """From now on the good rows are being entered."""
    _still(upload, "reviewed")
    upload.status = "entering"
    _begin_stage(upload)
    upload.sent_as = sent_as(by)
    upload.rows_expected = sum(getattr(upload, f"rows_{name}") for name in OUTCOMES if name != "refused")
    db.session.flush()
    return upload


def enter_some(upload: Upload, by: Reach, at_least: int = 0) -> bool:
    """Enters the next set of good rows; answers whether more are left. The last one ends the stage."""
    kind = kind_of(upload.kind)
    most = max(kind.at_once, at_least)
    kind.lock()
    _still(upload, "entering")
    rows = kept_rows.next_rows(upload, most)
    if rows:
        decided = decide_rows([Row(row.row, row.typed) for row in rows], upload)
        keys = kind.enter(decided, upload, by)
        kept_rows.keep_results(upload, decided, keys.items())
        kept_rows.keep_changed_minds(upload, decided, {row.row: row.outcome for row in rows})
        _advance(upload, rows[-1].row, len(rows))
    if len(rows) < most:
        kept_rows.count_again(upload)
        upload.status = "committed"
        upload.committed_at = utcnow()
    db.session.flush()
    return len(rows) == most


def cancel(upload: Upload, by: Reach) -> Upload:
    """Puts an upload aside before it is entered; one that is being entered is taken back instead."""
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status == "entering":
        return begin_undoing(upload, by)
    if upload.status not in ("checking", "reviewed"):
        raise RuleBroken(_("This upload is not waiting any more: it was entered or cancelled."))
    upload.status = "cancelled"
    db.session.flush()
    return upload


def begin_undoing(upload: Upload, by: Reach) -> Upload:
    """From now on what was entered is being taken back."""
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status not in ("entering", "committed") or kind_of(upload.kind).take_back is None:
        raise RuleBroken(_("This upload cannot be taken back."))
    upload.status = "undoing"
    _begin_stage(upload)
    upload.sent_as = sent_as(by)
    upload.rows_expected = upload.rows_new + upload.rows_changed + upload.rows_same
    db.session.flush()
    return upload


def undo_some(upload: Upload, by: Reach, at_least: int = 0) -> bool:
    """Takes back the next set of rows; answers whether more are left. The last one ends the stage."""
    kind = kind_of(upload.kind)
    most = max(kind.at_once, at_least)
    kind.lock()
    _still(upload, "undoing")
    rows = kept_rows.next_rows(upload, most, ("new", "changed", "same"))
    if rows and kind.take_back is not None:
        upload.rows_kept += kind.take_back(rows, upload)
        _advance(upload, rows[-1].row, len(rows))
    if len(rows) < most:
        upload.status = "undone"
        upload.undone_at = utcnow()
    db.session.flush()
    return len(rows) == most


def undo(upload: Upload, by: Reach) -> Upload:
    """Takes back in one go what an upload entered."""
    kind_of(upload.kind).lock()
    begin_undoing(upload, by)
    while undo_some(upload, by, IN_ONE_GO):
        pass
    return upload


def hold(upload: Upload, by: Reach) -> Upload:
    """The good rows wait until all rows are right, or until they are entered after all."""
    _still(upload, "reviewed")
    upload.is_held = True
    db.session.flush()
    return upload


def decide_rows(rows: list[Row], upload: Upload) -> list[Decided]:
    """Check and match, the same for preview and commit."""
    kind = kind_of(upload.kind)
    return kind.decide(check(rows, kind.template, kind.known(rows, upload), kind.table), upload)


def _still(upload: Upload, status: str) -> None:
    """Takes the upload for this transaction; raises RuleBroken where it is no more what it was."""
    db.session.refresh(upload, with_for_update={"of": Upload})
    if upload.status != status:
        raise RuleBroken(_("This upload is not waiting any more: it was entered or cancelled."))


def _begin_stage(upload: Upload) -> None:
    upload.cursor = upload.rows_done = 0
    upload.stage_at, upload.heartbeat_at = utcnow(), None


def _advance(upload: Upload, row: int, count: int) -> None:
    upload.cursor = row
    upload.rows_done = (upload.rows_done or 0) + count
    upload.heartbeat_at = utcnow()
