"""The recall of a lot."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from models.acts import act
from models.scope import Reach


@act(
    label=_l("Recall"),
    confirm=_l("From now on this lot cannot be given anywhere. Recall it?"),
    icon="fa-ban",
    may_do=lambda lot: lot.status == "available",
)
def recall(lot: Any, by: Reach) -> Any:
    """From now on this lot cannot be given anywhere."""
    lot.status = "recalled"
    return lot


@act(
    label=_l("Lift the recall"),
    confirm=_l("Let this lot be given again?"),
    icon="fa-rotate-left",
    may_do=lambda lot: lot.status == "recalled",
)
def release(lot: Any, by: Reach) -> Any:
    """Lifts a recall."""
    lot.status = "available"
    return lot
