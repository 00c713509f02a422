"""Sign-in through an outside identity provider, against a real one on loopback, and against one that lies."""

from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from app.rules import identities
from models.base import RuleBroken, db
from models.history import History
from models.identities import OutsideIdentity
from models.people import PortalUser
from models.scope import Reach, acting
from tests import factories as make
from tests import identity_provider
from tests.signing_in import marks, sign_in


@pytest.fixture
def provider(app, monkeypatch):
    with identity_provider.opened() as opened:
        settings = {"OIDC_ISSUER": opened.address, "OIDC_CLIENT_ID": identity_provider.CLIENT,
                    "OIDC_CLIENT_SECRET": identity_provider.SECRET}  # fmt: skip
        for name, value in settings.items():
            monkeypatch.setitem(app.config, name, value)
        yield opened


@pytest.fixture
def nurse(app):
    """Somebody with two NCIDs: one on the account, one beside it."""
    with app.app_context():
        user = make.user("nurse", ncid="R.Nurse01")
        make.membership("Front Desk", user, location=make.location(name="First clinic"))
        make.outside_identity(user, username="r.nurse02")
        key = user.id
        db.session.commit()
    return key


def to_ncid(client, following="/login/"):
    assert "/sign-in/ncid" in client.get(following).get_data(as_text=True)
    answer = client.get("/sign-in/ncid/?next=/start/")
    assert answer.status_code == 302
    return answer.headers["Location"]


def come_back(client, url):
    back = urlsplit(url)
    assert back.path == "/sign-in/ncid/back"
    return client.get(f"{back.path}?{back.query}")


def through(client, provider, username, subject=""):
    return come_back(client, provider.sign_in(to_ncid(client), username, subject))


def test_each_ncid_of_a_person_opens_the_one_account(app, nurse, provider):
    for username in ("r.nurse01", "R.NURSE02"):
        client = app.test_client()
        before = client.get("/login/") and client.get_cookie("console").value
        answer = through(client, provider, username)
        assert answer.headers["Location"] == "/start/"
        assert client.get_cookie("console").value != before
        assert "First clinic" in client.get("/start/").get_data(as_text=True)
    with app.app_context(), acting(make.SEED):
        held = db.session.scalars(select(OutsideIdentity).where(OutsideIdentity.user_id == nurse)).all()
        assert {(one.username, one.subject) for one in held} == {
            ("r.nurse01", "sub-r.nurse01"), ("r.nurse02", "sub-R.NURSE02"),
        }  # fmt: skip
        assert "signed in" in db.session.scalars(select(History.outcome)).all()
    sign_in(app.test_client(), "nurse")  # the built-in sign-in works beside it


def test_an_ncid_that_nobody_has_opens_nothing_and_says_whom_to_ask(app, client, nurse, provider):
    answer = through(client, provider, "stranger")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403 and "stranger" in page and app.config["HELP_DESK_EMAIL"] in page
    assert client.get("/start/").status_code == 302


def test_a_username_that_ncid_gave_to_somebody_else_opens_nothing(app, client, nurse, provider):
    through(client, provider, "r.nurse01", "the-first-key")
    other = app.test_client()
    assert through(other, provider, "r.nurse01", "another-key").status_code == 403
    assert other.get("/start/").status_code == 302
    assert through(app.test_client(), provider, "r.nurse01", "the-first-key").status_code == 302


def test_state_nonce_and_verifier_are_new_each_time_and_bound_to_the_browser(app, client, nurse, provider):
    first, second = to_ncid(client), to_ncid(client)
    asked = [parse_qs(urlsplit(url).query) for url in (first, second)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name] and len(asked[0][name][0]) >= 20
    back = provider.sign_in(second, "r.nurse01")
    assert come_back(app.test_client(), back).status_code == 400, "the code held in another browser"
    fresh = provider.sign_in(to_ncid(client), "r.nurse01")
    assert come_back(client, fresh.replace("state=", "state=x")).status_code == 400
    assert client.get("/start/").status_code == 302


def test_an_answer_is_good_once(app, client, nurse, provider):
    back = provider.sign_in(to_ncid(client), "r.nurse01")
    assert come_back(client, back).status_code == 302
    client.post("/logout/", data=marks(client))
    assert come_back(client, back).status_code == 400
    assert client.get("/start/").status_code == 302


LIES = {
    "another issuer": {"iss": "http://127.0.0.1:1"}, "for another client": {"aud": "another-client"},
    "expired": {"exp": 1_600_000_000}, "another nonce": {"nonce": "replayed"}, "no nonce": {"nonce": None},
    "no issuer": {"iss": None}, "no audience": {"aud": None}, "no expiry": {"exp": None},
    "no username": {"preferred_username": None}, "a username that is none": {"preferred_username": ["r.nurse01"]},
    "no key of the person": {"sub": None}, "an endless username": {"preferred_username": "x" * 1000},
}  # fmt: skip


def test_a_token_that_lies_opens_nothing(app, nurse, provider):
    for what, lie in LIES.items():
        provider.lies = lie
        client = app.test_client()
        assert through(client, provider, "r.nurse01").status_code == 400, what
        assert client.get("/start/").status_code == 302, what


def test_a_token_that_another_signed_opens_nothing(app, nurse, provider):
    shared = OctKey.import_key(identity_provider.SECRET)  # what the client knows too proves nothing
    for forged in ("none", RSAKey.generate_key(2048), shared):
        provider.signs_with = forged
        client = app.test_client()
        assert through(client, provider, "r.nurse01").status_code == 400, forged
        assert client.get("/start/").status_code == 302


def test_a_provider_that_is_another_or_away_is_said_plainly(app, client, nurse, provider, monkeypatch):
    provider.says_issuer = "http://127.0.0.1:1"
    assert client.get("/sign-in/ncid/").status_code == 400
    provider.says_issuer = None
    assert client.get("/sign-in/ncid/back?error=access_denied&error_description=<b>").status_code == 400
    for odd in ("", "?code=x", "?state=x", "?code=%00&state=%00", "?code=" + "x" * 3000 + "&state=y"):
        answer = client.get(f"/sign-in/ncid/back{odd}")
        assert answer.status_code == 400 and "Traceback" not in answer.get_data(as_text=True), odd
    monkeypatch.setitem(app.config, "OIDC_ISSUER", "http://127.0.0.1:9")
    page = client.get("/sign-in/ncid/")
    assert page.status_code == 400 and "try again" in page.get_data(as_text=True)


def test_without_a_provider_there_is_no_such_door_and_the_page_leads_to_ncid_and_help(app, client):
    page = client.get("/login/").get_data(as_text=True)
    assert "/sign-in/ncid" not in page and client.get("/sign-in/ncid/").status_code == 404
    assert app.config["NCID_SITE"] in page and app.config["HELP_DESK_EMAIL"] in page


def test_nobody_leaves_for_another_site_after_ncid(client, nurse, provider):
    answer = client.get("/sign-in/ncid/?next=https://evil.example/")
    back = come_back(client, provider.sign_in(answer.headers["Location"], "r.nurse01"))
    assert "evil" not in back.headers["Location"]


def test_taking_an_ncid_off_ends_the_sessions_of_the_account_and_frees_the_name(app, client, nurse, provider):
    through(client, provider, "r.nurse01")
    with app.app_context(), acting(make.SEED):
        for one in db.session.scalars(select(OutsideIdentity).where(OutsideIdentity.user_id == nurse)).all():
            identities.detach(one, make.SEED)
        other = make.user("other")
        identities.attach(OutsideIdentity(user=other, username=" R.Nurse01 "), make.SEED)
        key = other.id
        db.session.commit()
    assert client.get("/start/").status_code == 302
    with app.app_context():
        assert identities.opened_by("r.nurse01", "new").id == key
        assert identities.opened_by("r.nurse02", "sub-R.NURSE02") is None


def test_an_ncid_is_added_within_authority_and_once(app, nurse):
    with app.app_context(), acting(make.SEED):
        boss, manager = make.user("boss"), make.user("manager")
        make.membership("State Administrator", boss)
        by = Reach("state", user_id=manager.id, profile="Healthcare Location Manager")
        with pytest.raises(RuleBroken, match="yours may not change"):
            identities.attach(OutsideIdentity(user=boss, username="mine"), by)
        for taken in ("r.nurse02", "R.NURSE01"):
            with pytest.raises(RuleBroken, match="already"):
                identities.attach(OutsideIdentity(user=db.session.get(PortalUser, boss.id), username=taken), make.SEED)
        db.session.rollback()
