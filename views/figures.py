"""The charts of a start page, as data for the page's script and as a table that says the same in words."""

from __future__ import annotations

from typing import Any

from flask_babel import format_date, format_percent
from flask_babel import gettext as _
from sqlalchemy import func, literal, select, union_all

from app.rules import figures
from app.rules.figures import MOST_COUNTED
from models.base import db

# Whose start page draws them.
DRAWN_FOR = ("State Administrator", "State Immunization Staff", "Healthcare Location Manager")


def drawn(profile: str) -> dict[str, Any] | None:
    """What the start page of the profile draws; None for others, and while nothing has moved yet."""
    if profile not in DRAWN_FOR:
        return None
    found = figures.gather()
    words = {"received": _("Doses received"), "given": _("Doses given"), "wasted": _("Doses wasted")}
    weeks = [format_date(day, "short") for day in found.weeks]
    if not found.products and not any(map(any, found.by_week.values())):
        return None
    return {
        "data": {
            "weeks": weeks,
            "series": [{"label": words[name], "data": doses} for name, doses in found.by_week.items()],
            "products": [name for name, _doses, _days in found.products],
            "doses": [doses for _name, doses, _days in found.products],
            "onHand": _("Doses on hand"),
        },
        "weeks": list(zip(weeks, *found.by_week.values(), strict=True)),
        "products": found.products,
        "numbers": [
            (_("Wasted from open vials"), _share(found.open_rate)),
            (_("Wasted from closed vials"), _share(found.closed_rate)),
            (_("Discrepancies at receipt"), f"{found.discrepancies:,}"),
            (_("Doses recorded more than a day late"), _capped(found.late)),
        ],
    }


def _capped(count: int) -> str:
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


def _share(rate: float | None) -> str:
    return "–" if rate is None else format_percent(rate, "0.0%")


def counted(figure: Any, reach: Any, position: int) -> Any:
    """The statement that counts one figure; a count stops past 10,000 instead of reading a table whole."""
    conditions = figure.where(reach)
    if figure.total is not None:
        return select(literal(position), func.coalesce(func.sum(figure.total), 0)).where(*conditions)
    if (keys := figure.entity.scope.keys(reach)) is not None:
        conditions = [*conditions, figure.entity.id.in_(keys)]
    rows = select(figure.entity.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
    return select(literal(position), func.count()).select_from(rows)


def values_of(wanted: list[Any], reach: Any) -> list[str]:
    """The figures as words, all of them by one question to the database."""
    if not wanted:
        return []
    parts = [counted(figure, reach, position) for position, figure in enumerate(wanted)]
    found = dict(tuple(row) for row in db.session.execute(union_all(*parts)))
    return [_capped(found[n]) if figure.total is None else f"{found[n]:,}" for n, figure in enumerate(wanted)]
