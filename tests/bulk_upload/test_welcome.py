"""The welcome: a link that works once, who registered by it, and the mail sent again."""

import re

from app import letters
from app.rules import links, welcomes
from models.base import db
from models.links import Link
from models.notices import Notice
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import acting
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import ANN, MANAGER, act, count, reviewed, signed_in, stored, words
from tests.signing_in import marks, sign_in
from tests.uploads_kit import PERSON

PASSWORD = "a password of many letters"


def tokens(app, only_good=False):
    with app.app_context(), acting(make.SEED):
        rows = db.session.query(Link).order_by(Link.id).all()
        return [links.token(row) for row in rows if not only_good or row.revoked_at is None and row.used_at is None]


def follow(app, token):
    """A browser that has pressed the button behind the link."""
    browser = app.test_client()
    page = browser.get(f"/link/{token}")
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True)).group(1)
    return browser, browser.post(f"/link/{token}", data={"csrf_token": csrf})


def answer(browser, born, password=PASSWORD):
    page = browser.get("/welcome/").get_data(as_text=True)
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    return browser.post("/welcome/", data={"csrf_token": csrf, "birth_date": born, "password": password})


def test_a_person_registers_by_the_link_once_and_signs_in(app, manager):
    act(manager, reviewed(manager, PERSON, ANN), "enter")
    with app.app_context(), acting(make.SEED):
        notice = db.session.query(Notice).filter_by(to_address="maria@example.com").one()
        link = db.session.get_one(Link, notice.link_id)
        token, text = links.token(link), letters.words("welcome", "es", {"link": "https://x.example/link/t"})[1]
    assert "https://x.example/link/t" in text and "Regístrese" in text
    browser, led = follow(app, token)
    assert led.headers["Location"].endswith("/welcome/")
    wrong = answer(browser, "1984-03-26")
    assert wrong.status_code == 422 and "not the date of birth" in words(wrong)
    assert count(app, Membership) == 1
    short = answer(browser, "1984-03-25", "short")
    assert short.status_code == 422
    done = answer(browser, "1984-03-25")
    assert done.status_code == 303
    people = sorted(stored(app, Recipient.registration, Recipient.last_name))
    assert people == [("registered", "Lopez"), ("uploaded", "Lee")]
    (username,) = [name for (name,) in stored(app, PortalUser.username) if name.startswith("maria")]
    assert follow(app, token)[1].status_code == 410
    person = app.test_client()
    sign_in(person, username, PASSWORD)
    assert "Lopez" in words(person.get("/start/"))
    people = words(manager.get("/recipient/list/"))
    assert "Registered" in people and "Invited, not yet registered" in people


def test_five_wrong_dates_end_the_link(app, manager):
    act(manager, reviewed(manager, PERSON), "enter")
    (token,) = tokens(app)
    browser, _led = follow(app, token)
    codes = [answer(browser, f"1984-03-{day:02d}").status_code for day in range(1, 6)]
    assert codes == [422, 422, 422, 422, 410]
    assert follow(app, token)[1].status_code == 410


def test_the_welcome_goes_again_to_one_or_to_all_who_have_not_registered(app, manager, clinic):
    where = reviewed(manager, PERSON, ANN, {**ANN, "First Name": "Zoe", "Email": "", "External ID": "E-9"})
    act(manager, where, "enter")
    first = tokens(app)
    assert len(first) == 2
    with app.app_context(), acting(make.SEED):
        person = db.session.query(Recipient).filter_by(last_name="Lopez").one()
        key, upload = person.id, db.session.query(Upload).one().id
    manager.post(f"/recipient/action/welcome_again/{key}", data=marks(manager))
    again = tokens(app, only_good=True)
    assert len(again) == 2 and len(set(again) - set(first)) == 1
    with app.app_context(), acting(make.SEED):
        person = db.session.get(Recipient, key)
        person.registration = "registered"
        db.session.commit()
    manager.post(f"/upload/action/welcome_rest/{upload}", data=marks(manager))
    mails = [address for (address,) in stored(app, Notice.to_address)]
    assert sorted(mails) == ["ann@example.com", "ann@example.com", "maria@example.com", "maria@example.com"]
    refused = manager.post(f"/recipient/action/welcome_again/{key}", data=marks(manager), follow_redirects=True)
    assert "registered already" in words(refused)
    with app.app_context():
        other = make.location().id
        db.session.commit()
    stranger = signed_in(app, app.test_client(), MANAGER, location_id=other)
    stranger.post(f"/upload/action/welcome_rest/{upload}", data=marks(stranger))
    assert count(app, Notice) == 4


def test_taking_back_ends_the_links(app, manager):
    where = reviewed(manager, PERSON)
    act(manager, where, "enter")
    (token,) = tokens(app)
    act(manager, where, "undo")
    assert count(app, Recipient) == 0
    assert follow(app, token)[1].status_code == 410
    with app.app_context(), acting(make.SEED):
        assert db.session.query(Link).one().purpose == welcomes.WELCOME
