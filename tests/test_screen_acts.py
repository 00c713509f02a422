"""Acts: rules as buttons, by POST, on rows in reach, all or nothing."""

import pytest

from models.acts import Act, Ask, act, act_of
from models.base import RuleBroken
from models.shipments import Shipment
from models.stock import InventoryItem, Lot
from tests.screen_world import open_world


@pytest.fixture(scope="module")
def world():
    with open_world() as world:
        yield world


GOOD = {"_answered": "1", "condition": "good", "temperature": "in_range", "doses_received": "100"}


def good(world, key, **more):
    """What is answered of a shipment that came as announced."""
    return {**GOOD, "lot_number": world.read(Lot, world.read(Shipment, key, "lot_id"), "number"), **more}


@pytest.fixture(scope="module")
def manager(world):
    return world.browser("Healthcare Location Manager")


def status(world, key):
    return world.read(Shipment, key, "status")


def test_an_act_does_what_its_rule_says_and_commits_once(world, manager):
    key = world.make("shipment", world.ids.here, doses=40)
    before = world.count(InventoryItem)
    assert f"/shipment/action/receive/{key}" in manager.get(f"/shipment/show/{key}").text
    answer = manager.send(f"/shipment/action/receive/{key}", good(world, key, doses_received="40"))
    assert answer.status_code == 303 and answer.location == f"/shipment/show/{key}"
    assert status(world, key) == "received" and world.count(InventoryItem) == before + 1


def test_a_refused_act_changes_nothing_and_says_why(world, manager):
    key = world.make("shipment", world.ids.here)
    manager.send(f"/shipment/action/receive/{key}", good(world, key))
    answer = manager.send(f"/shipment/action/receive/{key}", good(world, key))
    assert answer.status_code == 422 and "This shipment was received already." in answer.text


def test_several_rows_are_acted_on_together_or_not_at_all(world, manager):
    one, two = world.make("shipment", world.ids.here), world.make("shipment", world.ids.here)
    done = world.make("shipment", world.ids.here)
    manager.send(f"/shipment/action/receive/{done}", good(world, done))
    manager.send("/shipment/action_post", {"action": "report_lost", "rowid": [one, done, two]})
    assert (status(world, one), status(world, two)) == ("expected", "expected")
    manager.send("/shipment/action_post", {"action": "report_lost", "rowid": [one, two]})
    assert (status(world, one), status(world, two)) == ("lost", "lost")


def test_a_row_out_of_reach_makes_the_whole_act_not_found(world, manager):
    mine, theirs = world.make("shipment", world.ids.here), world.make("shipment", world.ids.there)
    assert manager.send(f"/shipment/action/receive/{theirs}").status_code == 404
    answer = manager.send("/shipment/action_post", {**GOOD, "action": "receive", "rowid": [mine, theirs]})
    assert answer.status_code == 404
    assert (status(world, mine), status(world, theirs)) == ("expected", "expected")


@pytest.mark.parametrize("keys", [["x"], [str(2**63)], ["-1"], ["1", "nonsense"], ["1;DROP TABLE lot"]])
def test_impossible_keys_are_not_found(manager, keys):
    assert manager.send("/shipment/action_post", {"action": "receive", "rowid": keys}).status_code == 404


def test_an_act_is_for_those_the_table_names(world):
    key = world.make("shipment", world.ids.here)
    for profile, code in (("Vaccine Coordinator", 403), ("State Administrator", 403), ("Inventory Manager", 303)):
        browser = world.browser(profile)
        offered = f"/shipment/action/receive/{key}" in browser.get(f"/shipment/show/{key}").text
        assert offered is (code == 303)
        assert browser.send(f"/shipment/action/receive/{key}", good(world, key)).status_code == code


def test_an_act_is_never_done_by_get_and_an_unknown_one_is_not_found(world, manager):
    key = world.make("shipment", world.ids.here)
    assert manager.get(f"/shipment/action/receive/{key}").status_code == 405
    assert manager.send(f"/shipment/action/explode/{key}").status_code == 404
    assert manager.send("/shipment/action_post", {"action": "explode", "rowid": key}).status_code == 404
    assert manager.send("/shipment/action_post", {"rowid": key}).status_code == 404
    assert status(world, key) == "expected"


def test_no_row_chosen_is_said(world, manager):
    answer = manager.send("/shipment/action_post", {"action": "receive"}, follow_redirects=True)
    assert "Please select at least one row first." in answer.text


def recall_because(lot, by, reason, kind, sure):
    if reason == "none":
        raise RuleBroken("That is no reason.", field="reason")
    if reason == "never":
        raise RuleBroken("Not today.")
    lot.status = "recalled"
    lot.number = f"{lot.number}-{kind}-{sure}"
    return lot


ASKS = (
    ("reason", "Reason", "long"),
    ("kind", "Kind", "choice", {"a": "Class A", "b": "Class B"}),
    ("sure", "Sure", "yes_no"),
)


@pytest.fixture(scope="module")
def asking(world):
    """The state's screen of lots with an act that asks, in place of the plain one."""
    screen = next(view for view in world.app.appbuilder.baseviews if type(view).__name__ == "LotScreen")
    screen.rules["recall"] = act("Recall it", confirm="Really?", asks=ASKS)(recall_because)
    return world.browser("State Administrator")


def test_an_act_that_asks_shows_whom_it_concerns_before_it_does_anything(world, asking):
    key = world.make("lot")
    page = asking.send(f"/lot/action/recall/{key}")
    assert page.status_code == 200 and world.read(Lot, key, "number") in page.text
    assert "Reason" in page.text and "Class A" in page.text and "Really?" in page.text
    assert world.read(Lot, key, "status") == "available"


def test_answers_are_checked_kept_and_handed_to_the_rule(world, asking):
    key = world.make("lot")
    number = world.read(Lot, key, "number")
    wrong = asking.send(f"/lot/action/recall/{key}", {"_answered": "1", "reason": "", "kind": "z"})
    assert wrong.status_code == 422 and 'id="reason-error"' in wrong.text and 'id="kind-error"' in wrong.text
    refused = asking.send(f"/lot/action/recall/{key}", {"_answered": "1", "reason": "none", "kind": "b"})
    assert (
        refused.status_code == 422
        and "That is no reason." in refused.text
        and ">none<" in refused.text.replace("\r\n", "")
    )
    above = asking.send(f"/lot/action/recall/{key}", {"_answered": "1", "reason": "never", "kind": "b"})
    assert above.status_code == 422 and "Not today." in above.text
    assert world.read(Lot, key, "status") == "available"
    done = asking.send(f"/lot/action/recall/{key}", {"_answered": "1", "reason": "bad seal", "kind": "b", "sure": "y"})
    assert done.status_code == 303
    assert world.read(Lot, key, "status", "number") == ("recalled", f"{number}-b-True")


def test_the_words_of_a_rule_are_plain_attributes():
    said = act_of(recall_because)
    assert isinstance(said, Act) and said.asks[0] == Ask("reason", "Reason", "long")
    assert act_of(test_an_act_is_for_those_the_table_names).label.startswith("Test an act")
    with pytest.raises(TypeError):
        Ask("x", "X", kind="colour")


def test_an_act_that_makes_no_sense_for_a_row_is_not_offered(world, asking):
    screen = next(view for view in world.app.appbuilder.baseviews if type(view).__name__ == "LotScreen")
    known = act_of(screen.rules["release"])
    screen.rules["release"].act = Act("Release it", may_do=lambda lot: lot.status == "recalled")
    try:
        key = world.make("lot")
        assert "/lot/action/release/" not in asking.get(f"/lot/show/{key}").text
        world.change(Lot, key, status="recalled")
        assert "/lot/action/release/" in asking.get(f"/lot/show/{key}").text
    finally:
        screen.rules["release"].act = known
