"""The page of a kind of file: send it, look at every row, enter the good ones, take them back."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import history
from app.uploads import blank, explaining, fix_file, kept_rows, reviewing, stages
from app.uploads.kind import Kind
from app.uploads.reasons import reason_for
from models.base import RuleBroken
from models.uploads import OUTCOMES, WORKING, Upload
from views.custom.bulk_upload.forms import EnterForm, FileForm
from views.custom.bulk_upload.taking import (
    dated,
    has_good_rows,
    is_long,
    knock,
    progress,
    reached,
    recent,
    rows_here,
    sent,
    shown_rows,
    sizes,
    taken,
)
from views.page import Page, allowed, saved

TITLES = {
    "checking": _l("The file is being checked"),
    "reviewed": _l("Review before entering"),
    "entering": _l("The good rows are being entered"),
    "committed": _l("Entered"),
    "undoing": _l("The upload is being taken back"),
    "undone": _l("Taken back"),
    "cancelled": _l("Cancelled"),
    "refused": _l("The file could not be taken"),
}


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
            most_rows=rows_here(kind), sizes=sizes(kind),
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

    @expose("/<int:pk>/progress")
    @allowed("send_file")
    def progress(self, pk: int) -> Any:
        return jsonify(progress(reached(pk, self.kind)))

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
            self.work(upload, stages.commit, stages.begin_entering)
        elif upload.status == "cancelled":
            flash(_("This upload was cancelled before. Nothing was entered; send the file again."), "warning")
        return redirect(url_for(".review", pk=pk), 303)

    @expose("/<int:pk>/undo", methods=["POST"])
    @allowed("send_file")
    def undo(self, pk: int) -> Any:
        upload = reached(pk, self.kind)
        if upload.status == "committed":
            self.work(upload, stages.undo, stages.begin_undoing)
        return redirect(url_for(".review", pk=pk), 303)

    @expose("/<int:pk>/hold", methods=["POST"])
    @allowed("send_file")
    def hold(self, pk: int) -> Any:
        upload = reached(pk, self.kind)
        if upload.status == "reviewed" and self.settle(stages.hold, upload):
            flash(
                _("The good rows are held. You find them under “Sent lately” and can enter them at any time."),
                "success",
            )
        return redirect(url_for(".review", pk=pk), 303)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @allowed("send_file")
    def cancel(self, pk: int) -> Any:
        upload = reached(pk, self.kind)
        if upload.status == "entering" and self.settle(stages.cancel, upload):
            knock()
        elif upload.status in ("checking", "reviewed") and self.settle(stages.cancel, upload):
            flash(_("The upload is cancelled. Nothing was entered."), "success")
            return redirect(url_for(".start"), 303)
        return redirect(url_for(".review", pk=pk), 303)

    def work(self, upload: Upload, at_once: Any, begin: Any) -> None:
        """Few rows in this request; many are begun here and left to the worker."""
        if not is_long(upload, self.kind):
            self.settle(at_once, upload)
        elif self.settle(begin, upload):
            knock()

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
        rows = kept_rows.failed_rows(upload)
        if not rows:
            abort(404)
        history.shown("UploadRow", [], upload=upload.id, rows=[row.row for row in rows])
        data = fix_file.workbook(kind.template, rows, kind.is_phased(), kind.groups())
        return sent(data, "xlsx", _("rows-to-fix"))

    def account(self, upload: Upload, form: EnterForm, code: int = 200) -> Any:
        """How the upload stands: under way, to be reviewed, entered, taken back or cancelled; with its rows."""
        kind, is_open = self.kind, upload.status == "reviewed"
        rows = shown_rows(upload) if upload.status in ("reviewed", "committed", "undone") else {}
        fills = reviewing.fills_now(rows["changed"], upload) if is_open and rows["changed"] else {}
        return self.page(
            "upload/review.html", TITLES[upload.status], code, upload=upload, form=form, is_open=is_open, kind=kind,
            total=reviewing.rows_in_all(upload), families=reviewing.families(rows.get("refused", ()), kind),
            people={outcome: reviewing.named(some, kind, fills) for outcome, some in rows.items()}, outcomes=OUTCOMES,
            joining=kind.joining(upload) if is_open else 0, looks_wrong=reviewing.looks_wrong(upload),
            progress=progress(upload) if upload.status in WORKING else None, places=reviewing.places(upload),
            kept=reviewing.kept(upload, kind) if upload.rows_kept else [], why=why_refused(upload),
            entered_before=reviewing.entered_before(upload) if is_open else None, most_shown=reviewing.MOST_SHOWN,
        )  # fmt: skip


def why_refused(upload: Upload) -> str:
    """The reason why the worker could not read the file."""
    return reason_for(upload.problem["code"], upload.problem["facts"]) if upload.problem else ""


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
