"""Two desks at one moment, and a clock that runs ahead."""

import datetime as dt
import threading
import uuid
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from models.base import db
from models.doses import Dose, Visit
from models.recipients import Recipient
from models.scope import acting
from tests import factories as make
from tests.clinic import open_clinic
from tests.signing_in import marks, sign_in

AT_ONCE = 5


@pytest.fixture
def clinic(app):
    return open_clinic(app)


def test_several_desks_register_one_person_once(app, clinic):
    desks = [sign_in(app.test_client(), "desk") for _ in range(AT_ONCE)]
    forms = [
        {**marks(desk), "public_id": f"ABCDEFGH234{end}", "key": str(uuid.uuid4()), "first_name": "Zora",
         "last_name": "Hurston", "birth_date": "1991-01-07", "phone": "919-555-7777"}
        for desk, end in zip(desks, "56789", strict=True)
    ]  # fmt: skip
    together, codes = threading.Barrier(AT_ONCE), []

    def register(desk, form):
        together.wait()
        codes.append(desk.post("/walk-in/", data=form).status_code)

    threads = [threading.Thread(target=register, args=pair) for pair in zip(desks, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303] + [422] * (AT_ONCE - 1)
    with app.app_context(), acting(make.SEED):
        registered = select(func.count()).select_from(Recipient).where(Recipient.last_name == "Hurston")
        assert db.session.scalar(registered) == 1


@pytest.mark.parametrize(("minutes", "code"), [(0, 303), (60, 422)])
def test_a_dose_is_not_given_later_today(app, clinic, minutes, code):
    with app.app_context(), acting(make.SEED):
        person = make.recipient()
        public_id, key = person.public_id, person.id
        db.session.commit()
    nurse = sign_in(app.test_client(), "nurse")
    nurse.post(f"/dose/person/{public_id}/check-in", data={**marks(nurse), "key": str(uuid.uuid4())})
    with app.app_context(), acting(make.SEED):
        visit = db.session.scalars(select(Visit.id).where(Visit.recipient_id == key)).one()
    at = dt.datetime.now(ZoneInfo("America/New_York")) + dt.timedelta(minutes=minutes)
    form = {
        "key": str(uuid.uuid4()), "visit": str(visit), "lot": str(clinic.lot), "body_site": "LD", "dose_number": "1",
        "given_at": at.strftime("%Y-%m-%dT%H:%M"), "route": "C28161", "fact_sheet_given": "y",
    }  # fmt: skip
    answer = nurse.post(f"/dose/person/{public_id}/record", data={**marks(nurse), **form})
    assert answer.status_code == code
    if code == 422:
        assert b"cannot be given in the future" in answer.data
    with app.app_context(), acting(make.SEED):
        assert db.session.scalar(select(func.count()).select_from(Dose)) == (code == 303)
