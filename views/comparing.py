"""Review: what somebody sent in, beside what it said before; remarks field by field, and a decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms import Form

from models.acts import Act, Ask, act_of
from models.base import RuleBroken, db
from views.forms import ask_form
from views.page import Page, allowed, may, put_in_form, refuse_unless, saved


@dataclass(frozen=True)
class Line:
    """One field: what it said before and what it says now, as words; `name` is that of its remark's input."""

    name: str
    label: Any
    before: Any
    now: Any
    changed: bool


@dataclass(frozen=True)
class Block:
    """Fields that belong together, under a heading."""

    label: Any
    lines: list[Line]


@dataclass(frozen=True)
class Part:
    """One part of what was sent in: its blocks, and how it differs from the time before."""

    key: str
    label: Any
    blocks: list[Block]
    is_new: bool
    gone: list[Line] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """How many of its fields differ."""
        return sum(line.changed for block in self.blocks for line in block.lines) + len(self.gone)


class Review(Page):
    """One row that waits for a decision.

    `parts(row)` compares; `remarks(row)` gives what is remarked on so far, by the name of the input, and `remark` is
    the rule that stores {name: words}; `sends` is the rule that sends them; `decisions` are the other rules, each of
    which may have questions of its own by `asks(row, rule)` -> (questions, answers so far). `writes(row, by)` says
    whether whoever looks may write. `moments(row)` is the timeline: (states, events).
    """

    entity: ClassVar[Any] = None
    headline: ClassVar[Callable[[Any], Any]] = str
    facts: ClassVar[Callable[[Any], list[tuple[Any, Any]]]]
    parts: ClassVar[Callable[[Any], list[Part]]]
    moments: ClassVar[Callable[[Any], Any]]
    writes: ClassVar[Callable[..., bool]]
    remarks: ClassVar[Callable[[Any], dict[str, str]]]
    remark: ClassVar[Callable[..., Any]]
    sends: ClassVar[Callable[..., Any]]
    decisions: ClassVar[tuple[Any, ...]] = ()
    back: ClassVar[tuple[Any, str]] = ("", "")
    take: ClassVar[Callable[[Any], dict[str, Any] | None]]

    @expose("/<int:pk>")
    @allowed("see")
    def show(self, pk: int) -> Any:
        return self.answer(self.row(pk))

    def row(self, pk: int) -> Any:
        """The row, where it is in reach."""
        row = db.session.scalars(select(self.entity).where(self.entity.id == pk)).first()
        return row if row is not None else abort(404)

    def seen(self, row: Any) -> None:
        """What is noted in the history of the row shown."""

    def answer(self, row: Any, code: int = 200, typed: dict[str, str] | None = None, wrong: Any = None) -> Any:
        """The page: what changed, the remarks as stored or as typed, and what can be decided."""
        self.seen(row)
        kind, name = type(self), self.entity.__name__
        writes = kind.writes(row, g.reach) and may(kind.sends.__name__, name)
        return self.page(
            "kinds/review.html",
            kind.headline(row),
            code,
            facts=kind.facts(row),
            parts=kind.parts(row),
            timeline=kind.moments(row),
            remarks=typed if typed is not None else kind.remarks(row),
            wrong=wrong,
            writes=writes,
            send_to=url_for(f"{self.endpoint}.write", pk=row.id) if writes else "",
            sends=act_of(kind.sends),
            decisions=self.offered(row) if writes else [],
            take=kind.take(row),
            back=(kind.back[0], url_for(kind.back[1])) if may("claim", name) else None,
        )

    def offered(self, row: Any) -> list[dict[str, Any]]:
        """The decisions that whoever looks may take, each on a page of its own."""
        said = [(rule, act_of(rule)) for rule in self.decisions if may(rule.__name__, self.entity.__name__)]
        return [
            {
                "label": what.label,
                "icon": what.icon,
                "href": url_for(f"{self.endpoint}.decide", pk=row.id, name=rule.__name__),
            }
            for rule, what in said
        ]

    @expose("/<int:pk>/remarks", methods=["POST"])
    @allowed("see")
    def write(self, pk: int) -> Any:
        """Stores the remarks; sends them too where that button was pressed."""
        kind, row = type(self), self.row(pk)
        refuse_unless(kind.sends.__name__, self.entity.__name__)
        typed = {name.removeprefix("remark-"): words for name, words in request.form.items() if name[:7] == "remark-"}
        is_sent = request.form.get("do") == "send"

        def work() -> None:
            kind.remark(row, g.reach, typed)
            if is_sent:
                kind.sends(row, g.reach)

        try:
            saved(work)
        except RuleBroken as broken:
            return self.answer(self.row(pk), 422, typed, broken)
        flash(act_of(kind.sends).done if is_sent else _("Your remarks are kept; nobody was told yet."), "success")
        return redirect(url_for(kind.back[1]) if is_sent else url_for(f"{self.endpoint}.show", pk=pk), 303)

    # -- decisions -----------------------------------------------------------------------------------

    def decision(self, name: str) -> Any:
        """The rule of this name, where whoever asks may."""
        rule = next((rule for rule in self.decisions if rule.__name__ == name), None)
        if rule is None:
            abort(404)
        refuse_unless(name, self.entity.__name__)
        return rule

    def asks(self, row: Any, rule: Any) -> tuple[tuple[Ask, ...], dict[str, Any]]:
        """What must be said for a decision, and what is known of it."""
        return act_of(rule).asks, {}

    @expose("/<int:pk>/<name>")
    @allowed("see")
    def decide(self, pk: int, name: str) -> Any:
        """The question of a decision."""
        rule, row = self.decision(name), self.row(pk)
        asks, known = self.asks(row, rule)
        return self.question(row, rule, ask_form(asks)(formdata=None, data=known))

    @expose("/<int:pk>/<name>", methods=["POST"])
    @allowed("see")
    def decided(self, pk: int, name: str) -> Any:
        """Takes a decision."""
        rule, row = self.decision(name), self.row(pk)
        asks, _known = self.asks(row, rule)
        form = ask_form(asks)()
        if not form.validate():
            return self.question(row, rule, form, 422)
        answers = {ask.name: form[ask.name].data for ask in asks}
        if saved(lambda: rule(row, g.reach, **answers), form) is None:
            return self.question(self.row(pk), rule, form, 422)
        flash(act_of(rule).done or _("Done."), "success")
        return redirect(url_for(f"{self.endpoint}.show", pk=pk), 303)

    def question(self, row: Any, rule: Any, form: Form, code: int = 200) -> Any:
        """The page that asks what a decision must know."""
        said: Act = act_of(rule)
        if not type(self).writes(row, g.reach):
            put_in_form(form, RuleBroken(_("Please take this first; then nobody else works on it.")))
        return self.page(
            "kinds/decide.html",
            said.label,
            code,
            row=type(self).headline(row),
            question=said.confirm,
            form=form,
            action=url_for(f"{self.endpoint}.decided", pk=row.id, name=rule.__name__),
            icon=said.icon,
            notes=self.consequences(row, rule),
            back=url_for(f"{self.endpoint}.show", pk=row.id),
        )

    def consequences(self, row: Any, rule: Any) -> list[Any]:
        """What a decision brings about, in words; above its questions."""
        return []
