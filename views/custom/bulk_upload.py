"""Bulk upload of recipients: the template, the file, the review of every row, and the good rows entered."""

from __future__ import annotations

import io
from typing import Any

from flask import abort, current_app, flash, g, redirect, request, send_file, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import BooleanField

from app import history
from app.rules.clock import today_at
from app.uploads import blank, explaining, fix_file, recipients_commit, reviewing
from app.uploads.limits import MEGABYTE, MOST_BYTES
from app.uploads.reading import ENDINGS, read
from app.uploads.recipients import RECIPIENTS
from app.uploads.refused import FileRefused
from models.base import RuleBroken, db
from models.recipients import PriorityGroup
from models.uploads import OUTCOMES, Upload
from views.fields import relation_field
from views.page import Page, allowed, saved
from views.page_words import day
from views.words import describe

RECENT = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLES = {
    "reviewed": _l("Review before entering"),
    "committed": _l("Upload entered"),
    "cancelled": _l("Upload cancelled"),
}
TYPES = {"xlsx": XLSX, "csv": "text/csv"}


class FileForm(FlaskForm):
    """The file, and for state staff the location whose people are in it."""

    location = relation_field(describe(Upload, "location"), "", needed=True)
    file = FileField(
        _l("File"),
        description=_l("An Excel workbook (.xlsx) or a CSV file (.csv)."),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ",".join(ENDINGS)},
    )

    def __init__(self) -> None:
        super().__init__()
        if g.reach.kind == "state":
            self.location.url = url_for("UploadScreen.look_up", field="location")
            self.location.typed = request.form.get("location-find", "")
        else:
            del self.location

    @property
    def location_id(self) -> int | None:
        """The location chosen, where one is asked for."""
        return self.location.data.id if "location" in self and self.location.data else None


class EnterForm(FlaskForm):
    """Asked only where most rows are refused: is it the right file at all?"""

    sure = BooleanField(_l("Yes, it is the right file. Enter its good rows."))

    def refuse(self) -> None:
        """Says at the box that it is waited for."""
        self.sure.errors = [_("Most rows of this file were refused. Please tick this box if it is the right file.")]


class BulkUpload(Page):
    """A file of people in three steps: send it, look at every row, enter the good ones."""

    route_base = "/upload"
    entity = Upload
    default_view = "start"
    menu, label, icon, menu_verb = "Recipients", _l("Bulk upload"), "fa-file-arrow-up", "send_file"

    @expose("/")
    @allowed("send_file")
    def start(self) -> Any:
        return self.sheet(FileForm())

    @expose("/", methods=["POST"])
    @allowed("send_file")
    def check(self) -> Any:
        form = FileForm()
        if "_look_up" in request.form:
            return self.sheet(form)
        upload = taken(form) if form.validate() else None
        if upload is None:
            return self.sheet(form, 422)
        return redirect(url_for("BulkUpload.review", pk=upload.id), 303)

    def sheet(self, form: FileForm, code: int = 200) -> Any:
        """What a file must look like, where to send it, and what was sent lately."""
        phased = recipients_commit.is_phased_now()
        return self.page(
            "upload/start.html", _("Bulk upload of recipients"), code, form=form, notes=RECIPIENTS.notes, phased=phased,
            columns=explaining.explain(RECIPIENTS, phased, dated_groups()), recent=recent(),
            most_rows=current_app.config["UPLOAD_ROWS_AT_ONCE"], most_bytes=most_bytes(), megabyte=MEGABYTE,
        )  # fmt: skip

    @expose("/template.<any(xlsx, csv):ending>")
    @allowed("send_file")
    def template(self, ending: str) -> Any:
        phased = recipients_commit.is_phased_now()
        if ending == "csv":
            data = blank.csv_file(RECIPIENTS, phased)
        else:
            data = blank.workbook(RECIPIENTS, phased, dated_groups())
        return sent(data, ending, _("recipient-bulk-upload-template"))

    @expose("/<int:pk>")
    @allowed("send_file")
    def review(self, pk: int) -> Any:
        return self.account(reached(pk), EnterForm(formdata=None))

    @expose("/<int:pk>/enter", methods=["POST"])
    @allowed("send_file")
    def enter(self, pk: int) -> Any:
        upload, form = reached(pk), EnterForm()
        if upload.status == "reviewed":
            if not has_good_rows(upload):
                return self.account(upload, form, 422)
            if reviewing.looks_wrong(upload) and not form.sure.data:
                form.refuse()
                return self.account(upload, form, 422)
            self.settle(recipients_commit.commit, upload)
        elif upload.status == "cancelled":
            flash(_("This upload was cancelled before. Nobody was entered; send the file again."), "warning")
        return redirect(url_for("BulkUpload.review", pk=pk), 303)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @allowed("send_file")
    def cancel(self, pk: int) -> Any:
        upload = reached(pk)
        if upload.status == "reviewed" and self.settle(recipients_commit.cancel, upload):
            flash(_("The upload is cancelled. Nobody was entered."), "success")
            return redirect(url_for("BulkUpload.start"), 303)
        return redirect(url_for("BulkUpload.review", pk=pk), 303)

    def settle(self, rule: Any, upload: Upload) -> bool:
        """Enters or cancels; whoever was quicker, the page then shows how it stands."""
        try:
            saved(lambda: rule(upload, g.reach))
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
            return False
        return True

    @expose("/<int:pk>/rows-to-fix.xlsx")
    @allowed("send_file")
    def rows_to_fix(self, pk: int) -> Any:
        upload = reached(pk)
        rows = recipients_commit.failed_rows(upload)
        if not rows:
            abort(404)
        history.shown("UploadRow", [], upload=upload.id, rows=[row.row for row in rows])
        groups = recipients_commit.groups_now()
        data = fix_file.workbook(RECIPIENTS, rows, recipients_commit.is_phased_now(), groups)
        return sent(data, "xlsx", _("rows-to-fix"))

    def account(self, upload: Upload, form: EnterForm, code: int = 200) -> Any:
        """How the upload stands: to be reviewed, entered or cancelled; with its rows unless it is cancelled."""
        title = {"reviewed": _l("Review before entering"), "committed": _l("Entered")}.get(
            upload.status, _l("Cancelled")
        )
        rows = {} if upload.status == "cancelled" else shown_rows(upload)
        is_open = upload.status == "reviewed"
        fills = reviewing.fills_now(rows["changed"]) if is_open and rows["changed"] else {}
        return self.page(
            "upload/review.html", title, code, upload=upload, form=form, is_open=is_open, outcomes=OUTCOMES,
            total=reviewing.rows_in_all(upload), families=reviewing.families(rows.get("refused", ())),
            people={outcome: reviewing.people(some, fills) for outcome, some in rows.items()},
            joining=reviewing.joining(upload) if is_open else 0, looks_wrong=reviewing.looks_wrong(upload),
            entered_before=reviewing.entered_before(upload) if is_open else None, most_shown=reviewing.MOST_SHOWN,
        )  # fmt: skip


def taken(form: FileForm) -> Upload | None:
    """Reads and checks the file sent and keeps it for review; None with the reason at the field."""
    sent_file, most = form.file.data, current_app.config["UPLOAD_ROWS_AT_ONCE"]
    location_id, phased = form.location_id, recipients_commit.is_phased_now()
    data, name = sent_file.read(), sent_file.filename or ""
    db.session.rollback()  # nobody waits for the database while a file is read
    try:
        table = read(data, name, RECIPIENTS, phased, most)
    except FileRefused as refused:
        form.file.errors = [refused.reason]
        return None

    def keep() -> Upload:
        upload = recipients_commit.preview(data, name, g.reach, location_id, table=table)
        reviewing.replace_waiting(upload, g.reach)
        return upload

    return saved(keep, form)


def reached(pk: int) -> Upload:
    """An upload of the place in force; 404 otherwise."""
    places = (joinedload(Upload.location), joinedload(Upload.organization), joinedload(Upload.by))
    upload = db.session.scalars(select(Upload).where(Upload.id == pk).options(*places)).first()
    if upload is None:
        abort(404)
    return upload


def recent() -> list[Upload]:
    """The last uploads of the place; for state staff, who see every place, one's own."""
    query = select(Upload).options(joinedload(Upload.by), joinedload(Upload.location))
    if g.reach.kind == "state":
        query = query.where(Upload.by_id == g.reach.user_id)
    return list(db.session.scalars(query.order_by(Upload.created_at.desc(), Upload.id.desc()).limit(RECENT)))


def shown_rows(upload: Upload) -> dict[str, list[Any]]:
    """The rows by outcome, noted as shown."""
    outcomes = ("refused", "review", "doubled", "changed", "same", "new")
    rows = {name: reviewing.rows_of(upload, name) if getattr(upload, f"rows_{name}") else [] for name in outcomes}
    seen = [row for some in rows.values() for row in some]
    history.shown("UploadRow", [row.id for row in seen], upload=upload.id)
    history.shown("Recipient", [row.recipient_id for row in seen if row.recipient_id], upload=upload.id)
    return rows


def has_good_rows(upload: Upload) -> bool:
    """Whether entering would do anything."""
    return bool(upload.rows_new or upload.rows_changed or reviewing.joining(upload))


def dated_groups() -> dict[str, str]:
    """The groups of the state's plan with the day each opens: code and words."""
    query = select(PriorityGroup.code, PriorityGroup.name, PriorityGroup.opens_on).order_by(PriorityGroup.code)
    return {code: f"{_(name)} ({opening(opens_on)})" for code, name, opens_on in db.session.execute(query)}


def opening(opens_on: Any) -> str:
    """Since when, or from when, a group is open."""
    if opens_on is None:
        return _("not open yet")
    if opens_on <= today_at(None):
        return _("open since %(day)s", day=day(opens_on))
    return _("opens on %(day)s", day=day(opens_on))


def most_bytes() -> int:
    """The largest file that is taken."""
    return min(MOST_BYTES, current_app.config["MAX_CONTENT_LENGTH"] or MOST_BYTES)


def sent(data: bytes, ending: str, name: str) -> Any:
    """A file to save, named for what it is and for nobody."""
    return send_file(io.BytesIO(data), TYPES[ending], as_attachment=True, download_name=f"{name}.{ending}")


PAGES = [BulkUpload]
