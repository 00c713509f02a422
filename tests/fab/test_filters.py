"""Filters: typed, limited in number, by key for relations, and each request's own."""

import threading

import pytest

WRONG = [
    ("spoons", "many"),
    ("spoons", str(2**63)),
    ("filled_on", "yesterday"),
    ("is_sealed", "perhaps"),
    ("shelf", "x"),
    ("shelf", "9" * 30),
    ("label", "x" * 600),
]


def ids(answer):
    return [row["label"] for row in answer.json["result"]]


def q(column, operation, value):
    return {"q": f"(filters:!((col:{column},opr:{operation},value:{value})),page_size:100)"}


@pytest.mark.parametrize(("column", "value"), WRONG)
def test_a_value_of_the_wrong_kind_is_refused_by_the_api(cook, column, value):
    operation = {"label": "ct", "shelf": "rel_o_m"}.get(column, "eq")
    answer = cook.get("/api/v1/jar/", query_string=q(column, operation, f"'{value}'"))
    assert answer.status_code == 400 and answer.json["message"]


@pytest.mark.parametrize(("column", "value"), [pair for pair in WRONG if pair[0] != "shelf"])
def test_a_value_of_the_wrong_kind_is_never_ignored_by_a_list(cook, column, value):
    answer = cook.get(f"/jarview/list/?_flt_0_{column}={value}")
    assert answer.status_code in (302, 400)


def test_an_unknown_filter_is_refused(cook):
    assert cook.get("/jarview/list/?_flt_9_spoons=1").status_code in (302, 400)
    assert cook.get("/api/v1/jar/", query_string=q("label", "gt", "a")).status_code == 400
    assert cook.get("/api/v1/jar/", query_string=q("secret", "sw", "a")).status_code == 400
    assert cook.get("/api/v1/jar/", query_string={"q": "(filters:!((col:label,opr:eq)))"}).status_code == 400


def test_thousands_of_filters_are_refused(cook):
    many = ",".join("(col:label,opr:ct,value:j)" for _ in range(60))
    assert cook.get("/api/v1/jar/", query_string={"q": f"(filters:!({many}))"}).status_code == 400
    values = "&".join("_flt_2_label=j" for _ in range(3000))
    assert cook.get(f"/jarview/list/?{values}").status_code in (302, 400)


def test_a_relation_that_is_not_there_finds_nothing_rather_than_rows_without_one(cook, toys):
    from .conftest import Jar, db

    with toys.app_context():
        db.session.add(Jar(label="on no shelf"))
        db.session.commit()
    try:
        assert ids(cook.get("/api/v1/jar/", query_string=q("shelf", "rel_o_m", "999"))) == []
        assert len(ids(cook.get("/api/v1/jar/", query_string=q("shelf", "rel_o_m", "1")))) == 100
    finally:
        with toys.app_context():
            db.session.query(Jar).filter(Jar.label == "on no shelf").delete()
            db.session.commit()


def test_each_request_has_its_own_filters(toys, cook):
    """Twelve threads search at once; each must get what it asked for."""
    wrong, done = [], []
    api = next(view for view in toys.appbuilder.baseviews if type(view).__name__ == "JarApi")
    barrier = threading.Barrier(12)

    def search(number):
        from flask_appbuilder.models.filters import Filters

        for turn in range(25):
            wanted = f"jar {(number * 12 + turn) % 150 + 1:03}"
            with toys.test_request_context("/"):
                barrier.wait()
                api._filters.clear_filters()
                api._filters.rest_add_filters([{"col": "label", "opr": "eq", "value": wanted}])
                barrier.wait()
                assert isinstance(api._filters, Filters)
                if api._filters.values != [wanted]:
                    wrong.append(wanted)
                done.append(wanted)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 300 and wrong == []
