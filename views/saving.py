"""Adding, editing and removing at the edge: one commit, or the same form again with what was typed."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _

from app import history
from app.fab.page_history import is_own_path
from models.acts import Act
from models.base import db
from views import forms
from views.edge import committed, removed


class Saving:
    """What a screen does in place of FAB's `_add`, `_edit` and `_delete`."""

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """A new row: its form, or its making."""
        form, code = self.add_form(), 200
        if request.method == "GET":
            forms.prefill(form)
        elif self._looks_up(form):
            code = 200
        else:
            row = self.entity()
            code = self._save(form, row, self.write_new, self._adding().done)
            if code == 303:
                return redirect(self._seen_after(row), 303)
        widgets = self._get_add_widget(form=form)
        widgets["add"].template_args["save_label"] = self._adding().label
        return self.render_template(self.add_template, title=self.add_title, widgets=widgets), code

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        """A row there is: its form, or its change."""
        row = self.datamodel.get(pk, self._base_filters) or abort(404)
        code = 200
        if request.method == "GET":
            form = self.edit_form(formdata=None, obj=row)
        else:
            form = self.edit_form()
            form.forget_omitted(row)
            if not self._looks_up(form):
                code = 409 if form.changed_meanwhile(row) else self._save(form, row, self.write_changed)
            if code == 303:
                return redirect(self._seen_after(row), 303)
        if self.is_personal(self.edit_columns):
            history.shown(self.entity.__name__, [row.id])
        widgets = self._get_edit_widget(form=form)
        page = self.render_template(self.edit_template, title=self.edit_title, widgets=widgets, related_views=[], pk=pk)
        return page, code

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Any:
        """Takes a row out, where nothing depends on it."""
        row = self.datamodel.get(pk, self._base_filters) or abort(404)
        refusal = removed(lambda: self.datamodel.delete(row))
        if refusal is None:
            flash(_("Removed."), "success")
            return redirect(self._list_url(), 303)
        flash(str(refusal.message), "danger")
        return redirect(self._seen_after(row), 303)

    def _adding(self) -> Act:
        """What the button of a new row reads, and what is said when it is made."""
        said = getattr(type(self).adds_with, "act", None)
        return said if isinstance(said, Act) else Act(_("Save"))

    def _save(self, form: Any, row: Any, write: Any, done: Any = None) -> int:
        """Fills and writes the row; returns the HTTP status, and leaves what is wrong in the form."""
        if not form.validate():
            return 422

        def work() -> None:
            with db.session.no_autoflush:
                form.fill(row)
            write(row)

        refusal = committed(work)
        if refusal is None:
            flash(str(done or _("Saved.")), "success")
            return 303
        form.say(refusal)
        return refusal.code

    def write_new(self, row: Any) -> None:
        """Makes a new row real: by the rule that the screen names, or as it is."""
        forms.belongs_here(row)
        if self.adds_with is not None:
            type(self).adds_with(row, by=g.reach)
        self.datamodel.add(row)

    def write_changed(self, row: Any) -> None:
        """Makes a change real: by the rule that the screen names, or as it is."""
        if self.edits_with is not None:
            type(self).edits_with(row, by=g.reach)
        self.datamodel.edit(row)

    def _looks_up(self, form: Any) -> bool:
        """Whether the form was sent only to look up a row, as it is where scripts are off."""
        name = request.form.get("_look_up", "")
        if name not in form or not hasattr(form[name], "look_up"):
            return False
        form[name].typed = request.form.get(f"{name}-find", "")
        return True

    def _list_url(self) -> str:
        return url_for(f"{self.endpoint}.list")

    def _seen_after(self, row: Any) -> str:
        """Where a person goes after saving: a safe `next`, the row, or the list."""
        wish = request.values.get("next", "")
        if is_own_path(wish):
            return wish
        if row is not None and row.id is not None and self.may("see"):
            return url_for(f"{self.endpoint}.show", pk=row.id)
        return self._list_url()
