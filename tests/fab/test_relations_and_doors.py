"""Relations by key only, no generic download, no page history, and forged browser calls refused."""

import pytest

from .conftest import Jar, Shelf, db, make_app


@pytest.mark.parametrize(
    "shelf",
    [
        {"id": 777, "name": "made up"},
        {"name": "made up"},
        {"id": 1, "name": "renamed"},
        777,
        "777",
        "x",
        True,
        [1],
        2**63,
        1.0,
    ],
)
def test_a_relation_is_never_made_or_changed_through_an_api(cook, toys, shelf):
    answer = cook.post("/api/v1/jar/", json={"label": "new", "shelf": shelf})
    assert answer.status_code == 422 and "shelf" in answer.json["message"]
    with toys.app_context():
        assert sorted(name for (name,) in db.session.query(Shelf.name)) == ["cellar", "kitchen"]
        assert db.session.query(Jar).filter_by(label="new").count() == 0


@pytest.mark.parametrize("shelf", [2, "2"])
def test_the_key_of_a_row_there_is_taken(cook, toys, shelf):
    answer = cook.post("/api/v1/jar/", json={"label": "keyed", "shelf": shelf})
    assert answer.status_code == 201, answer.text
    with toys.app_context():
        row = db.session.get(Jar, answer.json["id"])
        assert row.shelf_id == 2
        db.session.delete(row)
        db.session.commit()


def test_no_view_serves_files_by_name(toys, cook):
    assert [rule.rule for rule in toys.url_map.iter_rules() if "download" in rule.rule] == []
    assert cook.get("/jarview/download/config.py").status_code == 404


def test_nothing_of_what_was_looked_at_stays_in_the_session(cook):
    cook.get("/jarview/list/?_flt_0_label=Annette")
    cook.get("/jarview/show/1?x=Annette")
    with cook.session_transaction() as session:
        assert "page_history" not in session and "Annette" not in str(dict(session))


@pytest.mark.parametrize(
    ("seen", "leads_to"),
    [
        ("http://localhost/jarview/show/1", "/jarview/list/"),
        ("http://localhost/jarview/list/", "/"),
        ("http://evil.example/jarview/show/1", "/"),
        ("", "/"),
    ],
)
def test_back_goes_up_one_step(cook, seen, leads_to):
    assert cook.get("/back", headers={"Referer": seen}).location == leads_to


@pytest.mark.parametrize(
    "wish", ["//evil.example", "http://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"]
)
def test_back_never_leaves_the_site(cook, wish):
    assert cook.get("/back", query_string={"next": wish}).location == "/"


def test_a_wish_on_this_site_is_followed(cook):
    assert cook.get("/back?next=/jarview/list/").location == "/jarview/list/"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    app = make_app(f"sqlite:///{tmp_path_factory.mktemp('guarded') / 'toys.db'}")
    app.config["WTF_CSRF_ENABLED"] = True
    return app


def test_a_token_needs_no_second_proof_but_a_cookie_does(guarded):
    guarded.config["WTF_CSRF_ENABLED"] = False
    body = {"username": "cook", "password": "pw", "provider": "db"}
    token = guarded.test_client().post("/api/v1/security/login", json=body).json["access_token"]
    browser = guarded.test_client()
    browser.post("/login/", data={"username": "cook", "password": "pw"})
    guarded.config["WTF_CSRF_ENABLED"] = True
    assert browser.post("/api/v1/jar/", json={"label": "forged"}).status_code == 400
    headers = {"Authorization": f"Bearer {token}"}
    assert guarded.test_client().post("/api/v1/jar/", json={"label": "mine"}, headers=headers).status_code == 201
