"""Page: the base of the few views made by hand, and of the generic kinds that screens declare."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from flask import abort, g, redirect, request
from flask_appbuilder import BaseView
from wtforms import Form

from app import access
from models.base import RuleBroken
from views.edge import committed
from views.page_words import SAID

OPEN = ("", "")
CONFLICT = 409


def allowed(verb: str, entity: str = "") -> Callable[[Any], Any]:
    """A route for profiles that may do `verb` on an entity (the page's own when not named)."""

    def mark(route: Any) -> Any:
        @functools.wraps(route)
        def guarded(self: Page, *args: Any, **kwargs: Any) -> Any:
            if g.reach is None:
                return to_sign_in(self)
            refuse_unless(verb, entity or type(self).entity.__name__)
            return route(self, *args, **kwargs)

        guarded.asks_for = (entity, verb)  # type: ignore[attr-defined]
        return guarded

    return mark


def open_to_everyone(route: Any) -> Any:
    """A route that needs no sign-in, on purpose."""
    route.asks_for = OPEN
    return route


def signed_in(route: Any) -> Any:
    """A route about oneself, for whoever is signed in, whatever the profile."""

    @functools.wraps(route)
    def guarded(self: Page, *args: Any, **kwargs: Any) -> Any:
        return route(self, *args, **kwargs) if g.user.is_authenticated else to_sign_in(self)

    guarded.asks_for = OPEN  # type: ignore[attr-defined]
    return guarded


def may(verb: str, entity: str) -> bool:
    """Whether the profile in force may do this."""
    return g.reach is not None and access.may(g.reach.profile, entity, verb)


def refuse_unless(verb: str, entity: str) -> None:
    """Answers 403 where the profile in force may not do this."""
    if not may(verb, entity):
        abort(403)


def to_sign_in(view: BaseView) -> Any:
    """A stranger is led to sign-in and back to a page that can be read; a sent form is refused."""
    if g.user.is_authenticated or request.method != "GET":
        abort(403)
    return redirect(view.appbuilder.get_url_for_login_with(request.path))


def new_key() -> str:
    """The idempotency key that a page carries: what is sent twice with it happens once."""
    return str(uuid.uuid4())


def saved(work: Callable[[], Any], form: Form | None = None) -> Any:
    """Does the work and commits it; when a rule refuses, nothing is written and its words stand in the form.

    Answers what `work` gave, or None when it was refused. Two of the same at once: the loser tries
    again and finds what the winner wrote. Without a form, RuleBroken is the caller's.
    """
    kept: list[Any] = []

    def once() -> None:
        kept[:] = [work()]

    refusal = committed(once)
    if refusal is not None and refusal.code == CONFLICT:
        refusal = committed(once)
    if refusal is None:
        return kept[0]
    broken = RuleBroken(refusal.message, refusal.field)
    if form is None:
        raise broken
    put_in_form(form, broken)
    return None


def put_in_form(form: Form, broken: RuleBroken) -> None:
    """The words of a refusal under their field, or above the form when they concern none of it."""
    field = form._fields.get(broken.field or "")
    words = str(broken.message)
    if field is None:
        form.form_errors.append(words)
    else:
        field.errors = [*field.errors, words]


class Page(BaseView):
    """A view made by hand: an entity, routes that each say who may use them, one commit at the edge.

    `menu`, `label` and `icon` put the default view into the menu of those who may do `menu_verb`
    (and whose reach is of the kind `menu_reach`, where one is named, or several joined by "+").
    """

    entity: ClassVar[Any] = None
    menu: ClassVar[str] = ""
    label: ClassVar[Any] = ""
    icon: ClassVar[str] = ""
    menu_verb: ClassVar[str] = "see"
    menu_reach: ClassVar[str] = ""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.entity is not None:
            cls.class_permission_name = cls.entity.__name__
        for name in dir(cls):
            route = getattr(cls, name)
            if hasattr(route, "_urls") and not hasattr(route, "asks_for"):
                raise TypeError(f"{cls.__name__}.{name} does not say who may use it")

    def page(self, template: str, title: Any, code: int = 200, **values: Any) -> Any:
        """The page, with its title; `may(verb, entity)` says in the template what to offer."""
        return self.render_template(template, title=title, may=may, **SAID, **values), code
