"""Bulk upload, for every kind of file: the template, the file, the review of every row, and the good rows entered."""

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
from app.uploads import blank, explaining, fix_file, reviewing, stages
from app.uploads.kind import Kind
from app.uploads.kinds import kinds
from app.uploads.limits import MEGABYTE, MOST_BYTES
from app.uploads.reading import ENDINGS, read
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
    """The file, and for state staff the location whose rows are in it."""

    location = relation_field(describe(Upload, "location"), "", needed=True)
    file = FileField(
        _l("File"),
        description=_l("An Excel workbook (.xlsx) or a CSV file (.csv)."),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ",".join(ENDINGS)},
    )

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        if g.reach.kind == "state" and kind.needs_place:
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


class FilePage(Page):
    """A file in three steps: send it, look at every row, enter the good ones. `pages_of` makes one for each kind."""

    entity = Upload
    default_view = "start"
    kind: Kind

    @expose("/")
    @allowed("send_file")
    def start(self) -> Any:
        return self.sheet(FileForm(self.kind))

    @expose("/", methods=["POST"])
    @allowed("send_file")
    def check(self) -> Any:
        form = FileForm(self.kind)
        if "_look_up" in request.form:
            return self.sheet(form)
        upload = taken(form, self.kind) if form.validate() else None
        if upload is None:
            return self.sheet(form, 422)
        return redirect(url_for(".review", pk=upload.id), 303)

    def sheet(self, form: FileForm, code: int = 200) -> Any:
        """What a file must look like, where to send it, and what was sent lately."""
        kind, phased = self.kind, self.kind.is_phased()
        return self.page(
            "upload/start.html", kind.words.title, code, form=form, notes=kind.template.notes, phased=phased, kind=kind,
            columns=explaining.explain(kind.template, phased, dated(kind)), recent=recent(kind),
            most_rows=current_app.config["UPLOAD_ROWS_AT_ONCE"], most_bytes=most_bytes(), megabyte=MEGABYTE,
        )  # fmt: skip

    @expose("/template.<any(xlsx, csv):ending>")
    @allowed("send_file")
    def template(self, ending: str) -> Any:
        template, phased = self.kind.template, self.kind.is_phased()
        if ending == "csv":
            data = blank.csv_file(template, phased)
        else:
            data = blank.workbook(template, phased, dated(self.kind))
        return sent(data, ending, str(self.kind.words.file_name))

    @expose("/<int:pk>")
    @allowed("send_file")
    def review(self, pk: int) -> Any:
        return self.account(reached(pk, self.kind), EnterForm(formdata=None))

    @expose("/<int:pk>/enter", methods=["POST"])
    @allowed("send_file")
    def enter(self, pk: int) -> Any:
        upload, form = reached(pk, self.kind), EnterForm()
        if upload.status == "reviewed":
            if not has_good_rows(upload, self.kind):
                return self.account(upload, form, 422)
            if reviewing.looks_wrong(upload) and not form.sure.data:
                form.refuse()
                return self.account(upload, form, 422)
            self.settle(stages.commit, upload)
        elif upload.status == "cancelled":
            flash(_("This upload was cancelled before. Nobody was entered; send the file again."), "warning")
        return redirect(url_for(".review", pk=pk), 303)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @allowed("send_file")
    def cancel(self, pk: int) -> Any:
        upload = reached(pk, self.kind)
        if upload.status == "reviewed" and self.settle(stages.cancel, upload):
            flash(_("The upload is cancelled. Nobody was entered."), "success")
            return redirect(url_for(".start"), 303)
        return redirect(url_for(".review", pk=pk), 303)

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
        upload, kind = reached(pk, self.kind), self.kind
        rows = stages.failed_rows(upload)
        if not rows:
            abort(404)
        history.shown("UploadRow", [], upload=upload.id, rows=[row.row for row in rows])
        data = fix_file.workbook(kind.template, rows, kind.is_phased(), kind.groups())
        return sent(data, "xlsx", _("rows-to-fix"))

    def account(self, upload: Upload, form: EnterForm, code: int = 200) -> Any:
        """How the upload stands: to be reviewed, entered or cancelled; with its rows unless it is cancelled."""
        title = {"reviewed": _l("Review before entering"), "committed": _l("Entered")}.get(
            upload.status, _l("Cancelled")
        )
        kind, is_open = self.kind, upload.status == "reviewed"
        rows = {} if upload.status == "cancelled" else shown_rows(upload)
        fills = reviewing.fills_now(rows["changed"], upload) if is_open and rows["changed"] else {}
        return self.page(
            "upload/review.html", title, code, upload=upload, form=form, is_open=is_open, outcomes=OUTCOMES, kind=kind,
            total=reviewing.rows_in_all(upload), families=reviewing.families(rows.get("refused", ()), kind),
            people={outcome: reviewing.named(some, kind, fills) for outcome, some in rows.items()},
            joining=kind.joining(upload) if is_open else 0, looks_wrong=reviewing.looks_wrong(upload),
            entered_before=reviewing.entered_before(upload) if is_open else None, most_shown=reviewing.MOST_SHOWN,
        )  # fmt: skip


def page_of(kind: Kind) -> type[FilePage]:
    """The page of a kind: its own address, menu entry and verb; everything else is the same for all."""
    routes = {name: getattr(FilePage, name) for name in dir(FilePage) if hasattr(getattr(FilePage, name), "_urls")}
    said = {"kind": kind, "route_base": kind.address, "menu_verb": kind.verb, "__doc__": f"Files: {kind.name}."}
    said |= {"menu": kind.menu.category, "label": kind.menu.label, "icon": kind.menu.icon}
    return type(kind.endpoint, (FilePage,), said | {name: asking(kind.verb, route) for name, route in routes.items()})


def asking(verb: str, route: Any) -> Any:
    """The same route for those who may do `verb`."""
    if verb == "send_file":
        return route
    other = allowed(verb)(route.__wrapped__)
    other._urls = route._urls  # what `expose` noted stays
    return other


def taken(form: FileForm, kind: Kind) -> Upload | None:
    """Reads and checks the file sent and keeps it for review; None with the reason at the field."""
    sent_file, most = form.file.data, min(kind.most_rows, current_app.config["UPLOAD_ROWS_AT_ONCE"])
    location_id, phased = form.location_id, kind.is_phased()
    data, name = sent_file.read(), sent_file.filename or ""
    db.session.rollback()  # nobody waits for the database while a file is read
    try:
        table = read(data, name, kind.template, phased, most)
    except FileRefused as refused:
        form.file.errors = [refused.reason]
        return None

    def keep() -> Upload:
        upload = stages.preview(data, name, g.reach, location_id, table=table, kind=kind)
        reviewing.replace_waiting(upload, g.reach)
        return upload

    return saved(keep, form)


def reached(pk: int, kind: Kind) -> Upload:
    """An upload of this kind of the place in force; 404 otherwise."""
    places = (joinedload(Upload.location), joinedload(Upload.organization), joinedload(Upload.by))
    query = select(Upload).where(Upload.id == pk, Upload.kind == kind.name).options(*places)
    upload = db.session.scalars(query).first()
    if upload is None:
        abort(404)
    return upload


def recent(kind: Kind) -> list[Upload]:
    """The last uploads of the place; for state staff, who see every place, one's own."""
    query = select(Upload).where(Upload.kind == kind.name)
    query = query.options(joinedload(Upload.by), joinedload(Upload.location))
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


def has_good_rows(upload: Upload, kind: Kind) -> bool:
    """Whether entering would do anything."""
    return bool(upload.rows_new or upload.rows_changed or kind.joining(upload))


def dated(kind: Kind) -> dict[str, str]:
    """The groups that a column of this kind may name, each with the day it opens: code and words."""
    if not (codes := kind.groups()):
        return {}
    query = select(PriorityGroup.code, PriorityGroup.name, PriorityGroup.opens_on).order_by(PriorityGroup.code)
    query = query.where(PriorityGroup.code.in_(codes))
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


PAGES = [page_of(kind) for kind in kinds().values()]
