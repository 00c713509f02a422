"""Kinds of pages that a screen class fills with declarations: Find a row, work through a Queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, flash, g, redirect, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms import Form

from models.acts import Ask, act_of
from models.base import RuleBroken, db
from views import asked
from views.forms import ask_form
from views.page import Page, allowed, may, put_in_form, refuse_unless, saved

MOST_WAITING = 200


@dataclass(frozen=True)
class Column:
    """One column of a result or a queue: its heading, and what a row shows there."""

    label: Any
    shows: Callable[[Any], Any]


@dataclass(frozen=True)
class Go:
    """A button that leads or posts somewhere, for profiles that may do `verb` on `entity`.

    A verb that depends on the row is a function of it.
    """

    label: Any
    href: Callable[[Any], str]
    entity: str
    verb: str | Callable[[Any], str]
    icon: str = ""
    post: bool = False

    def button(self, row: Any, of: str = "") -> dict[str, Any] | None:
        """The button as templates draw it, or None where the profile may not."""
        if not may(self.verb(row) if callable(self.verb) else self.verb, self.entity):
            return None
        return {"label": self.label, "href": self.href(row), "icon": self.icon, "post": self.post, "of": of}


class Find(Page):
    """Finding one row by what is asked in one of several ways; always by POST, never in an address.

    `ways`: (heading, questions) of each way; `search(by, **answers)` gives the rows found.
    """

    default_view = "show"
    title: ClassVar[Any] = ""
    lead: ClassVar[Any] = ""
    ways: ClassVar[tuple[tuple[Any, tuple[Ask, ...]], ...]] = ()
    search: ClassVar[Callable[..., list[Any]]]
    columns: ClassVar[tuple[Column, ...]] = ()
    buttons: ClassVar[tuple[Go, ...]] = ()
    named: ClassVar[Callable[[Any], str]] = str
    nobody: ClassVar[tuple[Any, Any]] = (_, _)
    next_step: ClassVar[Go | None] = None
    most: ClassVar[int] = 10

    def form(self, typed: Any = None) -> Form:
        """Everything that may be asked, as one form."""
        return ask_form(tuple(ask for _heading, asks in self.ways for ask in asks))(typed, meta=asked.TAKEN)

    @expose("/")
    @allowed("find")
    def show(self) -> Any:
        return self.answer(self.form(), None)

    @expose("/", methods=["POST"])
    @allowed("find")
    def find(self) -> Any:
        """Leads to the answer: a page that was posted would keep a name and birth date in the browser's own files."""
        asked.keep(type(self).__name__, [ask.name for _heading, asks in self.ways for ask in asks])
        return redirect(url_for(f"{self.endpoint}.found"), 303)

    @expose("/found")
    @allowed("find")
    def found(self) -> Any:
        """What was asked last, as it is answered now."""
        typed = asked.kept(type(self).__name__)
        if typed is None:
            return redirect(url_for(f"{self.endpoint}.show"))
        form = self.form(typed)
        if not form.validate():
            return self.answer(form, None, 422)
        answers = {ask.name: form[ask.name].data for _heading, asks in self.ways for ask in asks if form[ask.name].data}
        try:
            found = type(self).search(g.reach, **answers)
        except RuleBroken as broken:
            put_in_form(form, broken)
            return self.answer(form, None, 422)
        return self.answer(form, found)

    def answer(self, form: Form, found: list[Any] | None, code: int = 200) -> Any:
        """The questions, and under them what was found."""
        rows = None if found is None else [self.line(row) for row in found]
        step = self.next_step.button(form) if self.next_step else None
        if step and found is not None:
            step["post"], step["fields"] = True, {"from_search": "1", **_typed(form)}
        return self.page(
            "kinds/find.html",
            self.title,
            code,
            form=form,
            action=url_for(f"{self.endpoint}.show"),
            ways=self.ways,
            lead=self.lead,
            rows=rows,
            columns=[column.label for column in self.columns],
            next_step=step,
            nobody=self.nobody,
            most=self.most,
        )

    def line(self, row: Any) -> dict[str, Any]:
        """One row of the result with its buttons."""
        name = type(self).named(row)
        buttons = [go.button(row, name) for go in self.buttons]
        return {"cells": [column.shows(row) for column in self.columns], "actions": [one for one in buttons if one]}


def _typed(form: Form) -> dict[str, str]:
    return {field.name: field._value() for field in form if field.name != "csrf_token" and field._value()}


class Queue(Page):
    """Rows that wait for somebody: in order, with one main act and some others.

    `waiting(by)` gives the conditions of the rows; `acts` are rules, each a button for profiles with its verb.
    `for_all` are rules too, each one button for all rows that wait, with its label: one commit, or none.
    """

    default_view = "show"
    title: ClassVar[Any] = ""
    lead: ClassVar[Any] = ""
    waiting: ClassVar[Callable[..., list[Any]]]
    order: ClassVar[tuple[Any, ...]] = ()
    options: ClassVar[tuple[Any, ...]] = ()
    columns: ClassVar[tuple[Column, ...]] = ()
    main: ClassVar[Go | None] = None
    acts: ClassVar[tuple[Any, ...]] = ()
    for_all: ClassVar[tuple[tuple[Any, Any], ...]] = ()
    named: ClassVar[Callable[[Any], str]] = str
    nobody: ClassVar[tuple[Any, Any]] = ("", "")
    next_step: ClassVar[Go | None] = None

    def rows(self) -> list[Any]:
        """Who or what waits, in order."""
        query = select(self.entity).where(*type(self).waiting(g.reach)).order_by(*self.order)
        return list(db.session.scalars(query.options(*self.options).limit(MOST_WAITING)))

    def seen(self, rows: list[Any]) -> None:
        """What is noted in the history of the rows shown."""

    @expose("/")
    @allowed("see")
    def show(self) -> Any:
        return self.waiting_page()

    def waiting_page(self) -> Any:
        """Everything that waits, noted as seen."""
        rows = self.rows()
        self.seen(rows)
        return self.page(
            "kinds/queue.html",
            self.title,
            lead=self.lead,
            rows=[self.line(row) for row in rows],
            nobody=self.nobody,
            columns=self.headings(),
            next_step=self.next_step.button(None) if self.next_step else None,
            **self.above(rows),
        )

    def headings(self) -> list[Any]:
        """What stands above the columns."""
        return [column.label for column in self.columns]

    def above(self, rows: list[Any]) -> dict[str, Any]:
        """What stands above the rows: what may be done with all of them."""
        name = self.entity.__name__
        return {"for_all": [self.button_for_all(*one) for one in self.for_all if may(one[0].__name__, name)]}

    def button_for_all(self, rule: Any, label: Any) -> dict[str, Any]:
        """The button of a rule for all rows that wait."""
        href = url_for(f"{self.endpoint}.act_on_all", name=rule.__name__)
        return {"label": label, "href": href, "icon": act_of(rule).icon, "post": True}

    @expose("/all/<name>", methods=["POST"])
    @allowed("see")
    def act_on_all(self, name: str) -> Any:
        """Does a rule on every row that waits, or on none."""
        rule = next((rule for rule, _label in self.for_all if rule.__name__ == name), None)
        if rule is None:
            abort(404)
        refuse_unless(name, self.entity.__name__)
        try:
            saved(lambda: [rule(row, g.reach) for row in self.rows()])
            flash(act_of(rule).done or _("Done."), "success")
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
        return redirect(url_for(f"{self.endpoint}.show"), 303)

    def line(self, row: Any) -> dict[str, Any]:
        """One waiting row with its buttons."""
        name = type(self).named(row)
        buttons = [self.main.button(row, name)] if self.main else []
        allowed_acts = [
            rule
            for rule in self.acts
            if may(rule.__name__, self.entity.__name__) and (act_of(rule).may_do is None or act_of(rule).may_do(row))
        ]
        buttons += [self.button(rule, row, name) for rule in allowed_acts]
        return {"cells": [column.shows(row) for column in self.columns], "actions": [one for one in buttons if one]}

    def button(self, rule: Any, row: Any, name: str) -> dict[str, Any]:
        """The button of a rule for a row."""
        said = act_of(rule)
        href = url_for(f"{self.endpoint}.act", pk=row.id, name=rule.__name__)
        return {
            "label": said.label, "href": href, "icon": said.icon, "post": True, "quiet": True, "of": name,
            "confirm": said.confirm or "",
        }  # fmt: skip

    @expose("/<int:pk>/<name>", methods=["POST"])
    @allowed("see")
    def act(self, pk: int, name: str) -> Any:
        rule = next((rule for rule in self.acts if rule.__name__ == name), None)
        if rule is None:
            abort(404)
        refuse_unless(name, self.entity.__name__)
        row = db.session.scalars(select(self.entity).where(self.entity.id == pk)).first()
        if row is None:
            abort(404)
        return self.acted(rule, row)

    def acted(self, rule: Any, row: Any) -> Any:
        """Does an act on a row, and leads back to the queue with what came of it."""
        try:
            saved(lambda: rule(row, g.reach))
            flash(act_of(rule).done or _("Done."), "success")
        except RuleBroken as broken:
            flash(str(broken.message), "warning")
        return redirect(url_for(f"{self.endpoint}.show"), 303)
