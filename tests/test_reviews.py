"""The state's review: one reviewer takes it, remarks field by field, and decides; what each decision brings about."""

import copy
import datetime as dt
import threading

from sqlalchemy import select

from app import access
from models.applications import Application, ApplicationEvent, Section
from models.base import db, utcnow
from models.notices import Notice
from models.reviews import ChangeRequest
from models.scope import acting
from tests import applications
from tests import factories as make
from tests.clinic import Browser
from tests.reviewing import case, change, stored, taken
from tests.signing_in import marks, sign_in, someone

__all__ = ["case"]
AT_ONCE = 3


def remark_on(browser, case, do, **remarks):
    page = browser.open(f"/review/{case.id}")
    action = f"/review/{case.id}/remarks"
    return browser.post(action, {**page.form(action), **remarks, "do": do})


def test_two_reviewers_at_once_one_gets_it_and_the_other_is_told_by_whom(app, case):
    clients = {who: sign_in(app.test_client(), who) for who in ("marcus", "nadia")}
    forms = {who: marks(client) for who, client in clients.items()}
    together, answers = threading.Barrier(len(clients)), {}

    def take(who):
        together.wait()
        answers[who] = clients[who].post(f"/review-queue/{case.id}/claim", data=forms[who])

    threads = [threading.Thread(target=take, args=(who,)) for who in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers.values()} == {303}
    with app.app_context(), acting(make.SEED):
        row = db.session.get(Application, case.id)
        winner = row.reviewer.username
        events = db.session.scalars(select(ApplicationEvent).where(ApplicationEvent.kind == "claimed")).all()
        assert (row.status, [one.by.username for one in events]) == ("in_review", [winner])
    (loser,) = set(clients) - {winner}
    assert answers[winner].location == f"/review/{case.id}"
    assert answers[loser].location == "/review-queue/"
    told = clients[loser].get("/review-queue/").text
    assert f"{winner.capitalize()} Tester has taken this already." in told


def test_who_asks_for_the_next_gets_the_oldest_and_no_two_the_same(app, case):
    def more():
        keys = [case.id] + [applications.submitted().id for _ in range(AT_ONCE - 1)]
        for age, key in enumerate(keys):
            row = db.session.get(Application, key)
            # Submitted in the other order: what counts is since when the reviewer may begin.
            row.submitted_at = utcnow() - dt.timedelta(days=10 + age)
            row.ready_at = utcnow() - dt.timedelta(days=AT_ONCE - age)
        for n in range(AT_ONCE):
            make.membership("State Immunization Staff", make.user(f"next{n}"), is_default=True)
        return keys

    keys = change(app, more)
    queue = Browser(app, "marcus").open("/review-queue/")
    rows = [node for node in queue.tree.iter() if str(node.tag).rpartition("}")[2] == "tr"][1:]
    waits = [" ".join(" ".join(row.itertext()).split()) for row in rows]
    assert ["3 days" in waits[0], "2 days" in waits[1], "1 day" in waits[2]] == [True] * 3
    clients = [sign_in(app.test_client(), f"next{n}") for n in range(AT_ONCE)]
    forms = [marks(client) for client in clients]
    together, led = threading.Barrier(AT_ONCE), []

    def take(client, form):
        together.wait()
        led.append(client.post("/review-queue/next", data=form).location)

    threads = [threading.Thread(target=take, args=pair) for pair in zip(clients, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(led) == sorted(f"/review/{key}" for key in keys)
    late = Browser(app, "nadia")
    empty = late.post("/review-queue/next", late.marks())
    assert "Nothing is left to take." in empty.html and "Take the next" not in empty.text


def test_what_is_taken_is_given_back_by_oneself_or_by_whoever_oversees(app, case):
    marcus, nadia, chief = taken(app, case), Browser(app, "nadia"), Browser(app, "chief")
    back, away = f"/review-queue/{case.id}/give_back", f"/review-queue/{case.id}/take_away"
    for other in (nadia, chief):
        assert "Marcus Tester has taken this already." in other.post(back, other.marks()).html
    assert nadia.post(away, nadia.marks()).code == 403
    assert stored(app, case, "status") == ("in_review",)
    assert "Given back" in marcus.post(back, marcus.marks()).html
    assert stored(app, case, "status", "reviewer_id", "claimed_at") == ("submitted", None, None)
    taken(app, case, "nadia")
    assert away in chief.open("/review-queue/").actions()
    assert not {away, back} & set(marcus.open("/review-queue/").actions())
    assert "Given back" in chief.post(away, chief.marks()).html
    assert "Nobody has taken this." in chief.post(away, chief.marks()).html
    assert stored(app, case, "status", "reviewer_id") == ("submitted", None)


def test_only_who_has_taken_a_review_writes_and_decides(app, case):
    marcus, nadia = taken(app, case), Browser(app, "nadia")
    page = nadia.open(f"/review/{case.id}")
    assert page.code == 200 and f"/review/{case.id}/remarks" not in page.actions()
    assert "Marcus Tester" in page.text
    values = {**nadia.marks(), f"remark-{case.b}:location.name": "Mine", "do": "send"}
    assert nadia.post(f"/review/{case.id}/remarks", values).code == 422
    for decision, answers in (("approve", {}), ("reject", {"reason": "No."})):
        refused = nadia.post(f"/review/{case.id}/{decision}", {**nadia.marks(), **answers})
        assert refused.code == 422 and "Marcus Tester has taken this already." in refused.html
    assert stored(app, case, "status") == ("in_review",)
    forged = {f"remark-{case.b}:no.such": "x", f"remark-x:{case.b}": "y"}
    for name, words in forged.items():
        assert marcus.post(f"/review/{case.id}/remarks", {**marcus.marks(), name: words, "do": "save"}).code == 422
    admin, coordinator = Browser(app, case.admin), Browser(app, case.coordinator)
    for outsider in (admin, coordinator):
        assert outsider.post(f"/review/{case.id}/approve", outsider.marks()).code == 403
        assert outsider.post(f"/review-queue/{case.id}/claim", outsider.marks()).code == 403
        assert outsider.open("/review-queue/").code == 403


def test_changes_are_asked_field_by_field_and_seen_beside_what_was_said_before(app, case):
    marcus = taken(app, case)
    nothing = remark_on(marcus, case, "send")
    assert nothing.code == 422 and "at least one field" in nothing.html
    long = remark_on(marcus, case, "save", **{f"remark-{case.b}:location.name": "x" * 1001})
    assert long.code == 422 and "at most 1000 characters" in long.text and "x" * 1001 in long.html
    name, street = f"remark-{case.b}:location.name", f"remark-{case.a}:organization.street"
    kept = remark_on(marcus, case, "save", **{name: "Which of the two?", street: "Not a street."})
    assert "nobody was told yet" in kept.html and "Which of the two?" in kept.html
    hidden = Browser(app, case.admin).open("/change-request/list/")
    assert hidden.code == 200 and "Which of the two?" not in hidden.html  # a draft is nobody's but the reviewer's
    sent = remark_on(marcus, case, "send", **{street: ""})
    assert "The applicant was asked for changes." in sent.html
    with app.app_context(), acting(make.SEED):
        assert db.session.get(Section, case.b).remarks == {"location.name": "Which of the two?"}
        assert db.session.get(Section, case.a).remarks == {}
        (one,) = db.session.scalars(select(ChangeRequest)).all()
        assert one.sent_at is not None and one.by.username == "marcus"
        told = db.session.scalars(select(Notice).where(Notice.kind == "application_status").order_by(Notice.id)).all()
        assert [(one.context["status"], one.user.username) for one in told] == [
            ("in_review", case.admin), ("changes_requested", case.admin), ("changes_requested", case.coordinator),
        ]  # fmt: skip
    assert "Which of the two?" in Browser(app, case.admin).open("/change-request/list/").html

    def again():
        b = db.session.get(Section, case.b)
        content = copy.deepcopy(b.content)
        content["location"]["name"] = "Harbor Clinic East"
        content["storage_units"] = [{**content["storage_units"][0], "key": "u2", "brand": "Accucold"}]
        b.content = content
        applications.send(db.session.get(Application, case.id))

    change(app, again)
    page = taken(app, case).open(f"/review/{case.id}")
    assert "What changed" in page.text and "Harbor Clinic East" in page.text and "Accucold" in page.text
    changed = [node for node in page.tree.iter() if node.get("class") == "c-changed"]
    words = [" ".join(" ".join(node.itertext()).split()) for node in changed]
    assert any("Harbor Clinic Harbor Clinic East" in one for one in words), words
    assert "No longer listed" in page.text and "Nothing changed here since the last time." in page.text
    assert "Which of the two?" in page.text  # in the timeline
    assert 'name="remark-' in page.html and ">Which of the two?</textarea>" not in page.html


def test_each_act_of_a_review_is_for_whom_the_table_names(app, case):
    doors = {
        "give_back": f"/review-queue/{case.id}/give_back", "take_away": f"/review-queue/{case.id}/take_away",
        "ask_changes": f"/review/{case.id}/remarks", "approve": f"/review/{case.id}/approve",
        "reject": f"/review/{case.id}/reject",
    }  # fmt: skip

    for profile in access.profiles():
        if access.reach_of(profile) != "state":
            continue
        client = sign_in(app.test_client(), someone(app, profile))
        form = marks(client)
        for verb, door in doors.items():
            refused = client.post(door, data=form).status_code == 403
            assert refused is not access.may(profile, "Application", verb), (profile, verb)
        assert stored(app, case, "status") == ("submitted",)  # nobody decides what they have not taken
        taken = client.post(f"/review-queue/{case.id}/claim", data=form).status_code != 403
        assert taken is access.may(profile, "Application", "claim"), profile
        if taken:
            client.post(f"/review-queue/{case.id}/give_back", data=form)
