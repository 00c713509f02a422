"""A link that holds no more offers a new one: sent to the old address where there is still something to open."""

import datetime as dt

import pytest
from sqlalchemy import select

from app.rules import accounts, applications, asking, coordinators, joining, links, new_links, own_passwords, welcomes
from models.applications import Application, Section
from models.base import db, utcnow
from models.links import Link
from models.notices import Notice
from models.people import PortalUser
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser

MAIL = "olga@brand.example"


def invited():
    application = Application(
        organization_name="Brand New Clinic", administrator_first_name="Olga", administrator_last_name="New",
        administrator_email=MAIL, language="en",
    )  # fmt: skip
    return applications.invite(application, make.SEED)


def coordinator():
    application = invited()
    application.status = "draft"
    place = make.location(status="applying")
    section = Section(
        application=application, kind="B", name="Clinic", location=place, coordinator_email=MAIL, remarks={}
    )
    section.content = {}
    db.session.add(section)
    db.session.flush()
    return coordinators.invite_coordinator(section, make.SEED)


def newcomer():
    user = accounts.new("Olga", "New", MAIL)
    membership = make.membership("Front Desk", user, location=make.location())
    accounts.tell(membership, make.SEED)


def forgetful():
    own_passwords.send_link(make.user("olga", email=MAIL))


def patient():
    welcomes.welcome_again(make.recipient(registration="uploaded", email=MAIL), make.SEED)


KINDS = {
    joining.INVITATION_LINK: (invited, "enroll_invited"),
    joining.SECTION_LINK: (coordinator, "section_invited"),
    joining.SELF_LINK: (lambda: joining.ask_to_enroll(MAIL, "en"), "enroll_self"),
    asking.JOIN_LINK: (lambda: asking.send_link(MAIL, "en"), "join_link"),
    own_passwords.FIRST_SIGN_IN: (newcomer, "new_password"),
    own_passwords.FORGOTTEN: (forgetful, "new_password"),
    welcomes.WELCOME: (patient, "welcome"),
}


def inside(app, work):
    with app.app_context(), acting(make.SEED):
        answer = work()
        db.session.commit()
        return answer


def made(app, purpose):
    """The token of the link that somebody got, and is too late with."""

    def expired():
        KINDS[purpose][0]()
        db.session.flush()
        link = db.session.scalars(select(Link).where(Link.purpose == purpose)).one()
        link.expires_at = utcnow() - dt.timedelta(seconds=1)
        link.created_at = utcnow() - dt.timedelta(days=20)
        return links.token(link)

    return inside(app, expired)


def mails(app, kind):
    return inside(app, lambda: len(db.session.scalars(select(Notice.id).where(Notice.kind == kind)).all()))


def ask_again(app, token):
    stranger, path = Browser(app), f"/link/{token}"
    shut = stranger.send(path, path)
    assert shut.code == 410 and "does not hold" in shut.text and MAIL not in shut.html
    return stranger.post(path, {**shut.form(""), "again": "yes"}).text


def test_every_purpose_that_leads_somewhere_offers_a_new_link():
    assert set(KINDS) == set(new_links.AGAIN)


@pytest.mark.parametrize("purpose", KINDS)
def test_whoever_is_too_late_gets_a_new_link_and_nobody_learns_who_that_is(app, purpose):
    token, kind = made(app, purpose), KINDS[purpose][1]
    before = mails(app, kind)
    said = ask_again(app, token)
    assert "If the link was ours" in said and said == ask_again(app, "A" * 54)
    assert mails(app, kind) == before + 1
    addresses = inside(app, lambda: set(db.session.scalars(select(Link.email).where(Link.purpose == purpose))))
    assert addresses == {MAIL}
    for _ in range(new_links.MOST_AN_HOUR + 1):
        ask_again(app, token)
    assert mails(app, kind) <= before + new_links.MOST_AN_HOUR, "a mailbox is flooded"


def settled(purpose):
    """There is nothing to open any more: taken back, taken up, or registered."""
    if purpose == joining.INVITATION_LINK:
        applications.revoke_invitation(db.session.scalars(select(Application)).one(), make.SEED)
    elif purpose == joining.SECTION_LINK:
        section = db.session.scalars(select(Section).where(Section.kind == "B")).one()
        section.coordinator_id = make.user().id
    elif purpose == welcomes.WELCOME:
        db.session.scalars(select(Recipient)).one().registration = "registered"
    else:
        db.session.scalars(select(PortalUser).where(PortalUser.email == MAIL)).one().active = False


@pytest.mark.parametrize("purpose", [one for one in KINDS if one not in (joining.SELF_LINK, asking.JOIN_LINK)])
def test_where_nothing_is_left_to_open_no_mail_goes_out_and_the_words_are_the_same(app, purpose):
    token, kind = made(app, purpose), KINDS[purpose][1]
    inside(app, lambda: settled(purpose))
    before = mails(app, kind)
    assert ask_again(app, token) == ask_again(app, "A" * 54)
    assert mails(app, kind) == before
