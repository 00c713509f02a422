"""What a stranger puts into an address or a body is answered with 4xx, never with 500."""

import pytest

BIG = 2**63


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "", "٣", str(10**30)])
@pytest.mark.parametrize("prefix", ["page_", "psize_"])
def test_a_page_that_is_no_number_is_refused(cook, prefix, value):
    assert cook.get(f"/jarview/list/?{prefix}JarView={value}").status_code == 400


def test_a_page_size_is_capped_at_100(cook):
    page = cook.get("/jarview/list/?psize_JarView=20000").text
    assert page.count('class="action_check"') + page.count("jar 1") > 0
    assert "jar 100" in page and "jar 101" not in page


@pytest.mark.parametrize("column", ["nonsense", "secret", "shelf.name", "shelf", "metadata", "__class__"])
def test_a_list_is_ordered_by_declared_columns_only(cook, column):
    assert cook.get(f"/jarview/list/?_oc_JarView={column}&_od_JarView=asc").status_code == 400


def test_a_declared_column_orders_the_list(cook):
    page = cook.get("/jarview/list/?_oc_JarView=spoons&_od_JarView=desc").text
    assert "jar 150" in page and "jar 001" not in page


@pytest.mark.parametrize("door", ["show", "edit"])
@pytest.mark.parametrize("key", ["abc", str(BIG), "9" * 40, "-1", "1'", "null"])
def test_an_impossible_key_is_not_found(cook, door, key):
    assert cook.get(f"/jarview/{door}/{key}").status_code == 404


def test_an_impossible_key_is_not_found_by_the_api(cook):
    for method in (cook.put, cook.delete):
        assert method(f"/api/v1/jar/{BIG}", json={}).status_code == 404


def test_an_unknown_act_is_not_found(cook):
    assert cook.post("/jarview/action/explode/1").status_code == 404
    assert cook.post("/jarview/action_post", data={"action": "explode", "rowid": "1"}).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/jarview/list/?_flt_0_label=a%00b",
        "/jarview/list/?%00=1",
        "/jarview/list/?_flt_0_label=%ED%A0%80",
        "/jarview/show/1%00",
    ],
)
def test_characters_that_no_database_holds_are_refused_in_addresses(cook, address):
    assert cook.get(address).status_code in (400, 404) or "%ED" in address


@pytest.mark.parametrize("text", ['"a\\u0000b"', '"a\\ud800b"'])
def test_characters_that_no_database_holds_are_refused_in_json(cook, text):
    answer = cook.post("/api/v1/jar/", data=f'{{"label": {text}}}', content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "[[[]]]", "{", "[" * 200 + "]" * 200])
@pytest.mark.parametrize("path", ["/api/v1/jar/", "/api/v1/security/login"])
def test_a_body_that_is_no_object_is_refused(cook, path, body):
    assert cook.post(path, data=body, content_type="application/json").status_code == 400


def test_the_same_holds_for_changes(cook):
    assert cook.put("/api/v1/jar/1", data="[]", content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"username": "cook", "password": "pw"},
        {"username": "cook", "password": "pw", "provider": "carrier pigeon"},
        {"username": ["cook"], "password": "pw", "provider": "db"},
        {"username": "cook", "password": None, "provider": "db"},
    ],
)
def test_a_sign_in_by_token_names_its_provider(toys, body):
    assert toys.test_client().post("/api/v1/security/login", json=body).status_code == 400


def test_a_complete_sign_in_by_token_works(toys):
    body = {"username": "cook", "password": "pw", "provider": "db"}
    assert "access_token" in toys.test_client().post("/api/v1/security/login", json=body).json


@pytest.mark.parametrize(
    "q", ["(", "!", "(page:", "!(", "(a:'", "((((", "(page:1e999)", "'", "(" * 3000, "!(" * 900, "x" * 9000]
)
def test_a_broken_q_is_refused(cook, q):
    assert cook.get("/api/v1/jar/", query_string={"q": q}).status_code == 400


def test_a_sound_q_is_understood(cook):
    answer = cook.get("/api/v1/jar/", query_string={"q": "(page_size:3,order_column:spoons,order_direction:desc)"})
    assert [row["spoons"] for row in answer.json["result"]] == [150, 149, 148]
