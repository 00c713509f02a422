"""The base of every entity: the session, the words of a column, and the one domain exception."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, ClassVar

from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Integer, MetaData, event
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app import reference

# On SQLite only an INTEGER key counts up by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")

Model.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

db = SQLAlchemy(model_class=Model, session_options={"autoflush": True})


class RuleBroken(Exception):
    """A rule of the field refuses; `message` is for the person, `field` names the input concerned."""

    def __init__(self, message: Any, field: str | None = None):
        super().__init__(str(message))
        self.message = message
        self.field = field


def utcnow() -> dt.datetime:
    """The instant now: UTC, without tzinfo, as every instant in the database."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def about(label: Any, **said: Any) -> dict[str, Any]:
    """What is declared once of a column and read by forms, uploads, help and exports.

    Known words: help, example, choices (the name of a table of `app.reference`, or a dict
    code -> label), personal (bool: a fact about a person),
    format ("phone", "email", "zip", "pin", "codes", "date", "instant", "long", "translated"), error,
    open_reference (why this key may point outside the rows in reach).
    """
    unknown = set(said) - {"help", "example", "choices", "personal", "format", "error", "open_reference"}
    if unknown:
        raise TypeError(f"about() does not know {sorted(unknown)}")
    return {"label": label, **said}


class Entity(db.Model):  # type: ignore[name-defined, misc]
    """What every entity has: a key, a version against lost updates, and when it was made."""

    __abstract__ = True
    __table_args__: Any = {}

    scope: ClassVar[Any] = None
    called: ClassVar[tuple[Any, Any]] = ("", "")
    STEPS: ClassVar[dict[str, set[str]]] = {}

    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=about(_l("Key")))
    row_version: Mapped[int] = mapped_column(Integer, nullable=False, default=1, info=about(_l("Version")))
    created_at: Mapped[dt.datetime] = mapped_column(
        DateTime, nullable=False, default=utcnow, info=about(_l("Made at"), format="instant")
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.row_version} if hasattr(cls, "__table__") else {}

    def check(self) -> None:
        """Rules about this one row; raises RuleBroken. Runs before every flush that writes it."""
        check_values(self)

    def __str__(self) -> str:
        return f"{type(self).called[0]} {self.id}"


def choices_of(info: dict[str, Any]) -> dict[str, Any] | None:
    """The allowed codes and their words for a column's `info`, or None when any value goes."""
    choices = info.get("choices")
    if isinstance(choices, str):
        return reference.codes(choices)
    return choices


def codes_in(info: dict[str, Any], value: Any) -> list[Any]:
    """The codes that a value holds: one, or several with semicolons between them where the format is "codes"."""
    if info.get("format") == "codes":
        return [code for code in str(value).split(";") if code]
    return [value]


def problem_with(column: Any, value: Any) -> Any:
    """What is wrong with `value` for `column`, as words for a person; None when nothing is."""
    if value is None or value == "":
        return None
    choices = choices_of(column.info)
    if choices is not None and not set(codes_in(column.info, value)) <= set(choices):
        return _l("This is not one of the allowed values.")
    if not isinstance(value, str):
        return None
    if UNSTORABLE.search(value):
        return _l("This contains a character that cannot be stored.")
    length = getattr(column.type, "length", None)
    if length and len(value) > length:
        return _l("This is too long: at most %(n)s characters.", n=length)
    shape = FORMATS.get(column.info.get("format", ""))
    if shape and not shape[0].fullmatch(value):
        return column.info.get("error") or shape[1]
    return None


UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of letters
FORMATS = {
    "phone": (re.compile(r"\d{10}"), _l("A phone number has ten digits, for example 9195555555.")),
    "email": (re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+"), _l("This is not an e-mail address.")),
    "zip": (re.compile(r"\d{5}(-\d{4})?"), _l("A ZIP code has five digits, or five and four: 27601 or 27601-1234.")),
    "pin": (re.compile(r"NCA\d{6}"), _l("A Provider PIN is NCA and six digits, for example NCA650001.")),
}


def check_values(row: Entity) -> None:
    """Checks every column of the row against what is declared of it."""
    for attribute in row.__mapper__.column_attrs:
        column = attribute.columns[0]
        problem = problem_with(column, row.__dict__.get(attribute.key))
        if problem:
            raise RuleBroken(problem, field=attribute.key)


def unchecked(session: Any) -> list[Entity]:
    """The new and changed rows of the session."""
    return [row for row in (*session.new, *session.dirty) if isinstance(row, Entity) and session.is_modified(row)]


def resolve_relations(row: Entity) -> None:
    """Gives a row both sides of each relation set: FAB's forms set `location`, an API sets `location_id`."""
    for relation in row.__mapper__.relationships:
        if relation.direction.name != "MANYTOONE" or relation.key not in row.__dict__:
            continue
        target = row.__dict__[relation.key]
        column = next(iter(relation.local_columns))
        name = row.__mapper__.get_property_by_column(column).key
        key = None if target is None else target.__mapper__.primary_key_from_instance(target)[0]
        if key is not None and getattr(row, name) != key:
            setattr(row, name, key)


def check_before_flush(session: Any, *_: Any) -> None:
    """Runs `check()` of each row about to be written."""
    with session.no_autoflush:
        for row in unchecked(session):
            resolve_relations(row)
            row.check()


event.listen(db.session, "before_flush", check_before_flush)
