"""Links in mails: opened by a button, used once, and never told apart when they do not hold."""

import datetime as dt
import logging
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import String, cast, select

from app import quiet_logs
from app.rules import links, notices
from app.rules.links import LinkGone
from models.base import db, utcnow
from models.history import History
from models.links import Link
from models.notices import Notice
from models.scope import Reach, acting
from tests import factories as make
from tests import post_office
from tests.signing_in import marks
from views.links import LEADS

BY = Reach.system("test")


def sent(app, **more):
    """(token, key) of a link that was made."""
    with app.app_context():
        link = make.link(**more)
        found = links.token(link), link.id
        db.session.commit()
    return found


def inside(app, work):
    """What `work` answers, in a transaction of its own."""
    with app.app_context(), acting(None):
        try:
            answer = work()
            db.session.commit()
            return answer
        finally:
            db.session.rollback()


def in_the_past(app, key, **moments):
    with app.app_context(), acting(make.SEED):
        link = db.session.get_one(Link, key)
        for name, value in moments.items():
            setattr(link, name, value)
        db.session.commit()


def test_a_link_is_opened_by_its_token_and_used_once(app):
    token, key = sent(app)
    assert inside(app, lambda: links.open(token, "test").id) == key
    inside(app, lambda: links.use(links.open(token, "test")))
    with pytest.raises(LinkGone):
        inside(app, lambda: links.open(token, "test"))
    with pytest.raises(LinkGone):
        inside(app, lambda: links.held(key, "test"))


def test_of_many_who_use_a_link_at_once_one_succeeds(app):
    token, key = sent(app)
    with app.app_context():
        db.session.rollback()

    def attempt(_n):
        try:
            inside(app, lambda: links.use(links.open(token, "test")))
        except LinkGone:
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def same_for_all(answer):
    """A page without what is random in each: the marks of its forms and the nonce of its scripts."""
    return re.sub(r'(value|nonce)="[^"]+"', "", answer.get_data(as_text=True))


def test_every_link_that_does_not_hold_is_refused_in_the_same_words(app, client):
    token, key = sent(app)
    ended = {"used_at": utcnow(), "revoked_at": utcnow(), "expires_at": utcnow() - dt.timedelta(seconds=1)}
    tokens = []
    for name, moment in ended.items():
        tokens.append(sent(app)[0])
        in_the_past(app, key + len(tokens), **{name: moment})
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    tokens += [swapped, token[22:] + token[:22], token.swapcase(), "x", "x" * 5000, "ñ" * 54]
    answers = set()
    mine = marks(client, "/link/x")
    for wrong in tokens:
        answer = client.post(f"/link/{wrong}", data=mine)
        assert answer.status_code == 410, wrong
        answers.add(same_for_all(answer))
    assert len(answers) == 1 and "Please ask for a new one" in answers.pop()
    with pytest.raises(LinkGone):
        inside(app, lambda: links.open(token, "another purpose"))


def test_looking_at_a_link_opens_nothing_and_the_button_leads_to_a_clean_address(app, client, monkeypatch):
    monkeypatch.setitem(LEADS, "test", lambda link: f"/provider?for={link.subject.split(':')[0]}")
    token, key = sent(app)
    for _ in range(2):  # a mail program looks first
        page = client.get(f"/link/{token}")
        assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert same_for_all(client.get(f"/link/{token}")) == same_for_all(client.get(f"/link/{token}"))
    before = client.get_cookie("console").value
    answer = client.post(f"/link/{token}", data=marks(client, f"/link/{token}"))
    assert answer.status_code == 302 and answer.headers["Location"] == "/provider?for=test"
    assert client.get_cookie("console").value != before
    with client.session_transaction() as kept:
        assert kept["link"] == {"purpose": "test", "id": key}
    assert client.post(f"/link/{token}", data={}).status_code == 400  # no button of ours was pressed


def test_a_new_link_takes_the_place_of_the_old_one(app):
    token, key = sent(app, subject="section:7")
    with app.app_context():
        with acting(BY):
            again = links.again(db.session.get_one(Link, key), BY)
            fresh = links.token(again)
        db.session.commit()
    assert inside(app, lambda: links.open(fresh).subject) == "section:7"
    with pytest.raises(LinkGone):
        inside(app, lambda: links.open(token))
    with app.app_context():
        links.revoke_all("test", "section:7")
        db.session.commit()
    with pytest.raises(LinkGone):
        inside(app, lambda: links.open(fresh))


def test_someone_at_a_place_makes_a_link_and_its_mail_and_reads_no_links(app):
    with app.app_context():
        place = make.location()
        reach = Reach("location", user_id=make.user().id, profile="Healthcare Location Manager", location_id=place.id)
        db.session.commit()
        with acting(reach):
            link = links.make("test", " New@Example.org ", "test:2", reach)
            notice = notices.queue_to("welcome", link.email, "es", "test-2", reach, link=link, place="Somewhere")
            same = notices.queue_to("welcome", link.email, "es", "test-2", reach, link=link)
            db.session.commit()
            assert (notice.id, notice.language, notice.location_id) == (same.id, "es", place.id)
            assert link.email == "new@example.org"
            assert db.session.scalars(select(Link.id)).all() == []


def test_the_mail_has_the_link_and_no_table_and_no_history_has_the_token(app, office, monkeypatch):
    monkeypatch.setattr("app.letters.words", lambda kind, language, said, **_: ("Subject", f"go to {said['link']}"))
    token, key = sent(app)
    with app.app_context(), acting(BY):
        notices.queue_to("welcome", "ana@example.org", "en", "test-3", BY, link=db.session.get_one(Link, key))
        db.session.commit()
    assert post_office.deliver(app)["sent"] == 1
    assert f"{app.config['PUBLIC_URL']}/link/{token}" in office.taken[0].get_content()
    with app.app_context(), acting(BY):
        kept = [repr(row) for row in db.session.execute(select(*Notice.__table__.columns, Notice.id))]
        kept += [repr(row) for row in db.session.execute(select(*Link.__table__.columns, Link.id))]
        kept += db.session.scalars(select(cast(History.changed, String))).all()
    assert len(kept) > 3 and token[22:] not in "".join(kept)


def test_the_history_and_the_access_log_leave_the_token_out(app, client, caplog):
    token, _key = sent(app)
    client.post(f"/link/{token}", data=marks(client, f"/link/{token}"))
    with app.app_context(), acting(BY):
        paths = db.session.scalars(select(History.path)).all()
    assert token not in "".join(paths)
    for name in quiet_logs.LOGGERS:
        with caplog.at_level(logging.INFO, logger=name):
            said = {"r": f"GET /link/{token} HTTP/1.1", "f": f"https://console.example/link/{token}"}
            logging.getLogger(name).info('"%(r)s" 200 "%(f)s"', said)
            logging.getLogger(name).info("GET %s", "/proof/6f1c2c1e-3a54-4d6a-9a0e-0f6e6c6f9f5b")
    assert token not in caplog.text and "6f1c2c1e" not in caplog.text
    assert caplog.text.count("/link/... ") == 2
