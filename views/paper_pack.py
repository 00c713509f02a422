"""Printing the paper pack of a location: blank forms for the hours in which the console cannot be reached."""

from __future__ import annotations

import io
from typing import Any, ClassVar

from flask import abort, current_app, g, send_file
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.formats.paper_pack import MOST, paper_pack
from app.languages import in_force
from app.rules import locations
from models.acts import Ask
from models.base import RuleBroken, db
from models.enrollment import Location
from views.forms import ask_form
from views.page import Page, allowed, put_in_form, saved

USUAL = 20


class PaperPack(Page):
    """How many forms are wanted, and the file to print."""

    route_base = "/paper-pack"
    entity = Location
    default_view = "show"
    menu, label, icon, menu_verb = "Program", _l("Paper forms"), "fa-print", "print_pack"
    asks: ClassVar[tuple[Ask, ...]] = (Ask("forms", _l("How many forms"), "number", help=_l("1 to 100")),)

    @expose("/", methods=["GET"])
    @allowed("print_pack")
    def show(self) -> Any:
        return self.answer(ask_form(self.asks)(formdata=None, data={"forms": USUAL}))

    @expose("/", methods=["POST"])
    @allowed("print_pack")
    def send(self) -> Any:
        form = ask_form(self.asks)()
        if form.validate() and not 1 <= form.forms.data <= MOST:
            put_in_form(form, RuleBroken(_("Please give a number from 1 to %(most)s.", most=MOST), "forms"))
        if form.errors:
            return self.answer(form, 422)
        place = self.place()
        if saved(lambda: locations.print_pack(place, g.reach), form) is None:
            return self.answer(form, 422)
        paper = paper_pack(
            place.name, place.provider_pin or place.number, form.forms.data, current_app.config["HELP_DESK_EMAIL"],
            in_force(),
        )  # fmt: skip
        return send_file(
            io.BytesIO(paper), mimetype="application/pdf", as_attachment=True, download_name=_("paper-forms.pdf")
        )

    def place(self) -> Location:
        """The location in force."""
        found = db.session.get(Location, g.reach.location_id) if g.reach.location_id else None
        return found if found is not None else abort(404)

    def answer(self, form: Any, code: int = 200) -> Any:
        """The page that asks how many."""
        lead = _l("Keep them at hand. While the console cannot be reached, fill in one for each person; enter them as "
                  "soon as it can be.")  # fmt: skip
        return self.page("kinds/ask.html", _l("Paper forms"), code, form=form, lead=lead, label=_l("Print"))


PAGES = [PaperPack]
