"""What is asked of whoever sends a file: the file, its place, and whether it is the right one."""

from __future__ import annotations

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField

from app.uploads.kind import Kind
from app.uploads.limits import MEGABYTE, MOST_BYTES, MOST_BYTES_OF_TEXT
from app.uploads.reading import ENDINGS
from models.uploads import Upload
from views.fields import relation_field
from views.words import describe


class FileForm(FlaskForm):
    """The file, and for state staff the location whose rows are in it."""

    location = relation_field(describe(Upload, "location"), "", needed=False)
    file = FileField(
        _l("File"),
        description=_l("An Excel workbook (.xlsx) or a CSV file (.csv)."),
        validators=[FileRequired(_l("Please choose a file."))],
        render_kw={"accept": ",".join(ENDINGS)},
    )

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        if kind.takes_any_size:
            self.file.description = _(
                "An Excel workbook (.xlsx) of up to %(book)s MB or a CSV file (.csv) of up to %(text)s MB.",
                book=MOST_BYTES // MEGABYTE,
                text=MOST_BYTES_OF_TEXT // MEGABYTE,
            )
        if g.reach.kind == "state" and kind.needs_place:
            self.location.url = url_for("UploadScreen.look_up", field="location")
            self.location.typed = request.form.get("location-find", "")
            if kind.place_column:
                self.location.description = _("Leave it empty only where each row of the file names its location.")
        else:
            del self.location

    @property
    def location_id(self) -> int | None:
        """The location chosen, where one is asked for."""
        return self.location.data.id if "location" in self and self.location.data else None


class EnterForm(FlaskForm):
    """Asked only where most rows are refused or nothing fits the place: is it the right file at all?"""

    sure = BooleanField(_l("Yes, it is the right file. Enter its good rows."))

    def refuse(self) -> None:
        """Says at the box that it is waited for."""
        self.sure.errors = [_("Please tick this box if it is the right file.")]
