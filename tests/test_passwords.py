"""Which passwords are taken, and changing one's own."""

import re

import pytest

from app.rules import passwords
from models.base import RuleBroken, db
from models.people import PortalUser
from models.scope import acting
from tests import factories as make
from tests.signing_in import marks, sign_in

GOOD = "violet kayak under seven bridges"
SOMEBODY = PortalUser(first_name="Renée", last_name="Alston", username="r.alston", email="renee.alston@clinic.example")


@pytest.mark.parametrize(
    "password", [GOOD, "correct horse battery staple", "señal-otoño-qwrtz-ñandú", "x7#kPw!q9Lm2$vRt"]
)
def test_a_long_password_of_ones_own_is_taken_whatever_letters_it_has(app, password):
    with app.app_context():
        assert passwords.check(password, SOMEBODY) == password


GUESSED = [
    "vaccine-vaccine-2021", "NorthCarolina2021!!", "Tar Heel Tar Heel 1", "C0vidV4ccine!!2022", "AlstonRenee-2021",
    "renee.alston.renee", "aaaaaaaaaaaaaaaaaa", "abababababababab", "123456789012345678", "abcdefghijklmnopqrst",
    "Wake Durham Orange 1", "password password", "demo-tar-heel-2021",
]  # fmt: skip


@pytest.mark.parametrize("password", GUESSED)
def test_what_is_guessed_first_is_refused_at_its_field(app, password):
    with app.app_context(), pytest.raises(RuleBroken, match="first that are tried") as refusal:
        passwords.check(password, SOMEBODY)
    assert refusal.value.field == "password"


def test_eight_characters_are_enough_beside_a_second_factor_and_common_words_are_not(app):
    with app.app_context():
        assert passwords.check("kelp#vow", None, has_second=True)
        for short, second in (("kelp#vo", True), ("x" * 7 + "kelp#vo", False)):
            with pytest.raises(RuleBroken, match="characters or more"):
                passwords.check(short, None, has_second=second)
        for common in ("password", "sunshine1!", "Iloveyou", "baseball99", "qwertyuiop"):
            with pytest.raises(RuleBroken, match="first that are tried"):
                passwords.check(common, None, has_second=True)
        with pytest.raises(RuleBroken, match="or fewer"):
            passwords.check(GOOD * 100)


def test_the_lists_are_there(app):
    with app.app_context():
        assert len(passwords.common()) > 3_000 and {"wake", "tarheel"} <= passwords.local()


@pytest.fixture
def nurse(app):
    with app.app_context():
        make.membership("Front Desk", make.user("nurse"), location=make.location())
        db.session.commit()


def change(client, **form):
    return client.post("/account/password", data={**marks(client, "/account/password"), **form})


def test_a_change_of_ones_password_ends_every_other_session_and_token(app, client, nurse):
    other = sign_in(app.test_client(), "nurse")
    asked = {"username": "nurse", "password": make.PASSWORD, "provider": "db"}
    token = client.post("/api/v1/security/login", json=asked).json["access_token"]
    sign_in(client, "nurse")
    before = client.get_cookie("console").value
    answer = change(client, current=make.PASSWORD, password=GOOD, again=GOOD)
    assert answer.status_code == 302
    assert client.get("/start/").status_code == 200 and client.get_cookie("console").value != before
    assert other.get("/start/").status_code == 302
    called = app.test_client().get("/api/v1/visit/", headers={"Authorization": f"Bearer {token}"})
    assert called.status_code == 401
    sign_in(app.test_client(), "nurse", GOOD)


def test_a_wrong_change_says_why_and_changes_nothing(app, client, nurse):
    sign_in(client, "nurse")
    for form, words in (
        ({"current": "wrong", "password": GOOD, "again": GOOD}, "not your current password"),
        ({"current": make.PASSWORD, "password": "short", "again": "short"}, "15 characters or more"),
        ({"current": make.PASSWORD, "password": GOOD, "again": GOOD + "x"}, "not the same"),
        ({"current": make.PASSWORD, "password": make.PASSWORD, "again": make.PASSWORD}, "have already"),
    ):
        answer = change(client, **form)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422 and words in page, words
        assert GOOD not in page and make.PASSWORD not in page
    assert client.get("/start/").status_code == 200
    sign_in(app.test_client(), "nurse")


def test_a_stolen_session_cannot_try_passwords_without_end(app, client, nurse):
    sign_in(client, "nurse")
    codes = [change(client, current="wrong", password=GOOD, again=GOOD).status_code for _ in range(7)]
    assert codes[0] == 422 and codes[-1] == 429
    assert change(client, current=make.PASSWORD, password=GOOD, again=GOOD).status_code == 429


def test_a_stranger_is_led_to_sign_in(client):
    for path in ("/account/", "/account/password", "/account/second-factor", "/account/second-factor/off"):
        assert client.get(path).status_code == 302, path
        page = client.get("/login/").get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        assert client.post(path, data={"csrf_token": token}).status_code in (403, 405), path


def test_the_administrator_sets_no_password_that_is_guessed_first(app):
    from app.rules import people

    with app.app_context(), acting(make.SEED):
        user = make.user("new.nurse")
        with pytest.raises(RuleBroken, match="first that are tried"):
            people.set_password(user, make.SEED, "covid-vaccine-2021")
        db.session.rollback()
