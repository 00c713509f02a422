"""Recipients sign in by a code that is mailed to the address on their record; families may share one."""

import re

import pytest
from sqlalchemy import select

from app.rules import mail_codes
from models.base import db
from models.history import History
from models.links import Link
from models.notices import Notice
from models.people import Membership
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests import post_office
from tests.signing_in import marks
from tests.test_door import mailed, post


@pytest.fixture
def family(app):
    """Two people who share an address, and one who does not."""
    with app.app_context():
        keys = [
            make.recipient(first_name=name, last_name="Ruiz", email="ruiz@example.org").id for name in ("Ana", "Leo")
        ]
        keys.append(make.recipient(first_name="Other", last_name="Person", email="other@example.org").id)
        db.session.commit()
    return keys


def ask(client, email):
    return post(client, "/sign-in/code", email=email)


def test_a_recipient_signs_in_by_a_mailed_code_and_a_family_chooses(app, client, family, office):
    assert ask(client, "Ruiz@example.org ").headers["Location"] == "/sign-in/code/type"
    code = mailed(app, office, "code")
    other = app.test_client()
    assert post(other, "/sign-in/code/type", code=code).status_code == 422, "the code held in another browser"
    assert post(client, "/sign-in/code/type", code=f"{code[:4]} {code[4:]}").headers["Location"] == "/sign-in/code/who"
    page = client.get("/sign-in/code/who").get_data(as_text=True)
    assert "Ana" in page and "Leo" in page and "Other" not in page
    assert post(client, "/sign-in/code/who", person=family[2]).status_code == 200  # not of this address
    assert post(client, "/sign-in/code/who", person=family[1]).status_code == 302
    start = client.get("/start/").get_data(as_text=True)
    assert "Leo" in start and "Ana" not in start
    assert post(other, "/sign-in/code/type", code=code).status_code == 422


def test_one_person_is_signed_in_at_once_and_finds_the_same_account_again(app, family, office):
    users = set()
    for _ in range(2):
        client = app.test_client()
        ask(client, "other@example.org")
        assert post(client, "/sign-in/code/type", code=mailed(app, office, "code")).status_code == 302
        assert "Other" in client.get("/start/").get_data(as_text=True)
        with app.app_context(), acting(make.SEED):
            users |= set(db.session.scalars(select(Membership.user_id).where(Membership.recipient_id == family[2])))
    assert len(users) == 1


def test_an_address_that_nobody_has_is_answered_alike_and_gets_no_mail(app, client, family, office):
    pages = []
    for email in ("ruiz@example.org", "nobody@example.org"):
        browser = app.test_client()
        answer = ask(browser, email)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/code/type")
        page = browser.get("/sign-in/code/type").get_data(as_text=True)
        pages.append(re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page))
    assert pages[0] == pages[1]
    post_office.deliver(app)
    assert [str(mail["To"]) for mail in office.taken] == ["ruiz@example.org"]


def test_a_code_is_not_guessed_and_stands_in_no_table(app, client, family):
    ask(client, "other@example.org")
    with app.app_context(), acting(make.SEED):
        link = db.session.scalars(select(Link)).one()
        code = mail_codes.code_of(link)
        kept = repr(db.session.execute(select(*Notice.__table__.columns, Notice.id)).all())
        kept += repr(db.session.execute(select(*Link.__table__.columns, Link.id)).all())
        kept += repr(db.session.scalars(select(History.changed)).all())
    assert code not in kept
    wrong = [str((int(code) + n) % 10**8).zfill(8) for n in range(1, 6)]
    assert [post(client, "/sign-in/code/type", code=one).status_code for one in wrong] == [422] * 5
    assert post(client, "/sign-in/code/type", code=code).status_code == 429


def test_a_mailbox_opens_no_account_that_reaches_more_than_its_own_people(app, family):
    """Staff, and a guardian of a child with another address, are not signed in by whoever reads a shared mailbox."""
    with app.app_context(), acting(make.SEED):
        ana, _leo, other = (db.session.get(Recipient, key) for key in family)
        guardian, staff = make.user("guardian"), make.user("staff")
        for person in (ana, other):
            make.membership("Recipient", guardian, recipient=person)
        make.membership("Recipient", staff, recipient=ana)
        make.membership("Front Desk", staff, location=make.location())
        made = mail_codes.account_of(ana)
        assert made.id not in (guardian.id, staff.id) and made.username.startswith("p-")
        assert mail_codes.account_of(ana).id == made.id


def test_whoever_knows_an_address_keeps_nobody_from_their_code(app, family, office):
    """A stranger asks for codes in somebody's name until none is sent any more, from the owner's own address too."""
    mine = app.test_client()
    ask(mine, "other@example.org")
    assert post(mine, "/sign-in/code/type", code=mailed(app, office, "code")).status_code == 302
    mine.post("/logout/", data=marks(mine))

    def asked(client, address="127.0.0.1"):
        before = len(office.taken)
        form = {**marks(client, "/sign-in/code"), "email": "other@example.org"}
        client.post("/sign-in/code", data=form, environ_base={"REMOTE_ADDR": address})
        post_office.deliver(app)
        return len(office.taken) - before

    strangers = [asked(app.test_client(), address) for address in ("127.0.0.1", "203.0.113.1") for _ in range(5)]
    assert sum(strangers) in (5, 6) and strangers[4] == strangers[9] == 0
    assert asked(app.test_client(), "198.51.100.8") == 1  # a new browser elsewhere
    assert asked(mine) == 1
    assert post(mine, "/sign-in/code/type", code=mailed(app, office, "code")).status_code == 302
