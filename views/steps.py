"""Steps: a declared form in several pages over a draft, saved at any moment, with a rail that shows what is done.

A subclass names `form_for(row)` (the declared form), `content_of(row)`, `save(row, step, values, seen, by)` (a rule),
and what stands around it. Two people on different steps do not meet; on the same step the later one is told, and what
was typed stays. Rows are added and taken out by buttons that work without scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app import history
from app.rules.declared import Form, Step, gaps_in, standing, words
from app.rules.sections import ChangedMeanwhile, mark
from models.base import db
from views import declared_forms
from views.declared_forms import BLANK, inputs, read, rows_of, rows_sent, say_stored, step_form
from views.page import Page, allowed, may, saved

STANDINGS = {
    "not_started": (_l("Not started"), "fa-circle"),
    "in_progress": (_l("In progress"), "fa-circle-half-stroke"),
    "complete": (_l("Complete"), "fa-circle-check"),
}


class Steps(Page):
    """The pages of a form over one row: an overview, and one page a step."""

    default_view = "overview"
    form_for: ClassVar[Callable[[Any], Form]]
    save: ClassVar[Callable[..., Any]]

    def content_of(self, row: Any) -> dict[str, Any]:
        """What is stored so far."""
        return row.content

    def remarks_on(self, row: Any) -> dict[str, Any]:
        """Words of a review by the path of the field."""
        return row.remarks or {}

    def is_open(self, row: Any) -> bool:
        """Whether it may be changed now."""
        return True

    def around(self, row: Any) -> dict[str, Any]:
        """What else the pages show: heading, back (a path), acts."""
        return {}

    def row(self, pk: int) -> Any:
        """The row in reach; 404 where there is none."""
        return db.session.scalars(select(self.entity).where(self.entity.id == pk)).first() or abort(404)

    def rail(self, row: Any, here: str = "") -> list[dict[str, Any]]:
        """Every step with its state."""
        content, marks = self.content_of(row), self.remarks_on(row)
        found = []
        for step in type(self).form_for(row).steps:
            state = standing(step, content)
            label, icon = STANDINGS[state]
            groups = {group.name for group in step.groups}
            found.append(
                {
                    "label": step.label, "state": state, "words": label, "icon": icon, "is_here": step.name == here,
                    "href": url_for(f"{self.endpoint}.show", pk=row.id, step=step.name),
                    "remarks": sum(path.partition(".")[0] in groups for path in marks),
                }
            )  # fmt: skip
        return found

    @expose("/<int:pk>/")
    @allowed("see")
    def overview(self, pk: int) -> Any:
        """All steps, and everything that is missing."""
        row = self.row(pk)
        history.shown(self.entity.__name__, [row.id])
        missing = [
            (step.label, url_for(f"{self.endpoint}.show", pk=pk, step=step.name), gaps_in(step, self.content_of(row)))
            for step in type(self).form_for(row).steps
        ]
        return self.page(
            "kinds/steps.html",
            type(self).form_for(row).label,
            row=row,
            rail=self.rail(row),
            missing=[one for one in missing if one[2]],
            remarks=self._remarks(row),
            **self.around(row),
        )

    def _remarks(self, row: Any) -> list[tuple[str, Any, str]]:
        """Each remark with the label of its field, and where the field is."""
        found, marks = [], self.remarks_on(row)
        for step in type(self).form_for(row).steps:
            href = url_for(f"{self.endpoint}.show", pk=row.id, step=step.name)
            for group in step.groups:
                for path, said in marks.items():
                    if path.partition(".")[0] == group.name:
                        leaf = path.rpartition(".")[2]
                        label = next((field.label for field in group.fields if field.name == leaf), group.label)
                        found.append((f"{href}#{path}", label, said))
        return found

    @expose("/<int:pk>/<step>")
    @allowed("see")
    def show(self, pk: int, step: str) -> Any:
        row, at = self._at(pk, step)
        content = self.content_of(row)
        rows = {group.name: rows_of(group, content) for group in at.groups if group.repeated}
        form = step_form(at, rows)(formdata=None, data={"seen": mark(at, content)})
        declared_forms.fill(form, at, content)
        return self.answer(row, at, form, rows)

    def _at(self, pk: int, name: str) -> tuple[Any, Step]:
        row = self.row(pk)
        return row, type(self).form_for(row).step(name) or abort(404)

    @expose("/<int:pk>/<step>", methods=["POST"])
    @allowed("edit")
    def send(self, pk: int, step: str) -> Any:
        """Adds or takes out a row, or saves; what is typed is kept whatever happens."""
        row, at = self._at(pk, step)
        rows = {group.name: rows_sent(group, request.form) for group in at.groups if group.repeated}
        adds, removes = request.form.get("_add", ""), request.form.get("_remove", "")
        if adds or removes:
            return self._change_rows(row, at, rows, adds, removes)
        form = step_form(at, rows, with_patterns=False)()
        if not form.validate():
            return self.answer(row, at, self._with_patterns(at, rows, form), rows, 422)
        seen, values = request.form.get("seen", ""), read(form, at, rows)
        conflicts: list[ChangedMeanwhile] = []

        def work() -> Any:
            try:
                return type(self).save(row, at, values, seen, g.reach)
            except ChangedMeanwhile as conflict:
                conflicts.append(conflict)
                return row

        done = saved(work, form)
        if conflicts:
            return self._conflict(row, at, rows, conflicts[-1])
        if done is None:
            return self.answer(self.row(pk), at, self._with_patterns(at, rows, form), rows, 422)
        flash(_("Saved."), "success")
        return redirect(self._next(pk, at, "next" in request.form), 303)

    def _with_patterns(self, at: Step, rows: dict[str, list[str]], form: Any) -> Any:
        """The same form with the patterns of new rows, and the errors it has."""
        whole = step_form(at, rows)()
        for field in form:
            whole[field.name].errors = field.errors
        whole.form_errors.extend(form.form_errors)
        return whole

    def _change_rows(self, row: Any, at: Step, rows: dict[str, list[str]], adds: str, removes: str) -> Any:
        focus = ""
        if adds in rows:
            rows[adds].append(declared_forms.new_key())
            focus = f"{adds}.{rows[adds][-1]}"
        group, _dot, key = removes.partition(".")
        if key in rows.get(group, ()):
            rows[group].remove(key)
            focus = group
        form = step_form(at, rows)()
        return self.answer(row, at, form, rows, focus=focus)

    def _conflict(self, row: Any, at: Step, rows: dict[str, list[str]], conflict: ChangedMeanwhile) -> Any:
        form = step_form(at, rows)()
        say_stored(form, at, conflict.stored, words)
        form.seen.process_data(mark(at, {**self.content_of(self.row(row.id)), **conflict.stored}))
        flash(
            _(
                "This was changed by someone else meanwhile. What is stored now stands under each field that "
                "differs; save again to store what you typed."
            ),
            "danger",
        )
        return self.answer(self.row(row.id), at, form, rows, 409)

    def _next(self, pk: int, at: Step, goes_on: bool) -> str:
        steps = [step.name for step in type(self).form_for(self.row(pk)).steps]
        place = steps.index(at.name) + 1
        if not goes_on:
            return url_for(f"{self.endpoint}.show", pk=pk, step=at.name)
        if place < len(steps):
            return url_for(f"{self.endpoint}.show", pk=pk, step=steps[place])
        return url_for(f"{self.endpoint}.overview", pk=pk)

    def answer(
        self, row: Any, at: Step, form: Any, rows: dict[str, list[str]], code: int = 200, focus: str = ""
    ) -> Any:
        """The page of a step."""
        history.shown(self.entity.__name__, [row.id])
        content = self.content_of(row)
        missing = gaps_in(at, content) if standing(at, content) == "in_progress" else []
        return self.page(
            "kinds/step.html",
            at.label,
            code,
            row=row,
            step=at,
            form=form,
            rows=rows,
            blank=BLANK,
            inputs=inputs,
            rail=self.rail(row, at.name),
            missing=missing,
            marks=self.remarks_on(row),
            focus=focus,
            overview=url_for(f"{self.endpoint}.overview", pk=row.id),
            may_save=may("edit", self.entity.__name__) and self.is_open(row),
            **self.around(row),
        )
