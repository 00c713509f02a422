"""Defects of `SQLAInterface`: uncapped counts and pages, N+1 relations, unstable order, its own commits.

Add, edit and delete only flush: the edge that called them commits. A page is two queries, whatever
its relations: the keys of the page, then its rows with all that they show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flask_appbuilder.exceptions import DatabaseException
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import format_decimal
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Load, joinedload, selectinload

from app.fab import paging
from app.fab.filters import FilterConverter, FilterPrefix
from app.fab.keys import key_from
from app.fab.keyset import Order, Pager, Place, Rows
from app.fab.narrow import only
from models.scope import Scope, reach_in_force

MOST_COUNTED = 10_000
MOST_A_PAGE = 100
CHUNK = 500  # rows held at once
KEYS = 10_000  # looked up at once: each look-up may sort all that a place has


class ManyRows(int):
    """More rows than are counted; calculates as the most counted, and reads "10,000+"."""

    def __str__(self) -> str:
        return f"{format_decimal(int(self))}+"

    def __html__(self) -> str:
        return str(self)


class Interface(SQLAInterface):
    """How a screen or an API reads and writes one entity."""

    filter_converter_class = FilterConverter

    def __init__(self, obj: Any, session: Any = None, shows: Iterable[str] = ()):
        super().__init__(obj, session)
        self.shows = tuple(shows)

    # -- reading ---------------------------------------------------------------------------------

    def query_count(self, query: Any, filters: Any = None, select_columns: Any = None) -> int:
        """How many rows there are, counted up to a limit."""
        rows = self._counted(query, filters).limit(MOST_COUNTED + 1).subquery()
        found = self.session.execute(select(func.count()).select_from(rows)).scalar_one()
        return ManyRows(MOST_COUNTED) if found > MOST_COUNTED else found

    def _counted(self, query: Any, filters: Any) -> Any:
        """The keys of the rows; where nothing narrows the list, those in reach as they stand, without their rows."""
        keys = getattr(self.obj, "scope", Scope.everyone).keys(reach_in_force())
        if keys is not None and not (filters and filters.filters) and query.whereclause is None:
            return keys
        return self._in_reach(self.apply_filters(query, filters), filters).order_by(None).with_entities(self.get_pk())

    def query(
        self,
        filters: Any = None,
        order_column: str = "",
        order_direction: str = "",
        page: int | Place | None = None,
        page_size: int | None = None,
        select_columns: Any = None,
        outer_default_load: bool = False,
    ) -> tuple[int, list[Any]]:
        """The number of rows and one page of them, in a stable order."""
        size = min(page_size or MOST_A_PAGE, MOST_A_PAGE)
        count = self.query_count(self.session.query(self.obj), filters)
        is_far = isinstance(page, int) and page * size > MOST_COUNTED
        if count == 0 or is_far:
            return count, Rows()
        keys = self._in_reach(self.apply_filters(self.session.query(self.obj), filters), filters)
        if isinstance(page, Place) or order_column in ("", *self.obj.__mapper__.columns.keys()):
            order = self._order(order_column, order_direction)
            found, pager = paging.page_of(keys, order, page or 0, size, self._start_of(order), count)
        else:  # a column of a relation, which the API may ask for
            keys = self.apply_order_by(keys, order_column, order_direction or "asc", {}, add_pk=True)
            found, pager = (
                [key for (key,) in self.apply_pagination(keys.with_entities(self.get_pk()), page, size)],
                Pager(),
            )
        rows = Rows(self.rows(found))
        rows.pager = pager
        return count, rows

    def _order(self, column: str, direction: str) -> Order:
        pk = self.get_pk()
        nulls_first = self.session.get_bind().dialect.name == "sqlite"
        return Order(getattr(self.obj, column or pk.key), pk, (direction or "asc") == "asc", nulls_first)

    def _start_of(self, order: Order) -> Callable[[int], Any]:
        """What a row in reach has in the ordered column, as a row of one; None when there is no such row."""
        return lambda key: self.session.query(order.column).filter(self.get_pk() == key).one_or_none()

    def _in_reach(self, query: Any, filters: Any) -> Any:
        """Begins a list with the keys in reach, unless the beginning of a name narrows it more."""
        keys = getattr(self.obj, "scope", Scope.everyone).keys(reach_in_force())
        is_narrow = any(isinstance(one, FilterPrefix) for one in (filters.filters if filters else ()))
        return query if keys is None or is_narrow else query.filter(self.get_pk().in_(keys))

    def rows(self, keys: Sequence[Any], loads: Sequence[Any] | None = None) -> list[Any]:
        """The rows with these keys, in their order, with everything that is shown of them, or what `loads` says."""
        if not keys:
            return []
        loads = self.eager() if loads is None else loads
        found = self.session.scalars(select(self.obj).where(self.get_pk().in_(keys)).options(*loads)).unique()
        by_key = {self.get_pk_value(row): row for row in found}
        return [by_key[key] for key in keys if key in by_key]

    def get(self, id: Any, filters: Any = None, select_columns: Any = None, outer_default_load: bool = False) -> Any:
        """The row with this key, if it is in reach and passes the filters; else None."""
        key = key_from(id, self.get_pk())
        if key is None:
            return None
        query = self.apply_filters(self.session.query(self.obj), filters)
        return query.filter(self.get_pk() == key).options(*self.eager()).one_or_none()

    def chunks(self, filters: Any = None, columns: Sequence[str] = ()) -> Iterator[list[Any]]:
        """All rows by key, some hundred at a time, never all at once; with these columns alone, if they are named."""
        pk, last = self.get_pk(), None
        loads = only(self.obj, columns) if columns else None
        while True:
            query = self.apply_filters(self.session.query(self.obj), filters)
            if last is not None:
                query = query.filter(pk > last)
            keys = [key for (key,) in query.with_entities(pk).order_by(pk).limit(KEYS).all()]
            if not keys:
                return
            for start in range(0, len(keys), CHUNK):
                yield self.rows(keys[start : start + CHUNK], loads)
                self.session.expunge_all()
            last = keys[-1]

    def get_values(self, lst: list[Any], list_columns: list[str]) -> list[dict[str, Any]]:
        """The shown values of each row; nothing where a relation on the way is empty."""
        values = Rows({name: self._get_attr_value(row, name) for name in list_columns} for row in lst)
        values.pager = getattr(lst, "pager", Pager())
        return values

    @staticmethod
    def _get_attr_value(item: Any, col: str) -> Any:
        for name in col.split("."):
            item = None if item is None else getattr(item, name)
        return item() if callable(item) else item

    def eager(self) -> list[Load]:
        """Load options for every relation that the shown columns name, dotted ones included."""
        paths = {path for shown in self.shows if (path := relation_path(self.obj, shown))}
        return [_load(self.obj, path) for path in sorted(paths)]

    # -- writing ---------------------------------------------------------------------------------

    def add(self, item: Any, commit: bool = True) -> None:
        """Adds a row; raises DatabaseException when the database refuses. Never commits."""
        self._write(lambda: self.session.add(item))

    def edit(self, item: Any, commit: bool = True) -> None:
        """Writes what was changed of a row; raises DatabaseException. Never commits."""
        self._write(lambda: self.session.add(item))

    def delete(self, item: Any, commit: bool = True) -> None:
        """Takes a row out; raises DatabaseException. Never commits."""
        self._write(lambda: self.session.delete(item))

    def delete_all(self, items: list[Any]) -> None:
        """Takes rows out, all or none; raises DatabaseException. Never commits."""
        for item in items:
            self.delete(item)

    def _write(self, act: Callable[[], None]) -> None:
        try:
            act()
            self.session.flush()
        except SQLAlchemyError as error:
            self.session.rollback()
            raise DatabaseException("refused by the database") from error


def relation_path(entity: Any, shown: str) -> tuple[str, ...]:
    """The relations that a shown column goes through: "lot.vaccine.name" -> ("lot", "vaccine")."""
    path: list[str] = []
    for name in shown.split("."):
        if name not in entity.__mapper__.relationships:
            break
        path.append(name)
        entity = entity.__mapper__.relationships[name].mapper.class_
    return tuple(path)


def _load(entity: Any, path: tuple[str, ...]) -> Any:
    """One row by a join, many by a second query: a join would multiply the rows."""
    option: Any = None
    for name in path:
        attribute = getattr(entity, name)
        many = attribute.property.uselist
        if option is None:
            option = selectinload(attribute) if many else joinedload(attribute)
        else:
            option = option.selectinload(attribute) if many else option.joinedload(attribute)
        entity = attribute.property.mapper.class_
    return option
