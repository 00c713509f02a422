"""A coordinator of two hospitals: one sign-in, one click from the one to the other, and never both at once."""

import pytest

from models.access_requests import AccessRequest
from models.applications import Application, Section
from models.base import db
from models.scope import acting
from tests import applications
from tests import factories as make
from tests.clinic import Browser

COORDINATOR = "Vaccine Coordinator"
PAGES = (
    "/location/list/", "/membership/list/", "/access-request/list/", "/inventory-item/list/", "/application/list/",
    "/my-applications/", "/my-enrollment/", "/storage-unit/list/",
)  # fmt: skip


def hospital(cora, name):
    """A hospital of an organization of its own, with somebody who works there, who asks, stock, and an open section."""
    place = make.location(name=f"{name} Hospital", organization=make.organization(name=f"{name} Health"))
    make.membership(COORDINATOR, cora, location=place)
    make.membership("Healthcare Provider", make.user(f"nurse.{name.lower()}", last_name=f"Of{name}"), location=place)
    make.saved(
        AccessRequest(first_name="Asks", last_name=f"For{name}", email=f"asks@{name.lower()}.example", location=place,
                      profile="Front Desk", how="asked")
    )  # fmt: skip
    make.stock(place, make.lot(number=f"LOT-{name.upper()}"))
    make.storage_unit(place, brand=f"{name} Cold")
    application = make.saved(
        Application(number=f"AMD-{name.upper()}", kind="amendment", organization=place.organization,
                    organization_name=f"{name} Health", status="draft")
    )  # fmt: skip
    make.saved(
        Section(application=application, kind="B", name=f"{name} Hospital", row_key="k1", location=place,
                status="in_progress", content=applications.section_b(f"{name} Hospital"))
    )  # fmt: skip
    return place.id


@pytest.fixture
def places(app):
    with app.app_context(), acting(make.SEED):
        cora = make.user("cora")
        found = {name: hospital(cora, name) for name in ("Northside", "Southgate")}
        db.session.commit()
    return found


def test_one_click_leads_from_one_hospital_to_the_other_and_only_the_one_in_force_is_seen(app, places):
    cora = Browser(app, "cora")  # the only sign-in there is in this test
    start = cora.open("/start/")
    here = next(name for name in places if f"{name} Hospital" in start.html.split("<summary")[1].split("</summary>")[0])
    (there,) = set(places) - {here}
    for mine, other in ((here, there), (there, here), (here, there)):
        for path in PAGES:
            page = cora.open(path)
            assert page.code == 200 and mine in page.text, (path, mine)
            # Of the other hospital's team nobody stands there but oneself.
            foreign = f"Of{other}" if path == "/membership/list/" else other
            assert foreign not in page.html.split("<main")[1], (path, other)
        assert cora.open(f"/location/show/{places[other]}").code == 404
        header = cora.open("/start/")
        (button,) = [form for form in header.tree.iter("form") if form.get("action") == "/place/switch"
                     and f"{other} Hospital" in "".join(form.itertext())]  # fmt: skip
        values = header.form("/place/switch")
        values |= {one.get("name"): one.get("value") for one in button.iter("button", "input") if one.get("name")}
        assert f"{other} Hospital" in cora.post("/place/switch", values).html
