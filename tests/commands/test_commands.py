"""The commands: what they answer, how they end, and that they never end in a stack trace."""

import json

import pytest
from sqlalchemy import select

from app.rules import ledger_check as ledger
from models.base import db
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import acting
from tests import factories
from tests.commands.kit import PIN, count, flask


def test_init_prepares_an_empty_database_and_may_be_run_again(own_database):
    url = own_database(None)
    first = flask(url, "init", "--json")
    assert (first.returncode, first.stderr) == (0, "")
    told = json.loads(first.stdout)
    assert told["system_account"] == "made"
    assert told["permissions"] > 50
    again = flask(url, "init", "--json")
    assert (again.returncode, again.stderr) == (0, "")
    assert json.loads(again.stdout) == {"system_account": "kept", "permissions": told["permissions"]}


def test_nobody_can_sign_in_as_the_system_account(app, client):
    with app.app_context(), acting(factories.SEED):
        account = db.session.scalars(select(PortalUser).where(PortalUser.username == "system")).one()
        assert account.is_system
        assert not account.password
        assert db.session.scalars(select(Membership).where(Membership.user_id == account.id)).all() == []


def test_a_database_that_is_not_prepared_is_said_plainly(own_database):
    done = flask(own_database(None), "check-ledger")
    assert done.returncode == 2
    assert "flask init" in done.stderr
    assert "Traceback" not in done.stderr
    assert "SELECT" not in done.stderr


PRODUCTION = {"PRODUCTION": "1", "SECRET_KEY": "a-random-key-of-more-than-thirty-two-characters"}


def test_production_refuses_a_development_key_and_a_short_one():
    from app.factory import UnsafeStart, create_app
    from config import DEVELOPMENT_KEY

    for key in (DEVELOPMENT_KEY, "short", "", None):
        with pytest.raises(UnsafeStart, match="SECRET_KEY"):
            create_app({"PRODUCTION": True, "SECRET_KEY": key})


def test_a_production_command_on_a_trial_key_ends_with_2_and_no_trace(own_database):
    done = flask(own_database(), "init", **PRODUCTION | {"SECRET_KEY": "short"})
    assert done.returncode == 2
    assert "SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_refuses_demo_accounts(own_database):
    done = flask(own_database("demo"), "work", **PRODUCTION)
    assert done.returncode == 2
    assert "demo accounts" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_starts_on_a_database_without_demo_accounts_and_takes_no_demo_data(own_database):
    from app.factory import create_app
    from tests.conftest import settings_for

    app = create_app(settings_for(own_database()) | {"PRODUCTION": True})
    for command in (["demo"], ["people", "3"]):
        refused = app.test_cli_runner().invoke(args=command)
        assert refused.exit_code == 2
        assert "production" in refused.stderr
    with app.app_context():
        db.engine.dispose()


def test_production_does_not_start_where_the_database_cannot_be_asked():
    from app.factory import UnsafeStart, create_app

    nowhere = {"SQLALCHEMY_DATABASE_URI": "sqlite:////nowhere/at/all.db", "SECRET_KEY": PRODUCTION["SECRET_KEY"]}
    with pytest.raises(UnsafeStart, match="does not answer"):
        create_app(nowhere | {"PRODUCTION": True})


def test_demo_says_who_can_sign_in_and_keeps_what_is_there(own_database):
    url = own_database("demo")
    done = flask(url, "demo", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["loaded"] is False
    names = {one["username"] for one in told["sign_ins"]}
    assert names == {
        "state.demo", "immunization.demo", "orgadmin.demo", "coordinator.demo", "manager.demo", "vaccinator.demo",
        "frontdesk.demo", "inventory.demo", "employer.demo", "recipient.demo", "helpdesk.demo", "auditor.demo",
        "applicant.demo",
    }  # fmt: skip
    lines = flask(url, "demo").stdout.splitlines()
    for one in told["sign_ins"]:
        assert any(one["profile"] in line and one["username"] in line and one["password"] in line for line in lines)


def test_the_first_administrator_can_sign_in(app, run, client):
    given = ["--username", "Boss", "--email", "boss@example.org", "--first-name", "Bo", "--last-name", "Ss"]
    done = run("add-administrator", *given, "--json", "--password", "a-long-enough-one")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"username": "boss", "profile": "State Administrator"}
    from tests.signing_in import sign_in

    assert sign_in(client, "boss", "a-long-enough-one").get("/").status_code == 302
    for more in (["--password", "short"], ["--password", "a-long-enough-one"]):
        assert run("add-administrator", *given, *more).exit_code == 2
    assert count(app, Membership, Membership.profile == "State Administrator") == 1


def test_check_ledger_finds_nothing_in_a_ledger_that_holds(app, run):
    with app.app_context():
        factories.dose()
        db.session.commit()
    done = run("check-ledger", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"items": 1, "movements": 2, "broken": []}
    assert "agree" in run("check-ledger").stdout


def test_check_ledger_names_what_does_not_agree_and_ends_with_1(app, run):
    with app.app_context():
        item = factories.stock(doses=10)
        with acting(factories.SEED):
            item.doses = 7
            db.session.commit()
            facts = {"inventory_item": item.id, "location": item.location_id, "lot": item.lot_id}
            assert ledger.check_ledger()["broken"]
    done = run("check-ledger", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["broken"] == [{**facts, "balance": 7, "movements": 10}]
    words = run("check-ledger")
    assert words.exit_code == 1
    assert "balance 7, movements 10" in words.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["upload-recipients"],
        ["upload-recipients", "/nowhere/people.csv", "--location", PIN, "--by", "manager"],
        ["upload-recipients", "/", "--location", PIN, "--by", "manager"],
        ["check-ledger", "--fast"],
        ["people"],
        ["people", "many"],
        ["people", "0"],
        ["people", "10", "--seed", "x"],
        ["deliver", "now"],
        ["init", "twice"],
        ["add-administrator", "--username", "x"],
        ["no-such-command"],
    ],
)
def test_a_command_given_wrongly_ends_with_2_and_says_how(run, command):
    done = run(*command)
    assert done.exit_code in (1, 2) if command[0] == "add-administrator" else done.exit_code == 2
    assert "Traceback" not in done.output
    assert done.stderr.strip()


def test_people_makes_people_whose_ledger_holds(app, run):
    done = run("people", "30", "--seed", "7", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"people": 30, "seed": 7}
    assert count(app, Recipient) == 30
    assert run("check-ledger").exit_code == 0


def test_deliver_without_a_mail_server_says_what_waits(app, run):
    with app.app_context():
        factories.notice()
        db.session.commit()
    done = run("deliver", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"sent": 0, "later": 0, "failed": 0, "waiting": 1}
    assert "1 mails wait" in run("deliver").stdout


def test_every_command_of_ours_answers_in_json(app):
    ours = {"init", "demo", "work", "deliver", "check-ledger", "upload-recipients", "people", "add-administrator"}
    ours |= {"verify-history", "backup", "restore"}
    assert ours <= set(app.cli.commands)
    for name in ours:
        options = {word for parameter in app.cli.commands[name].params for word in parameter.opts}
        assert "--json" in options, name
        assert app.cli.commands[name].help, name
