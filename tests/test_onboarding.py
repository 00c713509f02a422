"""Users of a location brought in, changed and taken out by a file: reviewed, entered, mended and sent again."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.rules import clock
from app.uploads.onboarding import ONBOARDING
from models.access_requests import AccessRequest
from models.base import db
from models.history import History
from models.notices import Notice
from models.people import Membership, PortalUser
from models.scope import acting
from models.uploads import Upload
from tests import factories as make
from tests.bulk_upload.sending import act, stored, words
from tests.signing_in import marks, sign_in
from tests.uploads_kit import csv_of, xlsx_of

HEADINGS = [column.header for column in ONBOARDING.columns]
COORDINATOR = "Vaccine Coordinator"


def row(name, profile="Healthcare Provider", action="", **more):
    first, last = name.split()
    line = {
        "Location PIN or Name": "NCA650123", "First Name": first, "Last Name": last, "Profile": profile,
        "Email": f"{first.lower()}@clinic.example", "NCID Username": first.lower(), "Action": action,
    }  # fmt: skip
    return line | {heading.replace("_", " "): value for heading, value in more.items()}


def send_file(browser, *rows, name="team.csv"):
    data = csv_of(*rows, headings=HEADINGS)
    answer = browser.post("/upload-onboarding/", data={**marks(browser), "file": (io.BytesIO(data), name)})
    return answer, answer.headers.get("Location", "")


def reviewed(browser, *rows):
    answer, where = send_file(browser, *rows)
    assert answer.status_code == 303, words(answer)
    return where, words(browser.get(where))


@pytest.fixture
def clinic(app):
    """A location with a coordinator, a manager and a nurse; answers their keys and usernames."""
    with app.app_context():
        place = make.location(name="Harbor Clinic", provider_pin="NCA650123")
        staff = {
            "coordinator": make.membership(COORDINATOR, location=place),
            "manager": make.membership("Healthcare Location Manager", location=place),
        }
        nurse = make.user("nina", email="nina@clinic.example", first_name="Nina", last_name="Nurse")
        staff["nurse"] = make.membership("Healthcare Provider", nurse, location=place)
        found = {name: (one.id, one.user.username) for name, one in staff.items()}
        db.session.commit()
        return {"place": place.id, **found}


def here(app, clinic):
    """Who works at the clinic now: username -> profile."""
    with app.app_context(), acting(make.SEED):
        rows = db.session.scalars(select(Membership).where(Membership.location_id == clinic["place"])).all()
        return {one.user.username: one.profile for one in rows if one.holds_on(clock.today())}


def test_a_coordinator_brings_in_the_team_mends_what_was_wrong_and_somebody_signs_in(app, client, clinic):
    browser = sign_in(client, clinic["coordinator"][1])
    with app.app_context():
        elsewhere = make.user("known", email="known@there.example", first_name="Kim", last_name="Known")
        make.membership("Front Desk", elsewhere, location=make.location())
        make.user("secret", email="other@there.example", first_name="Olga", last_name="Hidden")
        db.session.commit()
    page = words(browser.get("/upload-onboarding/"))
    assert "Up to 500 rows" in page or "rows at a time" in page
    where, review = reviewed(
        browser,
        row("Ada First"), row("Ben Second", "front desk", Location_PIN_or_Name="harbor clinic", Phone="(919) 555-0199"),
        row("Kim Known", Email="known@there.example", NCID_Username="known", Location_PIN_or_Name="650123"),
        row("Ada Again", NCID_Username="other", Email="ADA@clinic.example"),
        row("Bad Place", Location_PIN_or_Name="NCA111111"),
        row("Kind Other", Email="other@there.example", NCID_Username="kind"),
        row("Bo$$ Boss", "State Administrator", Email="not an address", NCID_Username="two words"),
        row("Nina Nurse"), row("Two Sides", NCID_Username=clinic["manager"][1], Email="known@there.example"),
    )  # fmt: skip
    assert "This file is for Harbor Clinic" in review and "somebody of another name" in review
    assert "Olga" not in review and "Hidden" not in review and "The same person stands in row 2" in review
    assert here(app, clinic).keys() == {clinic[name][1] for name in ("coordinator", "manager", "nurse")}, "not yet"
    answer = act(browser, where, "enter", sure="y")
    assert "3 people were given access" in words(answer), words(answer)
    now = here(app, clinic)
    assert (now["ada"], now["ben"], now["known"]) == ("Healthcare Provider", "Front Desk", "Healthcare Provider")
    fix = load_workbook(io.BytesIO(browser.get(f"{where}/rows-to-fix.xlsx").data)).active
    assert fix.max_row == 4 and "NCA111111" in str([cell.value for line in fix.iter_rows() for cell in line])
    with app.app_context(), acting(make.SEED):
        mails = db.session.scalars(select(Notice).where(Notice.kind == "access")).all()
        assert {(mail.context["username"], mail.link_id is not None) for mail in mails} == {
            ("ada", True), ("ben", True), ("known", False),
        }  # fmt: skip
        asked = db.session.scalars(select(AccessRequest)).all()
        assert {(one.how, one.status, one.decided_by.username) for one in asked} == {
            ("file", "let_in", clinic["coordinator"][1])
        }
        assert db.session.scalars(select(PortalUser).where(PortalUser.username == "ben")).one().phone == "9195550199"


def test_profiles_are_changed_and_access_is_taken_by_the_same_file_sent_again(app, client, clinic):
    browser = sign_in(client, clinic["manager"][1])
    where, _review = reviewed(browser, row("Ada First"), row("Ben Second"))
    act(browser, where, "enter")
    where, review = reviewed(
        browser,
        row("Ada First", "Inventory Manager", "Change profile"), row("Ben Second", action="Remove"),
        row("Cy Third", action="Change profile"), row("Nina Nurse", "Front Desk"), row("Dot Fourth", action="Dance"),
    )  # fmt: skip
    assert "This person has no access here" in review and "Write “Change profile” as the action" in review
    act(browser, where, "enter", sure="y")
    now = here(app, clinic)
    assert now["ada"] == "Inventory Manager" and "ben" not in now and now["nina"] == "Healthcare Provider"
    kept = [profile for (profile,) in stored(app, Membership.profile) if profile == "Healthcare Provider"]
    assert len(kept) == 3, "what was is kept in history: memberships end, they are not overwritten"
    where, review = reviewed(browser, row("Ada First", "Inventory Manager"), row("Ben Second", action="Remove"))
    assert "Everything is so already" in review


def test_the_file_gives_nothing_that_its_sender_may_not_give(app, client, clinic):
    """A manager names no coordinator, nobody shuts out the last manager, and nobody raises oneself."""
    browser = sign_in(client, clinic["manager"][1])
    with app.app_context():
        own = db.session.get(Membership, clinic["manager"][0], execution_options={"unscoped": "authority"}).user
        mine = row(f"{own.first_name} {own.last_name}", Email=own.email, NCID_Username=own.username)
    where, review = reviewed(
        browser,
        row("Ada First", COORDINATOR),
        mine | {"Profile": "Inventory Manager", "Action": "Change profile"},
        mine | {"Profile": "Healthcare Location Manager", "Action": "Remove", "Email": "x@clinic.example"},
    )
    answer = act(browser, where, "enter", sure="y")
    assert answer.status_code == 422 and "Your profile may not grant this one" in review
    assert ("not granted",) in stored(app, History.outcome)
    browser.post("/logout/", data=marks(browser))
    coordinator = sign_in(app.test_client(), clinic["coordinator"][1])
    where, _review = reviewed(coordinator, mine | {"Profile": "Healthcare Location Manager", "Action": "Remove"})
    act(coordinator, where, "enter")
    assert here(app, clinic)[clinic["manager"][1]] == "Healthcare Location Manager"
    assert max(stored(app, Upload.id, Upload.rows_refused))[1] == 1, "what is refused then comes back to be fixed"


def test_five_hundred_rows_are_taken_and_no_more(app, client, clinic):
    browser = sign_in(client, clinic["coordinator"][1])
    rows = [row(f"Ada L{'x' * n}", NCID_Username=f"u{n}", Email=f"u{n}@clinic.example") for n in range(1, 502)]
    answer, _where = send_file(browser, *rows)
    assert answer.status_code == 422 and "500" in words(answer)
    book = xlsx_of([HEADINGS, *([one.get(name, "") for name in HEADINGS] for one in rows[:3])])
    answer = browser.post("/upload-onboarding/", data={**marks(browser), "file": (io.BytesIO(book), "team.xlsx")})
    assert answer.status_code == 303


def test_the_file_of_another_place_or_of_another_kind_is_not_there(app, client, clinic):
    browser = sign_in(client, clinic["coordinator"][1])
    with app.app_context():
        foreign = make.upload(kind="onboarding", rows_new=1)
        people = make.upload(foreign.location, rows_new=1)
        keys = foreign.id, people.id
        db.session.commit()
    for key in keys:
        for path in ("", "/rows-to-fix.xlsx"):
            assert browser.get(f"/upload-onboarding/{key}{path}").status_code == 404
        for act_ in ("enter", "cancel"):
            assert act(browser, f"/upload-onboarding/{key}", act_).status_code == 404
    assert {status for (status,) in stored(app, Upload.status)} == {"reviewed"}


@pytest.mark.parametrize("profile", ["Healthcare Provider", "Front Desk", "Organization Administrator", "Recipient"])
def test_nobody_else_sends_such_a_file(as_profile, profile):
    browser = as_profile(profile)
    assert browser.get("/upload-onboarding/").status_code == 403
    assert send_file(browser, row("Ada First"))[0].status_code == 403
