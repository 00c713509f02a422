"""Acts of a screen: rules as buttons, on one row or on those selected, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.actions import ActionItem
from flask_babel import gettext as _

from app import history
from app.fab.interface import MOST_A_PAGE
from models.acts import Act, act_of
from views.edge import Refusal, committed
from views.forms import ask_form, begin

ANSWERED = "_answered"


class Acting:
    """What a screen adds to FAB's actions: rows by scope, by POST only, one commit."""

    def collect_acts(self) -> None:
        """Makes FAB's actions of the rules that the screen names; the permission is the function's name."""
        self.rules: dict[str, Callable[..., Any]] = {rule.__name__: rule for rule in self.acts}
        for name, rule in self.rules.items():
            said = act_of(rule)
            icon = said.icon or "fa-play"
            self.actions[name] = ActionItem(name, said.label, said.confirm, icon, said.on_many, True, rule)
            self.base_permissions.append(f"can_{name}")

    def offered_acts(self, row: Any = None) -> list[dict[str, Any]]:
        """The acts that whoever looks may do, and that make sense for the row as it stands."""
        offered = []
        for name, rule in self.rules.items():
            said = act_of(rule)
            if not self.may(name) or (row is not None and said.may_do is not None and not said.may_do(row)):
                continue
            offered.append(self._offer(name, said, row))
        if row is not None:
            offered = [one for go in self.leads if (one := go.button(row, str(row)))] + offered
        return offered

    def _offer(self, name: str, said: Act, row: Any) -> dict[str, Any]:
        """One act as the templates draw it; one that asks on a page of its own needs no dialog before."""
        return {
            "name": name,
            "label": said.label,
            "confirm": "" if said.asks else said.confirm or "",
            "icon": said.icon,
            "multiple": said.on_many,
            "of": "" if row is None else str(row),
            "post": True,
            "href": "" if row is None else url_for(f"{self.endpoint}.action", name=name, pk=row.id),
        }

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        """One act on one row."""
        self._door(name)
        return self._act(name, self._rows([pk]), single=True)

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        """One act on the rows selected in a list."""
        name = request.form.get("action", "")
        self._door(name)
        keys = list(dict.fromkeys(request.form.getlist("rowid")))
        if not keys:
            flash(_("Please select at least one row first."), "warning")
            return redirect(self._list_url(), 303)
        if len(keys) > MOST_A_PAGE:
            abort(400)
        rows = self._rows(keys)
        if len(rows) > 1 and not act_of(self.rules[name]).on_many:
            abort(400)
        return self._act(name, rows, single=False)

    def _door(self, name: str) -> None:
        if name not in self.rules:
            abort(404)
        if not self.may(name):
            history.refused("not allowed")
            abort(403)

    def _rows(self, keys: list[str]) -> list[Any]:
        """The rows, each in reach; one that is not makes all of it not found."""
        rows = [self.datamodel.get(key, self._base_filters) for key in keys]
        if any(row is None for row in rows):
            abort(404)
        return sorted(rows, key=lambda row: row.id)  # in one order, so that no two who act on many lock each other out

    def _act(self, name: str, rows: list[Any], single: bool) -> Any:
        rule = self.rules[name]
        said = act_of(rule)
        answered = ANSWERED in request.form
        form = ask_form(said.asks)() if said.asks else None
        if form is not None and not (answered and form.validate()):
            if not answered and len(rows) == 1:
                begin(form, said.asks, rows[0])
            return self._ask(name, said, rows, form), 422 if answered else 200
        answers = {ask.name: form[ask.name].data for ask in said.asks} if form is not None else {}
        refusal = committed(lambda: [rule(row, by=g.reach, **answers) for row in rows])
        if refusal is None:
            flash(said.done or _("Done: %(what)s.", what=said.label), "success")
        elif form is not None:
            self._say(refusal, form)
            return self._ask(name, said, rows, form), refusal.code
        else:
            flash(str(refusal.message), "danger")
        return redirect(self._seen_after(rows[0] if single else None), 303)

    def _say(self, refusal: Refusal, form: Any) -> None:
        if refusal.field and refusal.field in form:
            form[refusal.field].errors = [*form[refusal.field].errors, str(refusal.message)]
        else:
            flash(str(refusal.message), "danger")

    def _ask(self, name: str, said: Act, rows: list[Any], form: Any) -> str:
        """The page that names the rows concerned and asks what the act must know."""
        if self.is_personal(self.list_columns):
            history.shown(self.entity.__name__, [row.id for row in rows])
        return self.render_template(
            "screen/act.html",
            title=said.label,
            question=said.confirm,
            rows=rows,
            form=form,
            act_name=name,
            answered=ANSWERED,
            cancel=self._seen_after(rows[0] if len(rows) == 1 else None),
        )
