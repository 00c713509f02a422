"""The repaired interface: capped, eager, stable in its order, and never committing on its own."""

import pytest
from flask_appbuilder.exceptions import DatabaseException
from markupsafe import escape
from sqlalchemy import event

from app.fab import interface as repaired
from app.fab.interface import Interface, ManyRows
from app.fab.plain_errors import CHANGED, FAILED, NEEDED, TAKEN, is_conflict, plain

from .conftest import Jar, Shelf, db


@pytest.fixture
def inside(toys):
    with toys.test_request_context("/"):
        yield
        db.session.rollback()


@pytest.fixture
def queries(inside):
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_more_rows_than_the_limit_are_not_counted(inside, monkeypatch, queries):
    monkeypatch.setattr(repaired, "MOST_COUNTED", 100)
    count, _rows = Interface(Jar).query(page=0, page_size=5)
    assert isinstance(count, ManyRows) and count == 100 and str(count) == str(escape(count)) == "100+"
    assert "LIMIT" in queries[0]


def test_fewer_rows_are_counted_exactly(inside):
    count, rows = Interface(Jar).query(page=0, page_size=5)
    assert count == 150 and not isinstance(count, ManyRows) and len(rows) == 5


def test_a_page_never_has_more_than_100_rows(inside):
    assert len(Interface(Jar).query()[1]) == len(Interface(Jar).query(page_size=5000)[1]) == 100


def test_a_page_is_three_queries_whatever_it_shows(inside, queries):
    _count, rows = Interface(Jar, shows=["label", "shelf.name", "shelf"]).query(page_size=50)
    assert {row.shelf.name for row in rows} == {"kitchen"}
    assert len(queries) == 3


def test_rows_with_equal_values_keep_their_order_from_page_to_page(inside):
    seen = []
    for page in range(15):
        seen += [
            row.id
            for row in Interface(Jar).query(order_column="shelf.name", order_direction="desc", page=page, page_size=10)[
                1
            ]
        ]
    assert sorted(seen) == list(range(1, 151)) and len(seen) == 150


def test_a_list_without_an_order_is_ordered_by_key(inside):
    assert [row.id for row in Interface(Jar).query(page=1, page_size=3)[1]] == [4, 5, 6]


def test_an_export_reads_every_row_once_in_chunks(inside, monkeypatch):
    monkeypatch.setattr(repaired, "CHUNK", 40)
    chunks = list(Interface(Jar).chunks())
    assert [len(chunk) for chunk in chunks] == [40, 40, 40, 30]
    assert [row.id for chunk in chunks for row in chunk] == list(range(1, 151))


def test_nothing_is_committed_before_the_edge_says_so(inside):
    model = Interface(Shelf)
    shelf = Shelf(name="attic")
    model.add(shelf)
    shelf.name = "loft"
    model.edit(shelf)
    db.session.rollback()
    assert db.session.query(Shelf).filter(Shelf.name.in_(["attic", "loft"])).count() == 0
    model.delete(db.session.get(Shelf, 2))
    db.session.rollback()
    assert db.session.get(Shelf, 2) is not None


def test_every_refusal_of_the_database_is_one_exception_and_plain_words(inside):
    with pytest.raises(DatabaseException) as refusal:
        Interface(Shelf).add(Shelf(name="kitchen"))
    assert plain(refusal.value) == TAKEN and is_conflict(refusal.value)
    assert "kitchen" not in str(plain(refusal.value)) and "INSERT" not in str(plain(refusal.value))


def test_words_for_errors_never_hold_values():
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm.exc import StaleDataError

    foreign = IntegrityError(
        "INSERT INTO t VALUES ('Annette')", ("Annette",), Exception("FOREIGN KEY constraint failed")
    )
    assert (
        plain(foreign) == NEEDED
        and plain(StaleDataError("1 row")) == CHANGED
        and plain(ValueError("Annette")) == FAILED
    )


@pytest.mark.parametrize(
    ("operation", "value", "first", "last"), [("from", "2021-05-20", 140, 150), ("until", "2021-01-03", 1, 3)]
)
def test_from_and_until_include_their_ends(inside, operation, value, first, last):
    for column in ("filled_on", "sealed_at"):
        model = Interface(Jar)
        filters = model.get_filters([column])
        filters.rest_add_filters([{"col": column, "opr": operation, "value": value}])
        found = [row.id for row in model.query(filters)[1]]
        assert found == list(range(first, last + 1))
