"""From where somebody came, and acts that are for one row only."""

from sqlalchemy import select

from app.factory import create_app
from models.base import db
from models.history import History
from models.people import PortalUser
from models.scope import acting
from tests import factories as make
from tests.conftest import settings_for
from tests.signing_in import send, sign_in, someone

FORWARDED = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}


def address_in_history(app, username):
    with app.app_context():
        make.membership("Help Desk", make.user(username))
        db.session.commit()
    client = app.test_client()
    client.environ_base.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in FORWARDED.items()})
    sign_in(client, username)
    with app.app_context(), acting(make.SEED):
        query = select(History.address).where(History.username == username, History.outcome == "signed in")
        return db.session.scalars(query).one()


def test_the_history_has_the_address_before_the_trusted_proxy_and_believes_nobody_else(app, own_database):
    assert address_in_history(app, "direct") == "127.0.0.1"
    behind = create_app({**settings_for(own_database()), "TRUSTED_PROXIES": 1})
    assert address_in_history(behind, "proxied") == "203.0.113.9"
    with behind.app_context():
        db.session.remove()
        db.engine.dispose()


def test_an_act_for_one_row_is_not_done_to_many(app):
    boss = sign_in(app.test_client(), someone(app, "State Administrator"))
    with app.app_context():
        keys = [make.user().id, make.user().id]
        db.session.commit()
    sent = {"action": "set_password", "rowid": keys, "_answered": "1", "password": "one password for many people"}
    assert send(boss, "/portal-user/action_post", **sent).status_code == 400
    with app.app_context(), acting(make.SEED):
        assert {db.session.get(PortalUser, key).session_epoch for key in keys} == {1}
    assert send(boss, "/portal-user/action_post", **{**sent, "rowid": keys[:1]}).status_code == 303
