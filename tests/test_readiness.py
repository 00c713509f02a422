"""What a new location does next, ticked off by what the database holds."""

import io

import pypdf
from sqlalchemy import select

from models.base import db
from models.enrollment import Location
from models.people import Membership
from models.scope import acting
from tests import factories as make
from tests.clinic import Browser

TASKS = ("Bring in the team", "Receive the first shipment", "Upload people", "Print the paper pack")
COORDINATES = {"Bring in the team", "Print the paper pack"}  # what the coordinator may do of it


def steps_of(page):
    """Label -> (done, leads somewhere) of each step on the start page."""
    items = [
        node
        for node in page.tree.iter()
        if str(node.tag).rpartition("}")[2] == "li" and "c-todo" in node.get("class", "")
    ]
    found = {}
    for node in items:
        words = " ".join(" ".join(node.itertext()).split())
        label = next(task for task in TASKS if task in words)
        leads = any(str(inner.tag).rpartition("}")[2] == "a" for inner in node.iter())
        found[label] = ("c-todo-done" in node.get("class"), leads)
    return found


def test_each_step_ticks_itself_off_and_the_list_goes_when_all_are_done(app):
    with app.app_context(), acting(make.SEED):
        here, there = make.location(name="Harbor Clinic"), make.location()
        organization = here.organization
        manager = make.membership("Healthcare Location Manager", make.user("manager"), location=here)
        make.membership("Vaccine Coordinator", make.user("coord"), location=here)
        make.membership("Organization Administrator", make.user("boss"), organization=organization)
        make.membership("Healthcare Provider", location=there)  # what others did ticks nothing off here
        make.stock(there)
        make.upload(there).status = "committed"
        make.upload(here, kind="onboarding").status = "committed"  # a file of the team is no file of people
        shipment, upload = make.shipment(here), make.upload(here)
        key, shipment, upload = here.id, shipment.id, upload.id
        assert manager.location_id == key
        db.session.commit()
    manager, coordinator = Browser(app, "manager"), Browser(app, "coord")
    assert steps_of(manager.open("/start/")) == dict.fromkeys(TASKS, (False, True))
    assert steps_of(coordinator.open("/start/")) == {task: (False, task in COORDINATES) for task in TASKS}
    assert steps_of(Browser(app, "boss").open("/start/")) == {}

    def now(**done):
        with app.app_context(), acting(make.SEED):
            place = db.session.get(Location, key)
            if done.get("team"):
                make.membership("Front Desk", location=place)
            if done.get("shipment"):
                db.session.get(make.Shipment, shipment).status = "received"
            if done.get("people"):
                db.session.get(make.Upload, upload).status = "committed"
            if "status" in done:
                place.status = done["status"]
            db.session.commit()
        return steps_of(manager.open("/start/"))

    assert now(team=True) == {
        TASKS[0]: (True, False), TASKS[1]: (False, True), TASKS[2]: (False, True), TASKS[3]: (False, True),
    }  # fmt: skip
    page = manager.open("/start/")
    assert "1 of 4 done" in page.text
    assert now(status="suspended") == {}
    assert now(status="approved", shipment=True)[TASKS[1]] == (True, False)
    assert now(people=True)[TASKS[2]] == (True, False)
    for wrong in ("0", "101", "many", ""):
        refused = coordinator.send("/paper-pack/", "/paper-pack/", forms=wrong)
        assert refused.code == 422 and "c-field-wrong" in refused.html, wrong
    form = coordinator.open("/paper-pack/").form("/paper-pack/")
    for language, title in (("en-US", "Vaccination on paper"), ("es-MX", "Vacunación en papel")):
        told = {"Accept-Language": language}
        paper = coordinator.client.post("/paper-pack/", data={**form, "forms": "3"}, headers=told)
        assert paper.mimetype == "application/pdf"
        pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.data)).pages]
        assert len(pages) == 3 and all("Harbor Clinic" in text and title in text for text in pages)
    assert steps_of(manager.open("/start/")) == {}
    with app.app_context(), acting(make.SEED):
        assert len(db.session.scalars(select(Membership).where(Membership.location_id == key)).all()) == 3
